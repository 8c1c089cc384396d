"""Reads what FFmpeg prints: the description of an input (`-i`) and packet lists (`framecrc`)."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

_STREAM = re.compile(
    r"^  Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\([^)]*\))?: (Video|Audio|Data|Subtitle|Attachment)"
    r"(?:: (.*))?$"
)
_INPUT = re.compile(r"^Input #0, (\S+), from ")
_DURATION = re.compile(r"^  Duration: (?:(\d+):(\d\d):(\d\d)\.(\d+)|N/A)")
_START = re.compile(r", start: (-?\d+\.\d+)")
_SIZE = re.compile(r"^(\d+)x(\d+)(?: \[SAR (\d+):(\d+) DAR [\d:]+\])?")
_PIXELS = re.compile(r"^(\w+)\((.*)\)$|^([a-z]\w+)$")
_ROTATION = re.compile(r"^\s+Display Matrix: rotation of (-?\d+(?:\.\d+)?) degrees", re.IGNORECASE)
_LAYOUTS = {"mono": 1, "stereo": 2, "downmix": 2, "2.1": 3, "3.0": 3, "quad": 4, "4.0": 4}
_TRANSFERS = {"smpte2084": "pq", "arib-std-b67": "hlg"}


@dataclass(slots=True)
class StreamReport:
    """One `Stream` line with its side data. Sizes as stored, before rotation."""

    index: int
    kind: str
    codec: str
    profile: str | None = None
    pixel_format: str | None = None
    transfer: str | None = None
    interlaced: bool = False
    width: int = 0
    height: int = 0
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    sample_rate: int = 0
    layout: str = ""
    channels: int = 0
    default: bool = False
    picture: bool = False  # cover art or a thumbnail: not a video

    @property
    def hdr(self) -> Literal["pq", "hlg"] | None:
        """Return the kind of high dynamic range, None for standard range."""
        found = _TRANSFERS.get(self.transfer or "")
        return "pq" if found == "pq" else "hlg" if found == "hlg" else None


@dataclass(slots=True)
class InputReport:
    """The whole description; `duration` and `start` in seconds, None when not stated."""

    container: str
    duration: Fraction | None = None
    start: Fraction | None = None
    streams: list[StreamReport] = field(default_factory=list)


def read_input(log: str) -> InputReport | None:
    """Parse FFmpeg's description of input 0, None when it opened none.

    Only lines at a stream's own indent count; metadata, which the uploader writes, is printed
    deeper, its line breaks too, and so cannot pose as a stream.
    """
    report: InputReport | None = None
    for line in log.splitlines():
        if report is None:
            found = _INPUT.match(line)
            report = InputReport(found[1]) if found else None
        elif not line.startswith(" "):
            break  # the description has ended; what follows concerns outputs
        elif _DURATION.match(line):
            _read_duration(report, line)
        elif found := _STREAM.match(line):
            report.streams.append(_read_stream(int(found[1]), found[2], found[3] or ""))
        elif report.streams and (found := _ROTATION.match(line)):
            report.streams[-1].rotation = round(-float(found[1])) % 360
    return report


def _read_duration(report: InputReport, line: str) -> None:
    found = _DURATION.match(line)
    if found and found[1]:
        hours, minutes, seconds, rest = found.groups()
        report.duration = (
            int(hours) * 3600 + int(minutes) * 60 + int(seconds) + Fraction(f"0.{rest}")
        )
    start = _START.search(line)
    if start:
        report.start = Fraction(start[1])


def _read_stream(index: int, kind: str, text: str) -> StreamReport:
    parts = _split(text)
    codec, _, rest = (parts[0] if parts else "none").partition(" ")
    stream = StreamReport(index=index, kind=kind.lower(), codec=codec)
    profile = re.match(r"\(([^()/]*)\)", rest)
    stream.profile = profile[1] if profile else None
    # Dispositions follow the last number: "... 30k tbn (default) (attached pic)".
    stream.default = "(default)" in text
    stream.picture = "(attached pic)" in text or "(timed thumbnails)" in text
    if kind == "Video":
        _read_video(stream, parts[1:])
    elif kind == "Audio":
        _read_audio(stream, parts[1:])
    return stream


def _read_video(stream: StreamReport, parts: list[str]) -> None:
    if parts and (found := _PIXELS.match(parts[0])):
        stream.pixel_format = found[1] or found[3]
        details = _split(found[2] or "")
        stream.interlaced = any("first" in detail for detail in details)
        for detail in details:
            names = detail.split("/")
            transfer = names[-1]
            if transfer in _TRANSFERS or len(names) == 3:
                stream.transfer = transfer
    for part in parts:
        if found := _SIZE.match(part):
            stream.width, stream.height = int(found[1]), int(found[2])
            if found[3] and int(found[3]) and int(found[4]):
                stream.sample_aspect = Fraction(int(found[3]), int(found[4]))
            break
    aspect = next((re.match(r"SAR (\d+):(\d+) ", part) for part in parts if "SAR" in part), None)
    if aspect and int(aspect[1]) and int(aspect[2]):
        stream.sample_aspect = Fraction(int(aspect[1]), int(aspect[2]))


def _read_audio(stream: StreamReport, parts: list[str]) -> None:
    for position, part in enumerate(parts):
        if found := re.match(r"(\d+) Hz$", part):
            stream.sample_rate = int(found[1])
            stream.layout = parts[position + 1] if position + 1 < len(parts) else ""
            stream.channels = _channels(stream.layout)
            return


def _channels(layout: str) -> int:
    name = re.sub(r"\(.*\)$", "", layout)
    if name in _LAYOUTS:
        return _LAYOUTS[name]
    if found := re.match(r"(\d+) channels", name):
        return int(found[1])
    if found := re.match(r"(\d+)\.(\d+)(?:\.(\d+))?$", name):
        return sum(int(part or 0) for part in found.groups())
    return 0


def _split(text: str) -> list[str]:
    """Split at commas that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for position, char in enumerate(text):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth <= 0:
            parts.append(text[start:position].strip())
            start = position + 1
    parts.append(text[start:].strip())
    return parts


