"""Files made to harm: bombs, files that are two things at once, and roads to other files."""

import io
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.video.inspect.streams import RefusedError
from functions.video.media import Source
from tests.media import crafted
from tests.media.odd_inputs import ffmpeg
from tests.media.pipeline import inspect_file, render

pytestmark = pytest.mark.media
PAGE = b"<!doctype html><script>alert('canary')</script>"


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def looked_at(file: Path) -> Source | str:
    """Return what inspection says, or the code of its refusal."""
    try:
        return inspect_file(file)
    except RefusedError as refusal:
        return refusal.code


def many_streams(made: Path) -> None:
    maps = [text for _ in range(500) for text in ("-map", "0:a")]
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=0.1", *maps, "-c:a", "pcm_s16le", "-f", "matroska",
           str(made))  # fmt: skip


def long_and_tiny(made: Path) -> None:
    """A million seconds in a kilobyte."""
    ffmpeg("-f", "lavfi", "-i", "color=black:size=16x16:rate=1:duration=2", "-vf",
           "setpts=N*1000000/TB", "-fps_mode", "passthrough", "-c:v", "libx264", "-x264-params",
           "info=0", "-f", "matroska", str(made))  # fmt: skip
    assert made.stat().st_size < 2_000


@pytest.mark.parametrize(
    ("make", "refusals"),
    [
        (lambda made: made.write_bytes(crafted.nested()), {"no_streams", "not_media"}),
        (lambda made: made.write_bytes(crafted.swelling_subtitle()), {"no_streams"}),
        (many_streams, {"too_many_streams"}),
        (long_and_tiny, {"too_long"}),
    ],
)
def test_a_bomb_is_refused_at_a_bounded_price(
    make: Callable[[Path], object], refusals: set[str], tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.mp4"
    make(bomb)

    before = spent()
    assert looked_at(bomb) in refusals

    assert spent() - before < 10


def test_a_billion_frames_a_second_are_not_believed(tmp_path: Path) -> None:
    file = crafted.written(crafted.billion_frames_a_second(), tmp_path / "fast.avi")

    before = spent()
    found = looked_at(file)
    if isinstance(found, Source):
        made = render(file, tmp_path / "out")
        assert made.plan.video is not None
        assert made.plan.video.timing.rate <= 60
        assert made.manifest.renditions[0].frames <= 250
    else:
        assert found in {"unreadable", "too_costly", "truncated"}

    assert spent() - before < 30


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("canary.txt", PAGE)
    return made.getvalue()


@pytest.mark.parametrize(
    "data", [lambda: crafted.page_in_a_recording(PAGE),
             lambda: crafted.archive_after_a_recording(archive())],
)  # fmt: skip
def test_of_a_recording_that_is_something_else_too_only_the_recording_remains(
    data: Callable[[], bytes], tmp_path: Path
) -> None:
    file = crafted.written(data(), tmp_path / "two.html")

    made = render(file, tmp_path / "out")

    assert made.manifest.renditions[0].frames == 90
    for each in made.root.rglob("*"):
        assert each.is_dir() or PAGE not in each.read_bytes()


def test_a_picture_that_is_a_script_is_no_recording(tmp_path: Path) -> None:
    file = crafted.written(crafted.script_in_a_picture(), tmp_path / "x.mp4")

    assert looked_at(file) in {"unsupported_container", "not_media"}
