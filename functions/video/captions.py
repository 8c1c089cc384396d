"""The cues of a caption track: their limits, and what is wrong with those that are not good.

A cue's text is WebVTT's (W3C): `<i>`, `<b>`, `<u>`, `<c.class>`, `<v Name>`, `<lang xx>`, `<ruby>`
with `<rt>` and times inside the cue are markup, `&amp;`, `&lt;` and `&gt;` stand for themselves.
Nothing is kept as it came: what is understood is written anew.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape

from functions.shared.clock import offset

MAX_CUES = 20_000
MAX_TEXT = 1_000  # characters of a cue
MAX_LINES = 8
LONGEST_MS = 100 * 3_600_000  # of a recording: no time in a file is later
_SHOWN_FAULTS = 20

_TAGS = frozenset({"b", "c", "i", "lang", "rt", "ruby", "u", "v"})
_NAMED = frozenset({"lang", "v"})  # these, and no others, are followed by a word
_TAG = re.compile(r"(/?)([a-z]{1,4})((?:\.[A-Za-z0-9_-]{1,40}){0,4})(?:[ \t]+([^\n]{1,100}))?")
_TIME = re.compile(r"(?:([0-9]{2,3}):)?([0-5][0-9]):([0-5][0-9])[.]([0-9]{3})")
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|nbsp|lrm|rlm|quot|apos);")
_SHARE = r"(?:100|[0-9]{1,2})(?:\.[0-9]{1,3})?%"
_SETTINGS = {
    "align": re.compile(r"start|center|end|left|right"),
    "line": re.compile(rf"(?:-?[0-9]{{1,3}}|{_SHARE})(?:,(?:start|center|end))?"),
    "position": re.compile(rf"{_SHARE}(?:,(?:line-left|center|line-right))?"),
    "size": re.compile(_SHARE),
    "vertical": re.compile(r"rl|lr"),
}


@dataclass(frozen=True, slots=True)
class Cue:
    """Text shown from one time to another (milliseconds), and where: WebVTT's settings."""

    start_ms: int
    end_ms: int
    text: str
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: a line of a file (from 1) or a cue of a list (from 0)."""

    at: int
    code: str
    message: str


class CaptionsRefusedError(Exception):
    """The captions are not good; `faults` says why, some of them where there are many."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)[:_SHOWN_FAULTS]
        super().__init__("; ".join(each.message for each in self.faults))


