"""WebVTT (W3C) as caption tracks come and go: read strictly, written plainly."""

import re
from collections.abc import Iterable, Iterator, Sequence

from functions.shared.clock import offset
from functions.video.captions import (
    CaptionsRefusedError,
    Cue,
    CueError,
    Fault,
    check_plain,
    checked,
    settings_of,
    time_of,
)

_TIMING = re.compile(r"(\S+)[ \t]+-->[ \t]+(\S+)(?:[ \t]+(\S.*))?")
_HEAD = re.compile(r"WEBVTT(?:[ \t].*)?")
# A shift of all times: where there is one, the file is a piece of a stream and no whole track.
_SHIFT = "X-TIMESTAMP-MAP"


def is_webvtt(text: str) -> bool:
    """Say whether a file says that it is WebVTT."""
    return text.removeprefix("\ufeff").startswith("WEBVTT")


def parse(text: str) -> list[Cue]:
    """Return a file's cues. Notes, ids and the header's lines are left out; style sheets and
    regions are refused, for they would be lost. Raises CaptionsRefusedError."""
    first, *others = blocks(text)
    number, lines = first
    if number != 1 or _HEAD.fullmatch(lines[0]) is None:
        raise CaptionsRefusedError([Fault(1, "not_webvtt", "The first line is `WEBVTT`.")])
    faults = [
        Fault(number + place, "bad_header", "This does not belong into the header.")
        for place, line in enumerate(lines)
        if "-->" in line or line.startswith(_SHIFT)
    ]
    cues: list[tuple[int, Cue]] = []
    for number, lines in others:
        try:
            cues += _cue(number, lines)
        except CueError as error:
            faults.append(Fault(number, error.code, str(error)))
    if faults:
        raise CaptionsRefusedError(faults)
    return checked(cues)


def write(cues: Iterable[Cue]) -> str:
    """Return a file of cues as they are kept."""
    return "WEBVTT\n" + "".join(
        f"\n{offset(cue.start_ms)} --> {offset(cue.end_ms)}"
        f"{' ' + cue.settings if cue.settings else ''}\n{cue.text}\n"
        for cue in cues
    )


def blocks(text: str) -> Sequence[tuple[int, list[str]]]:
    """Return what blank lines set apart, each with the number of its first line; at least one.
    Raises CaptionsRefusedError for what is no text."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: list[tuple[int, list[str]]] = []
    faults = []
    apart = True
    for number, line in enumerate(plain.split("\n"), start=1):
        try:
            check_plain(line)
        except CueError as error:
            faults.append(Fault(number, error.code, str(error)))
        if not line.strip():
            apart = True
            continue
        if apart:
            found.append((number, []))
        found[-1][1].append(line)
        apart = False
    if faults:
        raise CaptionsRefusedError(faults)
    if not found:
        raise CaptionsRefusedError([Fault(1, "no_cues", "There are no captions in it.")])
    return found


def _cue(number: int, lines: Sequence[str]) -> Iterator[tuple[int, Cue]]:
    if re.match(r"NOTE(?:[ \t]|$)", lines[0]):
        return
    if re.fullmatch(r"(?:STYLE|REGION)[ \t]*", lines[0]):
        raise CueError("bad_block", "Style sheets and regions are not taken; leave them out.")
    place = 0 if "-->" in lines[0] else 1
    timing = _TIMING.fullmatch(lines[place].strip()) if place < len(lines) else None
    if timing is None:
        raise CueError("bad_time", "A cue begins with `00:00:01.000 --> 00:00:02.000`.")
    said = lines[place + 1 :]
    if any("-->" in line for line in said):
        raise CueError("blank_line_missing", "A blank line stands between two cues.")
    if not said:
        raise CueError("blank_line", "A cue has text, and no blank line in it.")
    start, end = time_of(timing[1]), time_of(timing[2])
    yield number + place, Cue(start, end, "\n".join(said), settings_of(timing[3] or ""))
