"""Quality: measured by a sample, and no worse for being made in chunks."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.video import keys
from functions.video.command import encode_chunk
from functions.video.encode.logic import ChunkEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.filtergraph import fitted, selection, tone_map
from functions.video.inputs import MediaInput
from functions.video.media import ChunkPlan, Quality, VideoPlan
from functions.video.package.logic import Packager
from functions.video.plan.logic import plan
from functions.video.process import Finished, Limits
from functions.video.quality import pooled, sampled
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, inspect_file, render

media = pytest.mark.media
LIMITS = Limits(wall_seconds=120, cpu_seconds=120, file_bytes=1 << 30)


@media
def test_every_rung_says_how_near_it_comes_to_the_source(tmp_path: Path) -> None:
    made = render(path("hd"), tmp_path)

    scores = [rendition.vmaf for rendition in made.manifest.renditions]
    assert all(score is not None and 50 < score <= 100 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert made.plan.video is not None
    for chunk in made.plan.video.samples:
        assert made.store.exists(keys.quality(chunk))


@media
def test_high_dynamic_range_is_compared_with_what_it_was_converted_to(tmp_path: Path) -> None:
    made = render(path("hdr"), tmp_path)

    assert made.manifest.renditions[0].vmaf is not None
    assert made.manifest.renditions[0].vmaf > 80


class Unmeasuring(FFmpeg):
    """FFmpeg, but it cannot compare."""

    def run(self, arguments: Sequence[str], **options: object) -> Finished:  # type: ignore[override]
        if any("libvmaf" in argument for argument in arguments):
            return Finished(-9, "killed", timed_out=True)
        return super().run(arguments, **options)  # type: ignore[arg-type]


@media
def test_what_cannot_be_measured_is_encoded_all_the_same(tmp_path: Path) -> None:
    made = plan(inspect_file(path("plain")))
    assert made.video is not None
    store, log, tool = FolderStore(tmp_path / "out"), MemoryRunLog(), Unmeasuring(ffmpeg_path())
    silent = made.model_copy(update={"audio": None})

    for chunk in made.video.chunks:
        with tempfile.TemporaryDirectory() as folder:
            source = MediaInput.of_file(path("plain"))
            ChunkEncoder(tool, source, made.video, store, log, Path(folder)).encode(chunk.index)
    manifest = Packager(tool, silent, store, tmp_path).package(log.chunks())

    assert [rendition.vmaf for rendition in manifest.renditions] == [None]
    assert manifest.renditions[0].frames == 300


def whole_file(source: MediaInput, video: VideoPlan, folder: Path) -> None:
    """Encode all frames by one process: `<rung>.mp4`."""
    whole = ChunkPlan(index=0, first=0, end=video.timing.frames, first_segment=0)
    finished = FFmpeg(ffmpeg_path()).run(
        encode_chunk(source, video, whole, seek=None, threads=1), folder=folder, limits=LIMITS
    )
    assert finished.ok, finished.log


def vmaf(source: MediaInput, video: VideoPlan, made: Path, folder: Path) -> float:
    """Return the score of all frames of the largest rung."""
    whole = ChunkPlan(index=0, first=0, end=video.timing.frames, first_segment=0)
    top = video.rungs[0]
    graph = (
        f"[0:{video.track.index}]{selection(video, whole)},{tone_map(video.track, top)}"
        f"{fitted(top)},settb=1/30,setpts=N[a];[1:v:0]settb=1/30,setpts=N[b];"
        "[b][a]libvmaf=n_threads=1[out]"
    )
    arguments = ["-v", "info", *source.arguments(), "-i", str(made), "-filter_complex", graph]
    log = FFmpeg(ffmpeg_path()).run(
        [*arguments, "-map", "[out]", "-f", "null", "-"], folder=folder, limits=LIMITS
    ).log  # fmt: skip
    return float(re.findall(r"VMAF score: ([\d.]+)", log)[0])


def times(file: Path) -> list[Fraction]:
    """Return when each frame is shown, from the first on, in seconds."""
    listed = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-nostdin", "-copyts", "-i", str(file), "-map", "0:v:0",
         "-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "framecrc", "-"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    base = Fraction(re.findall(r"#tb 0: (\S+)", listed)[0])
    ticks = [int(line.split(",")[2]) for line in listed.splitlines() if line[0] != "#"]
    return [(tick - ticks[0]) * base for tick in ticks]


@media
@pytest.mark.parametrize(
    "name",
    ["vfr", "ntsc_open_gop", "film_mkv", "no_audio", "one_frame", "odd_size", "portrait",
     "ten_bit", "six_channels", "mono", "stills", "interlaced", "browser"],
)  # fmt: skip
def test_chunks_show_the_same_frames_in_the_same_quality_as_one_whole_encode(
    name: str, tmp_path: Path
) -> None:
    source = MediaInput.of_file(path(name))
    made = render(path(name), tmp_path / "chunks", chunk_segments=1)
    assert made.plan.video is not None
    whole = tmp_path / "whole"
    whole.mkdir()
    whole_file(source, made.plan.video, whole)

    top = made.plan.video.rungs[0].name
    ours, one = tmp_path / "chunks" / "video.mp4", whole / f"{top}.mp4"
    assert times(ours) == times(one)
    assert times(tmp_path / "chunks" / f"{top}.m3u8") == times(one)
    scores = [vmaf(source, made.plan.video, file, tmp_path) for file in (ours, one)]
    assert scores[0] >= scores[1] - 0.5


def test_a_few_chunks_are_measured_spread_over_the_video() -> None:
    assert [sampled(count) for count in (0, 1, 3, 8, 450)] == [
        (), (0,), (1,), (1, 4, 6), (75, 225, 375),
    ]  # fmt: skip


@given(st.integers(1, 20_000))
def test_samples_are_chunks_that_there_are_each_once(count: int) -> None:
    chosen = sampled(count)

    assert 1 <= len(set(chosen)) == len(chosen) <= 3
    assert all(0 <= chunk < count for chunk in chosen)


def test_samples_count_by_their_frames() -> None:
    samples = [Quality(frames=30, vmaf={"a": 90.0}), Quality(frames=10, vmaf={"a": 70.0})]

    assert pooled(samples) == {"a": 85.0}
    assert pooled([]) == {}