class CueError(ValueError):
    """A cue is not good: a stable code, and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked(cues: Sequence[tuple[int, Cue]]) -> list[Cue]:
    """Return cues as they are kept, each given with the place that a fault of it is told by.
    Raises CaptionsRefusedError."""
    if not cues:
        raise CaptionsRefusedError([Fault(0, "no_cues", "There are no captions in it.")])
    if len(cues) > MAX_CUES:
        sentence = f"A track has at most {MAX_CUES:,} cues."
        raise CaptionsRefusedError([Fault(cues[MAX_CUES][0], "too_many_cues", sentence)])
    kept, faults, latest = [], [], 0
    for place, cue in cues:
        try:
            kept.append(_good(cue, latest))
        except CueError as error:
            faults.append(Fault(place, error.code, str(error)))
        latest = max(latest, cue.start_ms)
    if faults:
        raise CaptionsRefusedError(faults)
    return kept


def check_plain(text: str) -> None:
    """Raise CueError for what is no text: it was read in another encoding, or is not for people."""
    if "\ufffd" in text or "\x00" in text:
        raise CueError("not_utf8", "This was not UTF-8 when it was read; save the file as UTF-8.")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise CueError("control_character", "There is a character that is none of a text's.")


def time_of(text: str) -> int:
    """Return the milliseconds of `[hh:]mm:ss.mmm`; raises CueError."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise CueError("bad_time", f"`{text[:20]}` is not a time such as 00:01:02.345.")
    hours, minutes, seconds, rest = (int(each or 0) for each in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def settings_of(text: str) -> str:
    """Return a cue's settings as they are kept; raises CueError for one that is not known."""
    seen: dict[str, str] = {}
    for each in text.split():
        name, _, value = each.partition(":")
        known = _SETTINGS.get(name)
        if known is None or name in seen or known.fullmatch(value) is None:
            raise CueError("bad_setting", f"`{each[:40]}` is not a setting of a cue.")
        seen[name] = value
    return " ".join(f"{name}:{value}" for name, value in seen.items())


def plain(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a kept text is made of: ("tag", `i`, `/i`, …) and ("text", unescaped)."""
    for number, piece in enumerate(re.split(r"<([^<>]*)>", text)):
        if piece:
            yield ("tag", piece) if number % 2 else ("text", unescape(piece))


def escaped(text: str) -> str:
    """Return plain text as a cue's text has it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _good(cue: Cue, latest: int) -> Cue:
    if not 0 <= cue.start_ms < cue.end_ms <= LONGEST_MS:
        raise CueError("bad_times", "A cue ends after it begins, within 100 hours.")
    if cue.start_ms < latest:
        raise CueError("out_of_order", "Cues stand in the order in which they begin.")
    check_plain(cue.text)
    text = cue.text.strip("\n")
    if len(text) > MAX_TEXT or text.count("\n") >= MAX_LINES:
        sentence = f"A cue has at most {MAX_TEXT:,} characters in {MAX_LINES} lines."
        raise CueError("cue_too_long", sentence)
    if any(not line.strip() for line in text.split("\n")):
        raise CueError("blank_line", "A cue has text, and no blank line in it.")
    return replace(cue, text=_rewritten(text, cue), settings=settings_of(cue.settings))


def _rewritten(text: str, cue: Cue) -> str:
    """Return the text written anew from what was understood of it."""
    made: list[str] = []
    opened: list[str] = []
    moment = cue.start_ms
    for number, piece in enumerate(re.split(r"<([^<>]*)>", text)):
        if number % 2 == 0:
            made.append(_said(piece))
        elif piece[:1].isdigit():
            at = time_of(piece)
            if not moment < at < cue.end_ms:
                raise CueError("bad_times", "Times inside a cue follow each other, within it.")
            moment = at
            made.append(f"<{offset(at)}>")
        else:
            made.append(_tag(piece, opened))
    if [name for name in opened if name != "v"]:
        raise CueError("unclosed_tag", f"`<{opened[-1]}>` is not closed.")
    whole = "".join(made)
    if not "".join(piece for kind, piece in plain(whole) if kind == "text").strip():
        raise CueError("blank_line", "A cue has text, and no blank line in it.")
    return whole


def _tag(piece: str, opened: list[str]) -> str:
    found = _TAG.fullmatch(piece)
    closing, name, classes, word = found.groups() if found else ("", "", "", None)
    if name not in _TAGS or (name == "rt" and not closing and opened[-1:] != ["ruby"]):
        raise CueError("bad_tag", f"`<{piece[:40]}>` is no markup of captions.")
    if closing:
        if opened[-1:] != [name] or classes or word:
            raise CueError("bad_tag", f"`</{name}>` closes nothing.")
        opened.pop()
        return f"</{name}>"
    if (word is None or not word.strip()) == (name in _NAMED):
        raise CueError("bad_tag", f"`<{piece[:40]}>` is no markup of captions.")
    opened.append(name)
    return f"<{name}{classes}{' ' + _said(word.strip()) if word else ''}>"


def _said(text: str) -> str:
    """Return the text between tags: references are read, and what means something is escaped."""
    if "<" in text:
        raise CueError("bad_tag", "`<` begins a tag here; write `&lt;`.")
    read = _REFERENCE.sub(lambda found: unescape(found.group()), text)
    check_plain(read)
    if read.count("\n") != text.count("\n"):
        raise CueError("control_character", "There is a character that is none of a text's.")
    return escaped(read)
