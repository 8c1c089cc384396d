"""Fragmented MP4 in bytes: cuts a file into its init segment and fragments, and reads them."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from mmap import mmap

_START_CODE = b"\0\0\0\1"


class BrokenFragmentError(ValueError):
    """The bytes are not the fragmented MP4 they should be."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof + mdat: `start` and `ticks` (its length) in the track's timescale, and where it
    lies in the file (bytes)."""

    start: int
    ticks: int
    samples: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Box:
    kind: str
    offset: int
    body: memoryview
    whole: memoryview


def _boxes(data: memoryview) -> Iterator[_Box]:
    offset = 0
    while offset < len(data):
        if offset + 8 > len(data):
            raise BrokenFragmentError("a box header is cut off")
        size, kind = struct.unpack_from(">I4s", data, offset)
        header = 8
        if size == 1:
            if offset + 16 > len(data):
                raise BrokenFragmentError("a box header is cut off")
            (size,) = struct.unpack_from(">Q", data, offset + 8)
            header = 16
        if size < header or offset + size > len(data):
            raise BrokenFragmentError("a box is longer than the file")
        whole = data[offset : offset + size]
        yield _Box(kind.decode("latin-1"), offset, whole[header:], whole)
        offset += size


def _child(data: memoryview, *path: str) -> memoryview:
    for name in path:
        found = next((box.body for box in _boxes(data) if box.kind == name), None)
        if found is None:
            raise BrokenFragmentError(f"there is no {name} box")
        data = found
    return data


def split(data: bytes | mmap) -> tuple[bytes, list[Fragment]]:
    """Read a fragmented file as (init segment, fragments in order); raises BrokenFragmentError."""
    with memoryview(data) as view:
        return _split(view)


def _split(data: memoryview) -> tuple[bytes, list[Fragment]]:
    init: list[memoryview] = []
    fragments: list[Fragment] = []
    moof: _Box | None = None
    default = 0
    for box in _boxes(data):
        if box.kind in ("ftyp", "moov"):
            init.append(box.whole)
            if box.kind == "moov":
                trex = _child(box.body, "mvex", "trex")
                (default,) = struct.unpack_from(">I", trex, 12)
        elif box.kind == "moof":
            moof = box
        elif box.kind == "mdat" and moof is not None:
            start, ticks, samples = _measure(moof.body, default)
            size = len(moof.whole) + len(box.whole)
            fragments.append(Fragment(start, ticks, samples, moof.offset, size))
            moof = None
    if len(init) != 2 or moof is not None:
        raise BrokenFragmentError("the file is cut off")
    return b"".join(bytes(part) for part in init), fragments


def _measure(moof: memoryview, default: int) -> tuple[int, int, int]:
    """Return (start, length in ticks, number of samples) of a fragment with one track."""
    traf = _child(moof, "traf")
    tfdt = _child(traf, "tfdt")
    start = struct.unpack_from(">Q" if tfdt[0] == 1 else ">I", tfdt, 4)[0]
    tfhd = _child(traf, "tfhd")
    flags = int.from_bytes(tfhd[1:4], "big")
    if flags & 0x8:
        offset = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
        (default,) = struct.unpack_from(">I", tfhd, offset)
    ticks = samples = 0
    for box in _boxes(traf):
        if box.kind == "trun":
            length, count = _run(box.body, default)
            ticks += length
            samples += count
    return start, ticks, samples


def _run(trun: memoryview, default: int) -> tuple[int, int]:
    flags = int.from_bytes(trun[1:4], "big")
    (count,) = struct.unpack_from(">I", trun, 4)
    offset = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    if not flags & 0x100:
        return count * default, count
    step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    ticks = sum(
        struct.unpack_from(">I", trun, offset + step * position)[0] for position in range(count)
    )
    return ticks, count


def first_sample(segment: bytes | memoryview) -> tuple[int, int]:
    """Return where a segment's first sample lies, (first byte, byte after the last); of a segment
    that begins with a keyframe that is a whole picture. Bytes beyond the moof are not needed.

    Raises BrokenFragmentError when the segment does not begin with a moof that says so.
    """
    data = memoryview(segment)
    size = struct.unpack_from(">I", data)[0] if len(data) >= 8 else 0
    if size < 8 or bytes(data[4:8]) != b"moof" or size > len(data):
        raise BrokenFragmentError("the segment does not begin with a moof box")
    traf = _child(data[8:size], "traf")
    tfhd, trun = _child(traf, "tfhd"), _child(traf, "trun")
    flags = int.from_bytes(trun[1:4], "big")
    if not flags & 0x1:
        raise BrokenFragmentError("the fragment does not say where its data begins")
    (start,) = struct.unpack_from(">i", trun, 8)
    if flags & 0x200:
        at = 12 + (4 if flags & 0x4 else 0) + (4 if flags & 0x100 else 0)
        (length,) = struct.unpack_from(">I", trun, at)
    else:
        length = _default_size(tfhd)
    return start, start + length


def _default_size(tfhd: memoryview) -> int:
    flags = int.from_bytes(tfhd[1:4], "big")
    if not flags & 0x10:
        raise BrokenFragmentError("the fragment does not say how long its samples are")
    before = (0x1, 8), (0x2, 4), (0x8, 4)
    at = 8 + sum(length for bit, length in before if flags & bit)
    return int(struct.unpack_from(">I", tfhd, at)[0])


def annex_b(init: bytes, pictures: Iterable[bytes]) -> bytes:
    """Return H.264 samples as a plain byte stream (ITU-T H.264, Annex B), parameter sets first.

    In MP4 each NAL unit is preceded by its length, here by a start code (ISO/IEC 14496-15).
    Raises BrokenFragmentError.
    """
    stsd = _child(memoryview(init), "moov", "trak", "mdia", "minf", "stbl", "stsd")
    entry = next((box for box in _boxes(stsd[8:]) if box.kind == "avc1"), None)
    if entry is None:
        raise BrokenFragmentError("there is no H.264 in this track")
    config = bytes(_child(entry.body[78:], "avcC"))
    width, at, sets = (config[4] & 3) + 1, 5, []
    for mask in (0x1F, 0xFF):  # sequence parameter sets, then picture parameter sets
        count, at = config[at] & mask, at + 1
        for _ in range(count):
            length = int.from_bytes(config[at : at + 2], "big")
            sets.append(config[at + 2 : at + 2 + length])
            at += 2 + length
    units = [*sets, *(unit for picture in pictures for unit in _units(picture, width))]
    return b"".join(_START_CODE + unit for unit in units)


def _units(picture: bytes, width: int) -> Iterator[bytes]:
    at = 0
    while at < len(picture):
        length = int.from_bytes(picture[at : at + width], "big")
        at += width
        if not length or at + length > len(picture):
            raise BrokenFragmentError("a NAL unit is longer than its picture")
        yield picture[at : at + length]
        at += length


def timescale(init: bytes) -> int:
    """Return the ticks per second of an init segment's track."""
    mdhd = _child(memoryview(init), "moov", "trak", "mdia", "mdhd")
    return int(struct.unpack_from(">I", mdhd, 20 if mdhd[0] == 1 else 12)[0])


