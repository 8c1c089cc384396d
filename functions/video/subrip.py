"""SubRip (`.srt`) as caption tracks come and go: it has no standard, players agree on this."""

import re
from collections.abc import Iterable, Sequence

from functions.shared.clock import offset
from functions.video.captions import (
    CaptionsRefusedError,
    Cue,
    CueError,
    Fault,
    checked,
    escaped,
    plain,
    time_of,
)
from functions.video.webvtt import blocks

_TIMING = re.compile(r"([0-9:]+[,.][0-9]{3})[ \t]+-->[ \t]+([0-9:]+[,.][0-9]{3})")
_MARKUP = frozenset({"b", "i", "u"})
# What files hold besides: colours, and places of another format. The text in them is kept.
_DROPPED = re.compile(r"</?font(?:[ \t][^<>\n]{0,200})?>|\{\\an?[0-9]{1,2}\}", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z]+)>")


def parse(text: str) -> list[Cue]:
    """Return a file's cues; raises CaptionsRefusedError."""
    cues: list[tuple[int, Cue]] = []
    faults = []
    for number, lines in blocks(text):
        try:
            cues.append((number, _cue(lines)))
        except CueError as error:
            faults.append(Fault(number, error.code, str(error)))
    if faults:
        raise CaptionsRefusedError(faults)
    return checked(cues)


def write(cues: Iterable[Cue]) -> str:
    """Return a file of cues as they are kept. It knows no escapes: what looks like a tag loses
    its brackets."""
    return "\n".join(
        f"{number}\n{offset(cue.start_ms, ',')} --> {offset(cue.end_ms, ',')}\n{_shown(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )


def _cue(lines: Sequence[str]) -> Cue:
    if re.fullmatch(r"[0-9]{1,6}[ \t]*", lines[0]) is None or len(lines) < 3:
        raise CueError("bad_block", "A caption is a number, a line of times, and text.")
    timing = _TIMING.fullmatch(lines[1].strip())
    if timing is None:
        raise CueError("bad_time", "The second line is `00:00:01,000 --> 00:00:02,000`.")
    start, end = (time_of(each.replace(",", ".")) for each in timing.groups())
    return Cue(start, end, _read("\n".join(lines[2:])))


def _read(text: str) -> str:
    """Return SubRip's text as WebVTT has it: of its tags those that WebVTT knows, too."""
    made, at = [], 0
    kept = _DROPPED.sub("", text)
    for tag in _TAG.finditer(kept):
        closing, name = tag[1], tag[2].lower()
        if name not in _MARKUP:
            raise CueError("bad_tag", f"`{tag[0][:40]}` is no markup of captions.")
        made += [escaped(kept[at : tag.start()]), f"<{closing}{name}>"]
        at = tag.end()
    return "".join([*made, escaped(kept[at:])])


def _shown(text: str) -> str:
    return "".join(
        piece.replace("<", "‹").replace(">", "›")
        if kind == "text"
        else f"<{piece}>" if piece.lstrip("/") in _MARKUP else ""
        for kind, piece in plain(text)
    )  # fmt: skip
