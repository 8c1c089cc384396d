"""Files of ill will that no muxer writes, byte by byte."""

import struct
import zlib
from pathlib import Path

from tests.media.odd_inputs import path


def playlist_in_avi(playlist: bytes) -> bytes:
    """Return an AVI whose subtitle packet (`GAB2`) FFmpeg opens as a file of its own: the way of
    the "XBIN in AVI" exploits, which read files of the server into the picture."""
    name = "x".encode("utf-16-le") + b"\0\0"
    packet = b"GAB2\0" + struct.pack("<HI", 2, len(name)) + name
    packet += struct.pack("<HI", 4, len(playlist)) + playlist
    picture = bytes(16 * 16 * 3)
    header = struct.pack("<IIIIIIIIII", 40_000, 0, 0, 0, 1, 0, 2, 0, 16, 16) + bytes(16)
    streams = _list(b"strl", _chunk(b"strh", _stream(b"vids")) + _chunk(b"strf", _bitmap()))
    streams += _list(b"strl", _chunk(b"strh", _stream(b"txts")) + _chunk(b"strf", b""))
    movie = _chunk(b"01tx", packet) + _chunk(b"00db", picture)
    body = _list(b"hdrl", _chunk(b"avih", header) + streams) + _list(b"movi", movie)
    return _chunk(b"RIFF", b"AVI " + body)


def billion_frames_a_second() -> bytes:
    """Return an AVI that says so."""
    data = bytearray(path("avi").read_bytes())
    stream = data.index(b"strh") + 8
    data[stream + 20 : stream + 28] = struct.pack("<II", 1, 1_000_000_000)  # scale, rate
    return bytes(data)


def nested(depth: int = 20_000) -> bytes:
    """Return a Matroska file with tags within tags within tags."""
    tag = b""
    for _ in range(depth):
        tag = _ebml(0x67C8, tag)
    return _matroska(_ebml(0x1254C367, _ebml(0x7373, tag)))


def swelling_subtitle(megabytes: int = 600) -> bytes:
    """Return a Matroska file whose one subtitle swells to so much when it is unpacked."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
    track = _ebml(0xD7, b"\1") + _ebml(0x73C5, b"\1") + _ebml(0x83, b"\x11")
    track += _ebml(0x86, b"S_TEXT/UTF8")
    track += _ebml(0x6D80, _ebml(0x6240, _ebml(0x5034, _ebml(0x4254, b"\0"))))  # zlib
    cluster = _ebml(0xE7, b"\0") + _ebml(0xA3, b"\x81\0\0\x80" + packed)
    return _matroska(_ebml(0x1654AE6B, _ebml(0xAE, track)) + _ebml(0x1F43B675, cluster))


def page_in_a_recording(page: bytes) -> bytes:
    """Return an MP4 that a browser that guesses takes for a page."""
    data = path("no_audio").read_bytes()
    size = int.from_bytes(data[:4], "big")
    # Brands may be anything; old browsers looked for a tag in the first bytes.
    first = struct.pack(">I4s", size + len(page), b"ftyp") + data[8:16] + page + data[16:size]
    padded = first + struct.pack(">I4s", 8, b"free")
    return _shifted(data[size:], padded, len(page) + 8)


def archive_after_a_recording(archive: bytes) -> bytes:
    """Return an MP4 that is an archive, too: those are read from their end."""
    return path("no_audio").read_bytes() + archive


def script_in_a_picture() -> bytes:
    """Return a GIF that is a script, too."""
    return b"GIF89a/*" + bytes(24) + b"*/=1;alert(1)//" + b"\x3b"


def _shifted(rest: bytes, first: bytes, by: int) -> bytes:
    # The index follows the data here, and its offsets count from the start of the file.
    data = bytearray(rest)
    at = data.find(b"stco")
    while at >= 0:
        count = int.from_bytes(data[at + 8 : at + 12], "big")
        for entry in range(at + 12, at + 12 + 4 * count, 4):
            data[entry : entry + 4] = (
                int.from_bytes(data[entry : entry + 4], "big") + by
            ).to_bytes(4, "big")
        at = data.find(b"stco", at + 4)
    return first + bytes(data)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(name: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", name + data)


def _stream(kind: bytes) -> bytes:
    return kind + bytes(16) + struct.pack("<IIIIIII", 1, 25, 0, 1, 1_000_000, 0, 0) + bytes(8)


def _bitmap() -> bytes:
    return struct.pack("<IiiHHIIiiII", 40, 16, 16, 1, 24, 0, 16 * 16 * 3, 0, 0, 0, 0)


def _ebml(name: int, data: bytes) -> bytes:
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return head + (len(data) | 1 << 56).to_bytes(8, "big") + data


def _matroska(body: bytes) -> bytes:
    return _ebml(0x1A45DFA3, _ebml(0x4282, b"matroska")) + _ebml(0x18538067, body)


def written(data: bytes, to: Path) -> Path:
    """Write bytes to a file and return it."""
    to.write_bytes(data)
    return to


def film_elsewhere(film: str) -> bytes:
    """Return a MOV whose pictures lie, its index says, in another file of that absolute path (an
    alias record: FFmpeg follows one with `-enable_drefs 1 -use_absolute_path 1`)."""
    data = path("no_audio").read_bytes()
    name = film.encode()
    name += bytes(len(name) % 2)
    alias = bytes(10) + b"\0" + bytes(27) + bytes(12) + b"\1x" + bytes(62) + bytes(16)
    alias += struct.pack(">HH", 1, 1) + bytes(16)  # levels from the alias and to its target
    alias += struct.pack(">HH", 2, len(name)) + name + struct.pack(">HH", 0xFFFF, 0)
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    old = struct.pack(">I4sI", 12, b"url ", 1)
    if data.count(old) != 1 or data.index(b"mdat") > data.index(b"moov"):
        raise ValueError("not the film that this was written for")
    return _grown(data, old, entry, (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"))


def _grown(data: bytes, old: bytes, new: bytes, around: tuple[bytes, ...]) -> bytes:
    # The boxes around it grow with it; what they index lies before them.
    grown = bytearray(data)
    for name in around:
        at = data.rindex(name, 0, data.index(old)) - 4
        size = int.from_bytes(data[at : at + 4], "big") + len(new) - len(old)
        grown[at : at + 4] = size.to_bytes(4, "big")
    return bytes(grown).replace(old, new)
