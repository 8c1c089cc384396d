"""The poster of real recordings: the picture that shows something, wherever it is."""

import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest

from functions.video import keys
from functions.video.capture.logic import PosterMaker
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.plan.logic import plan
from functions.video.stills import moments
from tests.media.local_store import FolderStore
from tests.media.odd_inputs import ffmpeg
from tests.media.pipeline import ffmpeg_path, inspect_file

pytestmark = pytest.mark.media
SECONDS = 20
SCENE = "mandelbrot=size=320x180:rate=2:start_scale=0.6"
# What a recording shows where it shows nothing, as filters over the scene.
NOTHING = {
    "black": "lutyuv=y=16:u=128:v=128",
    "nearly black": "eq=brightness=-0.45:contrast=0.15",
    "white": "lutyuv=y=235:u=128:v=128",
    "faded": "eq=contrast=0.12:brightness=0.1",
    "blurred": "gblur=sigma=14",
    "noise on black": "lutyuv=y=16:u=128:v=128,noise=alls=12:all_seed=1",
}
STARTS = [int(moment) for moment in moments(Fraction(SECONDS))]  # 0, 1, 4, 8, 12


def recording(made: Path, sharp: int, filters: list[str]) -> None:
    """Write a recording that is clear from one candidate's moment to the next, and is otherwise
    as the filters say, in turn."""
    ends = [*STARTS[1:], SECONDS]
    pieces, names, position = list[str](), "", 0
    for number, (start, end) in enumerate(zip(STARTS, ends, strict=True)):
        way = "null"
        if number != sharp:
            way = filters[position % len(filters)]
            position += 1
        cut = f"trim={start}:{end},setpts=PTS-STARTPTS,format=yuv420p"
        pieces.append(f"[i{number}]{cut},{way}[p{number}]")
        names += f"[p{number}]"
    split = f"[0:v]split={len(STARTS)}" + names.replace("p", "i")
    ffmpeg("-f", "lavfi", "-i", SCENE, "-t", str(SECONDS), "-filter_complex",
           ";".join([split, *pieces, f"{names}concat=n={len(STARTS)}[v]"]), "-map", "[v]", "-c:v",
           "libx264", "-preset", "ultrafast", "-g", "1", "-pix_fmt", "yuv420p", str(made),
           )  # fmt: skip


def gray(file: Path, at: int = 0) -> bytes:
    seek = ["-ss", str(at)] if at else []
    return subprocess.run(
        [ffmpeg_path(), "-v", "error", *seek, "-i", str(file), "-frames:v", "1", "-vf",
         "scale=64:36:flags=area,format=gray", "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip


def apart(one: bytes, other: bytes) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    assert len(one) == len(other) == 64 * 36
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def poster(file: Path, out: Path) -> bytes:
    video = plan(inspect_file(file)).video
    assert video is not None
    store = FolderStore(out)
    with tempfile.TemporaryDirectory() as folder:
        PosterMaker(
            FFmpeg(ffmpeg_path()), MediaInput.of_file(file), video, store, Path(folder)
        ).capture()
    return gray(store.root / keys.POSTER)


@pytest.mark.parametrize("kind", ["nearly black", "faded", "blurred", "noise on black"])
def test_what_shows_nothing_is_not_chosen(kind: str, tmp_path: Path) -> None:
    recording(tmp_path / "x.mp4", 3, [NOTHING[kind]])

    chosen = poster(tmp_path / "x.mp4", tmp_path / "out")

    distances = [apart(chosen, gray(tmp_path / "x.mp4", at)) for at in STARTS]
    assert distances[3] < 4
    assert all(each > 8 for each in distances[:3] + distances[4:])


@pytest.mark.parametrize("sharp", range(len(STARTS)))
def test_the_clear_picture_is_chosen_wherever_it_is(sharp: int, tmp_path: Path) -> None:
    recording(
        tmp_path / "x.mp4", sharp, [NOTHING[k] for k in ("black", "blurred", "faded", "white")]
    )

    chosen = poster(tmp_path / "x.mp4", tmp_path / "out")

    distances = [apart(chosen, gray(tmp_path / "x.mp4", at)) for at in STARTS]
    assert distances.index(min(distances)) == sharp
    assert distances[sharp] < 4


def test_where_nothing_is_shown_there_is_a_poster_all_the_same(tmp_path: Path) -> None:
    recording(tmp_path / "x.mp4", -1, [NOTHING["black"]])

    assert max(poster(tmp_path / "x.mp4", tmp_path / "out")) < 20
