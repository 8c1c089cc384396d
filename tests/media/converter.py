"""A stand-in for MediaConvert: does what a CreateJob request says with our own FFmpeg, and leaves
files as the service does.

From the request come source, sizes, rate, GOPs, rotation and segments; from what is known of the
service's CMAF the files' names (`<base><modifier>init.cmfv`, `<base><modifier>_000000001.cmfv`) and
that segments begin with styp and sidx boxes. It encodes fast and badly.
"""

import struct
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from functions.video.cmaf import split
from tests.media.odd_inputs import ffmpeg

_TURNED = {"DEGREE_0": "null", "DEGREES_90": "transpose=clock", "DEGREES_180": "hflip,vflip",
           "DEGREES_270": "transpose=cclock"}  # fmt: skip


def box(kind: str, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


# what CMAF puts before a fragment: the segment's type, and an index of what follows
BEFORE = box("styp", b"msdh\0\0\0\0msdhmsix")
BEFORE += box("sidx", struct.pack(">IIIIIHH", 0, 1, 30_000, 0, 0, 0, 0))


def convert(
    request: Mapping[str, Any],
    source: Path,
    root: Path,
    *,
    frames: int | None = None,
    pieces: int = 1,
    delayed: bool = False,
) -> list[str]:
    """Run a job; `root` stands for the bucket that its target names. Returns the files' keys.

    `frames`: no more than so many; `pieces`: fragments of a segment; `delayed`: the first picture
    is shown later than decoded, and an edit list says so (VideoCompositionOffsets UNSIGNED).
    """
    settings = request["Settings"]
    (group,) = settings["OutputGroups"]
    cmaf = group["OutputGroupSettings"]["CmafGroupSettings"]
    base = cmaf["Destination"].split("/", 3)[3]
    turned = _TURNED[settings["Inputs"][0]["VideoSelector"]["Rotate"]]
    written = []
    for output in group["Outputs"]:
        made = _encoded(source, turned, output, frames, pieces=pieces, delayed=delayed)
        init, fragments = split(made)
        name = f"{base}{output['NameModifier']}"
        files = {f"{name}init.cmfv": init}
        for number, first in enumerate(range(0, len(fragments), pieces), start=1):
            body = b"".join(
                BEFORE + made[each.offset : each.offset + each.size]
                for each in fragments[first : first + pieces]
            )
            files[f"{name}_{number:09d}.cmfv"] = body
        files[f"{name}.m3u8"] = b"#EXTM3U\n"
        for key, body in files.items():
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(body)
        written += list(files)
    return written


def _encoded(
    source: Path,
    turned: str,
    output: Mapping[str, Any],
    frames: int | None,
    *,
    pieces: int,
    delayed: bool,
) -> bytes:
    shown = output["VideoDescription"]
    h264 = shown["CodecSettings"]["H264Settings"]
    rate = Fraction(h264["FramerateNumerator"], h264["FramerateDenominator"])
    gop, scale = str(int(h264["GopSize"])), rate.numerator * -(-10_000 // rate.numerator)
    offsets = "" if delayed else "+negative_cts_offsets"
    cut = (
        ["+frag_keyframe"]
        if pieces == 1
        else ["", "-frag_duration", str(int(int(gop) / rate / pieces * 1_000_000))]
    )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.mp4"
        ffmpeg(
            "-noautorotate", "-i", str(source), "-map", "0:v:0",
            "-vf", f"{turned},fps={rate},scale={shown['Width']}:{shown['Height']},setsar=1,"
            "format=yuv420p",
            *(["-frames:v", str(frames)] if frames else []),
            "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2",
            "-g", gop, "-keyint_min", gop, "-sc_threshold", "0",
            "-x264-params", "open-gop=0:b-pyramid=2:b-adapt=0:8x8dct=1:cabac=1",
            "-an", "-map_metadata", "-1",
            "-video_track_timescale", str(scale), "-f", "mp4",
            "-movflags", f"+empty_moov+default_base_moof+cmaf+skip_trailer{offsets}{cut[0]}",
            *cut[1:], str(made),
        )  # fmt: skip
        return made.read_bytes()