def bare(segment: bytes) -> bytes:
    """Return a segment's fragments alone, without what others write before and between them (styp,
    sidx, prft, emsg). Raises BrokenFragmentError when its data is not found from its moof on."""
    kept: list[memoryview] = []
    for box in _boxes(memoryview(segment)):
        if box.kind == "moof" and _child(box.body, "traf", "tfhd")[3] & 0x1:
            raise BrokenFragmentError("the fragment's data lies at a place in another file")
        if box.kind in ("moof", "mdat"):
            kept.append(box.whole)
    return b"".join(kept)


def first_offset(segment: bytes) -> int:
    """Return how many ticks later than it is decoded a segment's first sample is shown."""
    trun = _child(memoryview(segment), "moof", "traf", "trun")
    flags = int.from_bytes(trun[1:4], "big")
    if not flags & 0x800:
        return 0
    at = 8 + 4 * sum(bool(flags & bit) for bit in (0x1, 0x4, 0x100, 0x200, 0x400))
    return int(struct.unpack_from(">i", trun, at)[0])


def with_delay(init: bytes, ticks: int) -> bytes:
    """Return an init segment whose edit list takes `ticks` off every presentation time, and that
    has no other."""
    # Version 0, one entry: the whole length (0 in fragmented files), from `ticks` on, rate 1.0.
    edts = _box("edts", _box("elst", struct.pack(">IIIihh", 0, 1, 0, ticks, 1, 0)))

    def rebuild(data: memoryview, path: tuple[str, ...]) -> bytes:
        parts = []
        for box in _boxes(data):
            if box.kind == "edts":
                continue
            inside = path[:1] == (box.kind,)
            parts.append(_box(box.kind, rebuild(box.body, path[1:])) if inside else box.whole)
            if box.kind == "tkhd":
                parts.append(edts)
        return b"".join(parts)

    return rebuild(memoryview(init), ("moov", "trak"))