@dataclass(slots=True)
class Packet:
    """One packet or decoded frame: presentation time and duration in ticks of its time base."""

    tick: int
    duration: int
    key: bool = True
    bytes: int = 0


@dataclass(slots=True)
class PacketList:
    """What one `framecrc` output says about one stream."""

    time_base: Fraction | None = None
    size: tuple[int, int] | None = None
    by_decoding: bool = False  # the container has decoding times only (AVI), which stand in
    packets: list[Packet] = field(default_factory=list)

    @property
    def end(self) -> Fraction | None:
        """Return the end of the last packet in presentation order, in seconds."""
        if not self.packets or self.time_base is None:
            return None
        return max(packet.tick + packet.duration for packet in self.packets) * self.time_base


_NO_TICK = -(1 << 63)
_DISCARDED = 0x4  # AV_PKT_FLAG_DISCARD: decoded, but cut off by an edit list
_KEY = 0x1


def read_packets(lines: Iterable[str], *, keep: int = 120_000) -> PacketList:
    """Parse `framecrc` lines `stream, dts, pts, duration, size, crc[, F=flags][, S=side data]`.

    Only the last `keep` packets stay, so a list of any length takes bounded memory.
    """
    found = PacketList()
    packets: deque[tuple[int, Packet]] = deque(maxlen=keep)
    for line in lines:
        if line.startswith("#tb 0:"):
            found.time_base = Fraction(line[6:].strip())
        elif line.startswith("#dimensions 0:"):
            width, _, height = line[14:].strip().partition("x")
            found.size = (int(width), int(height))
        elif line[:1].isdigit():
            fields = [part.strip() for part in line.split(",")]
            flags = next((int(part[2:], 16) for part in fields[6:] if part.startswith("F=")), _KEY)
            tick = int(fields[2])
            if tick == _NO_TICK:
                found.by_decoding = True
            if not flags & _DISCARDED:
                packet = Packet(tick, int(fields[3]), bool(flags & _KEY), int(fields[4]))
                packets.append((int(fields[1]), packet))
    if found.by_decoding:
        packets = deque((dts, replace(packet, tick=dts)) for dts, packet in packets)
    found.packets = [packet for _, packet in packets if packet.tick != _NO_TICK]
    return found
