"""Fragmented MP4 in bytes: cuts a file into its init segment and fragments, and reads them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass


class BrokenFragmentError(ValueError):
    """The bytes are not the fragmented MP4 they should be."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof + mdat: `start` and `ticks` (its length) in the track's timescale."""

    start: int
    ticks: int
    samples: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Box:
    kind: str
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
        yield _Box(kind.decode("latin-1"), whole[header:], whole)
        offset += size


def _child(data: memoryview, *path: str) -> memoryview:
    for name in path:
        found = next((box.body for box in _boxes(data) if box.kind == name), None)
        if found is None:
            raise BrokenFragmentError(f"there is no {name} box")
        data = found
    return data


def split(data: bytes) -> tuple[bytes, list[Fragment]]:
    """Cut a fragmented file into (init segment, fragments); raises BrokenFragmentError."""
    init: list[memoryview] = []
    fragments: list[Fragment] = []
    moof: _Box | None = None
    default = 0
    for box in _boxes(memoryview(data)):
        if box.kind in ("ftyp", "moov"):
            init.append(box.whole)
            if box.kind == "moov":
                trex = _child(box.body, "mvex", "trex")
                (default,) = struct.unpack_from(">I", trex, 12)
        elif box.kind == "moof":
            moof = box
        elif box.kind == "mdat" and moof is not None:
            start, ticks, samples = _measure(moof.body, default)
            fragments.append(
                Fragment(start, ticks, samples, bytes(moof.whole) + bytes(box.whole))
            )
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
