"""A second reader of HLS playlists (RFC 8216), written from the standard and not from ours."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')


def attributes(line: str) -> dict[str, str]:
    """Return an attribute list, quotes taken off."""
    text = line.partition(":")[2]
    assert "".join(each.group(0) for each in _ATTRIBUTE.finditer(text)) == text
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


@dataclass
class Part:
    """One segment: seconds, its file, and the bytes of it that count (first, how many)."""

    seconds: Fraction
    file: Path
    piece: tuple[int, int] | None = None

    def read(self) -> bytes:
        data = self.file.read_bytes()
        return data if self.piece is None else data[self.piece[0] : sum(self.piece)]


@dataclass
class MediaPlaylist:
    """A media playlist on disk."""

    tags: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    init: Path | None = None

    @classmethod
    def of(cls, file: Path) -> "MediaPlaylist":
        lines = file.read_text().splitlines()
        assert lines[0] == "#EXTM3U"
        made, seconds, piece = cls(), Fraction(-1), None
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name == "#EXTINF":
                seconds = Fraction(value.rstrip(","))
            elif name == "#EXT-X-BYTERANGE":
                count, _, first = value.partition("@")
                piece = (int(first), int(count))
            elif name == "#EXT-X-MAP":
                made.init = file.parent / attributes(line)["URI"]
            elif line.startswith("#"):
                assert name not in made.tags, f"{name} twice"
                made.tags[name] = value
            else:
                assert seconds >= 0, "a segment without its EXTINF"
                made.parts.append(Part(seconds, file.parent / line, piece))
                seconds, piece = Fraction(-1), None
        return made


@dataclass
class Stream:
    """A variant, or a variant of I-frames, of a master playlist."""

    said: dict[str, str]
    playlist: Path


@dataclass
class Master:
    """A master playlist on disk."""

    variants: list[Stream]
    intra: list[Stream]
    media: list[Stream]

    @classmethod
    def of(cls, file: Path) -> "Master":
        lines, made = file.read_text().splitlines(), cls([], [], [])
        assert lines[0] == "#EXTM3U"
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            if line.startswith("#EXT-X-STREAM-INF:"):
                made.variants.append(Stream(attributes(line), file.parent / after))
            elif line.startswith(("#EXT-X-I-FRAME-STREAM-INF:", "#EXT-X-MEDIA:")):
                said = attributes(line)
                where = made.media if line.startswith("#EXT-X-MEDIA") else made.intra
                where.append(Stream(said, file.parent / said["URI"]))
        return made
