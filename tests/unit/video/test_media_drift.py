"""Five minutes later sound and picture are where they were: no clock of ours runs faster."""

import array
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from tests.media.odd_inputs import ffmpeg
from tests.media.pipeline import ffmpeg_path, render

pytestmark = pytest.mark.media
MINUTES, AT = 5, 290  # a flash and a beep begin at this second, and nothing before
HEAR_FROM = 288


def test_a_flash_and_a_beep_are_together_to_a_frame_after_five_minutes(
    tmp_path: Path,
) -> None:
    source, rest = tmp_path / "long.mp4", 60 * MINUTES - AT
    screen = "size=64x36:rate=30000/1001"
    ffmpeg("-f", "lavfi", "-i", f"color=black:{screen}:duration={AT}", "-f", "lavfi", "-i",
           f"color=white:{screen}:duration={rest}", "-f", "lavfi", "-i",
           f"anullsrc=r=44100:cl=mono:d={AT}", "-f", "lavfi", "-i",
           f"sine=1000:r=44100:d={rest}", "-filter_complex",
           "[0:v][1:v]concat[v];[2:a][3:a]concat=v=0:a=1[a]", "-map", "[v]", "-map", "[a]", "-c:v",
           "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k",
           str(source))  # fmt: skip

    made = render(source, tmp_path / "out", chunk_segments=40)

    rendition = made.manifest.renditions[0]
    gray = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", str(made.root / f"{rendition.name}.m3u8"), "-vf",
         "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    flash = next(n for n, value in enumerate(gray) if value > 128) / rendition.frame_rate
    assert len(gray) == rendition.frames
    assert abs(flash - AT) < 1 / rendition.frame_rate
    for name in ("audio.m3u8", "audio.m4a", "video.mp4"):
        sound = array.array("h", subprocess.run(
            [ffmpeg_path(), "-v", "error", "-i", str(made.root / name), "-map", "0:a:0", "-af",
             f"atrim=start={HEAR_FROM}", "-ac", "1", "-ar", "48000", "-f", "s16le", "-"],
            capture_output=True, check=True,
        ).stdout)  # fmt: skip
        first = next(at for at, value in enumerate(sound) if abs(value) > 2_000)
        beep = HEAR_FROM + Fraction(first, 48_000)
        assert abs(beep - flash) < 1 / rendition.frame_rate, name
