"""A second reader of MP4 boxes (ISO/IEC 14496-12), written from the standard and not from ours."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

_HOLDS_BOXES = {"moov", "trak", "mdia", "minf", "stbl", "mvex", "moof", "traf", "dinf", "edts"}


@dataclass(frozen=True)
class Box:
    """One box: its type, where it begins in the file, and its payload."""

    kind: str
    at: int
    payload: bytes

    @classmethod
    def all_of(cls, data: bytes, at: int = 0) -> list[Self]:
        """Return the boxes that lie side by side in the bytes, to the last byte."""
        found, position = [], 0
        while position < len(data):
            size = int.from_bytes(data[position : position + 4], "big")
            kind = data[position + 4 : position + 8].decode("ascii")
            assert 8 <= size <= len(data) - position, f"{kind} of {size} bytes at {position}"
            found.append(cls(kind, at + position, data[position + 8 : position + size]))
            position += size
        return found

    def below(self) -> Iterator["Box"]:
        """Yield this box and all in it."""
        yield self
        if self.kind in _HOLDS_BOXES:
            for each in Box.all_of(self.payload, self.at + 8):
                yield from each.below()


def find(boxes: list[Box], kind: str) -> Box:
    """Return the only box of a type, however deep."""
    (found,) = [each for top in boxes for each in top.below() if each.kind == kind]
    return found


@dataclass(frozen=True)
class Sample:
    """One picture or sound packet: times in the track's timescale, and its bytes."""

    decoded_at: int
    shown_at: int
    duration: int
    independent: bool
    data: bytes


@dataclass(frozen=True)
class Header:
    """What an initialisation segment says of its one track."""

    timescale: int
    codec: str  # RFC 6381
    width: int
    height: int
    defaults: tuple[int, int, int]  # duration, size, flags (trex)
    delay: int  # what the edit list takes off each picture's time

    @classmethod
    def of(cls, init: bytes) -> Self:
        boxes = Box.all_of(init)
        assert [each.kind for each in boxes] == ["ftyp", "moov"]
        mdhd, stsd = find(boxes, "mdhd").payload, find(boxes, "stsd").payload
        (scale,) = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)
        (entry,) = Box.all_of(stsd[8:])
        defaults = struct.unpack_from(">III", find(boxes, "trex").payload, 12)
        edits = [each for top in boxes for each in top.below() if each.kind == "elst"]
        delay = struct.unpack_from(">i", edits[0].payload, 12)[0] if edits else 0
        width, height, codec = 0, 0, ""
        if entry.kind == "avc1":
            width, height = struct.unpack_from(">HH", entry.payload, 24)
            (avcc,) = [e for e in Box.all_of(entry.payload[78:]) if e.kind == "avcC"]
            codec = "avc1." + avcc.payload[1:4].hex()
        elif entry.kind == "mp4a":
            (esds,) = [e for e in Box.all_of(entry.payload[28:]) if e.kind == "esds"]
            codec = _mp4a(esds.payload)
        return cls(scale, codec, width, height, defaults, delay)


def _mp4a(esds: bytes) -> str:
    # ES_Descriptor (3) holds DecoderConfigDescriptor (4) holds DecoderSpecificInfo (5).
    at, kind, oti = 4, 0, 0
    while kind != 5:
        kind, at = esds[at], at + 1
        while esds[at] & 0x80:
            at += 1
        at += 1
        if kind == 3:
            at += 3
        elif kind == 4:
            oti, at = esds[at], at + 13
    return f"mp4a.{oti:x}.{esds[at] >> 3}"


def samples(header: Header, segment: bytes) -> list[Sample]:
    """Return a media segment's samples; every byte of its `mdat` boxes belongs to one."""
    boxes = [each for each in Box.all_of(segment) if each.kind not in ("styp", "sidx", "prft")]
    assert [each.kind for each in boxes] == ["moof", "mdat"] * (len(boxes) // 2)
    found: list[Sample] = []
    for moof, mdat in zip(boxes[::2], boxes[1::2], strict=True):
        found += _of_fragment(header, segment, moof, mdat)
    return found


def _of_fragment(header: Header, segment: bytes, moof: Box, mdat: Box) -> list[Sample]:
    tfhd, tfdt = find([moof], "tfhd").payload, find([moof], "tfdt").payload
    trun = find([moof], "trun").payload
    assert int.from_bytes(tfhd[1:4], "big") & 0x020000, "addresses count from the moof"
    duration, size, flags = _defaults(header, tfhd)
    (time,) = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)
    has = int.from_bytes(trun[1:4], "big")
    (count,), at = struct.unpack_from(">I", trun, 4), 8
    assert has & 0x1
    (offset,) = struct.unpack_from(">i", trun, at)
    at += 4
    first_flags = None
    if has & 0x4:
        (first_flags,), at = struct.unpack_from(">I", trun, at), at + 4
    place, found = moof.at + offset, []
    assert place == mdat.at + 8
    for number in range(count):
        own = {0x100: duration, 0x200: size, 0x400: flags, 0x800: 0}
        for bit in own:
            if has & bit:
                own[bit] = struct.unpack_from(">i" if bit == 0x800 and trun[0] else ">I", trun, at)[
                    0
                ]
                at += 4
        if number == 0 and first_flags is not None:
            own[0x400] = first_flags
        found.append(
            Sample(
                time,
                time + own[0x800] - header.delay,
                own[0x100],
                not own[0x400] & 0x10000,
                segment[place : place + own[0x200]],
            )
        )
        time += own[0x100]
        place += own[0x200]
    assert at == len(trun)
    assert place == mdat.at + 8 + len(mdat.payload)
    return found


def _defaults(header: Header, tfhd: bytes) -> tuple[int, int, int]:
    has, at, values = int.from_bytes(tfhd[1:4], "big"), 8, list(header.defaults)
    at += 8 * bool(has & 0x1) + 4 * bool(has & 0x2)
    for position, bit in enumerate((0x8, 0x10, 0x20)):
        if has & bit:
            (values[position],) = struct.unpack_from(">I", tfhd, at)
            at += 4
    return values[0], values[1], values[2]


def nal_types(sample: bytes) -> list[int]:
    """Return the types of an H.264 sample's NAL units (length-prefixed by 4 bytes)."""
    found, at = [], 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        found.append(sample[at + 4] & 0x1F)
        at += 4 + size
    assert at == len(sample)
    return found
