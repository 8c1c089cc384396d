"""Recordings that say who made them, with what, and where: as phones and cameras write them.

Each of `RECORDINGS` makes one; the words of SECRETS stand in it, and the place of PLACE in those
that have EXIF.
"""

import struct
from collections.abc import Callable
from pathlib import Path

from tests.media.odd_inputs import ffmpeg, picture

LOCATION = "+48.8577+002.2950/"
SECRETS = (b"48.8577", b"CanaryMake", b"CanaryModel", b"CanaryOwner", b"GPSU-canary")
PLACE = 0x13579BDF  # the numerator of a GPS latitude
_TONE = ["-f", "lavfi", "-i", "sine=440:d=2"]
_X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30"]
_SAID = [
    "-metadata", f"location={LOCATION}",
    "-metadata", "make=CanaryMake", "-metadata", "model=CanaryModel",
    "-metadata", "artist=CanaryOwner", "-metadata", "comment=GPSU-canary",
]  # fmt: skip
_TRACKS = ["-metadata:s:v", "handler_name=CanaryMake", "-metadata:s:a", "title=CanaryOwner"]


def telemetry(folder: Path) -> Path:
    """Return a file of GoPro's telemetry (GPMF): a device, and where it was."""
    made = folder / "gpmf.bin"
    name, where = b"CanaryModel Hero", b"GPSU-canary 48.8577 2.2950".ljust(28, b"\0")
    device = b"DVNMc\x01" + struct.pack(">H", len(name)) + name
    stream = b"GPSUc\x01" + struct.pack(">H", len(where)) + where
    inside = device + b"STRM\0\x01" + struct.pack(">H", len(stream)) + stream
    made.write_bytes(b"DEVC\0\x01" + struct.pack(">H", len(inside)) + inside)
    return made


def exif(picture: bytes) -> bytes:
    """Return a JPEG with EXIF: make, model, owner, and a GPS latitude."""
    words = {0x010F: b"CanaryMake\0", 0x0110: b"CanaryModel\0", 0x013B: b"CanaryOwner\0"}
    gps = 8 + 2 + 12 * (len(words) + 1) + 4
    at = gps + 2 + 12 * 2 + 4 + 24
    entries, data = b"", b""
    for tag, text in words.items():
        entries += struct.pack("<HHII", tag, 2, len(text), at + len(data))
        data += text
    entries += struct.pack("<HHII", 0x8825, 4, 1, gps)
    block = struct.pack("<H", len(words) + 1) + entries + bytes(4)
    block += struct.pack("<HHHI4sHHII", 2, 1, 2, 2, b"N\0\0\0", 2, 5, 3, gps + 2 + 24 + 4)
    block += bytes(4) + struct.pack("<6I", PLACE, 1, 2, 1, 3, 1)
    body = b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + block + data
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + picture[2:]


def _phone(made: Path) -> None:
    ffmpeg(*picture(seconds=2), *_TONE, *_X264, "-c:a", "aac", *_SAID, *_TRACKS, "-metadata",
           f"com.apple.quicktime.location.ISO6709={LOCATION}", "-movflags", "use_metadata_tags",
           str(made))  # fmt: skip


def _classic(made: Path) -> None:
    ffmpeg(*picture(seconds=2), *_TONE, *_X264, "-c:a", "aac", *_SAID, *_TRACKS, str(made))


def _action_camera(made: Path) -> None:
    data = str(telemetry(made.parent))
    ffmpeg(*picture(seconds=2), *_TONE, "-f", "data", "-i", data, "-map", "0",
           "-map", "1", "-map", "2", *_X264, "-c:a", "aac", "-c:d", "copy", "-tag:d", "gpmd",
           *_SAID, str(made))  # fmt: skip


def _chapters(made: Path) -> None:
    list_ = made.with_name("chapters.txt")
    list_.write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=2\ntitle=CanaryOwner at 48.8577\n"
    )
    words = made.with_name("words.srt")
    words.write_text("1\n00:00:00,000 --> 00:00:02,000\nGPSU-canary 48.8577\n")
    note = made.with_name("note.txt")
    note.write_text("CanaryModel")
    ffmpeg(*picture(seconds=2), *_TONE, "-i", str(list_), "-i", str(words), "-map", "0", "-map",
           "1", "-map", "3", "-map_metadata", "2", *_X264, "-c:a", "aac", "-c:s", "srt", *_SAID,
           "-attach", str(note), "-metadata:s:t", "mimetype=text/plain", str(made))  # fmt: skip


def _in_the_stream(made: Path) -> None:
    said = "086f3693b7b34f2c965321492feee5b8+CanaryMake CanaryModel GPSU-canary 48.8577"
    ffmpeg(*picture(seconds=2), *_TONE, *_X264, "-c:a", "aac", "-bsf:v",
           f"h264_metadata=sei_user_data='{said}'", *_SAID, str(made))  # fmt: skip


def _still(folder: Path) -> Path:
    plain = folder / "plain.jpg"
    ffmpeg(*picture(seconds=1), "-frames:v", "1", str(plain))
    made = folder / "exif.jpg"
    made.write_bytes(exif(plain.read_bytes()))
    return made


def _cover(made: Path) -> None:
    ffmpeg(*_TONE, "-i", str(_still(made.parent)), "-map", "0", "-map", "1", "-c:a", "aac",
           "-c:v", "copy", "-disposition:v", "attached_pic", *_SAID, str(made))  # fmt: skip


def _stills(made: Path) -> None:
    # Old cameras write each picture as a JPEG, with all that a JPEG may say.
    still = _still(made.parent)
    ffmpeg("-loop", "1", "-framerate", "25", "-i", str(still), *_TONE, "-t", "2", "-c:v", "copy",
           "-c:a", "pcm_s16le", *_SAID, str(made))  # fmt: skip


RECORDINGS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a phone": ("phone.mov", _phone),
    "an older phone": ("classic.mov", _classic),
    "an action camera": ("hero.mov", _action_camera),
    "chapters, subtitles, an attachment": ("chapters.mkv", _chapters),
    "words between the pictures": ("sei.mp4", _in_the_stream),
    "a cover": ("cover.m4a", _cover),
    "pictures with EXIF": ("stills.mov", _stills),
}