def delayed(segment: bytes, ticks: int) -> bytes:
    """Return a segment whose presentation times are `ticks` later against its decoding times.

    FFmpeg writes offsets that may be negative; some players (FFmpeg's own, too) shift a track
    that has any. Later by the encoder's delay none is negative, and the edit list of
    `with_delay` puts the first picture back on its time.
    """
    boxes = list(_boxes(memoryview(segment)))
    if not any(box.kind == "moof" for box in boxes):
        raise BrokenFragmentError("there is no moof box")
    return b"".join(_delayed(box.body, ticks) if box.kind == "moof" else box.whole for box in boxes)


def _delayed(moof: memoryview, ticks: int) -> bytes:
    trun = _later(_child(moof, "traf", "trun"), ticks)
    growth = len(trun) - len(_child(moof, "traf", "trun"))
    (position,) = struct.unpack_from(">i", trun, 8)
    struct.pack_into(">i", trun, 8, position + growth)  # where the data begins, from the moof
    traf = b"".join(
        _box("trun", trun) if box.kind == "trun" else box.whole
        for box in _boxes(_child(moof, "traf"))
    )
    body = b"".join(_box("traf", traf) if box.kind == "traf" else box.whole for box in _boxes(moof))
    return _box("moof", body)


def _later(trun: memoryview, ticks: int) -> bytearray:
    """Return a trun's body with `ticks` added to every composition offset."""
    flags = int.from_bytes(trun[1:4], "big")
    (count,) = struct.unpack_from(">I", trun, 4)
    if not flags & 0x1:
        raise BrokenFragmentError("the fragment does not say where its data begins")
    offset = 12 + (4 if flags & 0x4 else 0)
    before = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400))
    step = before + (4 if flags & 0x800 else 0)
    made = bytearray(b"\x01" + (flags | 0x800).to_bytes(3, "big") + trun[4:offset])
    for number in range(count):
        at = offset + number * step
        was = struct.unpack_from(">i", trun, at + before)[0] if flags & 0x800 else 0
        if was + ticks < 0:
            raise BrokenFragmentError("a sample is shown before it is decoded")
        made += trun[at : at + before]
        made += struct.pack(">i", was + ticks)
    return made


def _box(kind: str, body: bytes | bytearray) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind.encode("latin-1")) + body


def codecs(init: bytes) -> str:
    """Return the RFC 6381 codecs name of an init segment: `avc1.64001f` or `mp4a.40.2`."""
    trak = _child(memoryview(init), "moov", "trak")
    entry = next(iter(_boxes(_child(trak, "mdia", "minf", "stbl", "stsd")[8:])), None)
    if entry is None:
        raise BrokenFragmentError("there is no sample entry")
    if entry.kind == "avc1":
        config = _child(entry.body[78:], "avcC")
        return f"avc1.{config[1]:02x}{config[2]:02x}{config[3]:02x}"
    if entry.kind == "mp4a":
        return f"mp4a.40.{_object_type(bytes(_child(entry.body[28:], 'esds')))}"
    raise BrokenFragmentError(f"sample entry {entry.kind} is not one of ours")


def _object_type(esds: bytes) -> int:
    # ES descriptor > decoder config (0x04) > decoder specific info (0x05): the first 5 bits of
    # the AudioSpecificConfig. Lengths take one to four bytes.
    position = esds.find(b"\x05", esds.find(b"\x04", 4) + 18)
    if position < 0:
        raise BrokenFragmentError("there is no audio configuration")
    position += 1
    while position < len(esds) and esds[position] & 0x80:
        position += 1
    if position + 1 >= len(esds):
        raise BrokenFragmentError("the audio configuration is cut off")
    return esds[position + 1] >> 3
