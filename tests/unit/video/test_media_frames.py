"""The decisive promise: chunks show the very frames that one pass over the whole file shows."""

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest

from functions.video.encode.logic import ChunkEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.filtergraph import selection
from functions.video.inputs import MediaInput
from functions.video.media import ChunkPlan, VideoPlan
from functions.video.plan.logic import plan
from functions.video.process import Limits
from functions.video.timing import slot
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, inspect_file

pytestmark = pytest.mark.media
LIMITS = Limits(wall_seconds=60, cpu_seconds=60, file_bytes=1 << 30)
RECORDINGS = [
    "plain", "ntsc_open_gop", "film_mkv", "transport", "avi", "fast", "slow", "vfr", "stills",
    "browser", "portrait", "odd_size", "tiny", "one_frame", "edit_list", "late_picture",
    "late_sound", "interlaced", "hdr", "flashes",
]  # fmt: skip


def run(arguments: list[str], folder: Path) -> list[tuple[int, str]]:
    """Return (timestamp, md5) of each frame that `-f framemd5 frames.txt` lists."""
    finished = FFmpeg(ffmpeg_path()).run(arguments, folder=folder, limits=LIMITS)
    assert finished.ok, finished.log
    lines = (folder / "frames.txt").read_text().splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    return [(int(row[2]), row[5].strip()) for row in rows]


def selected(
    source: MediaInput, video: VideoPlan, chunk: ChunkPlan, seek: Fraction | None, folder: Path
) -> list[tuple[int, str]]:
    rate = video.timing.rate
    graph = f"[0:{video.track.index}]{selection(video, chunk)}[out]"
    return run(
        [
            "-v", "error", *source.arguments(seek=seek), "-filter_complex", graph, "-map", "[out]",
            "-fps_mode", "passthrough", "-enc_time_base", f"{rate.denominator}:{rate.numerator}",
            "-f", "framemd5", "frames.txt",
        ],
        folder,
    )  # fmt: skip


def decoded(source: MediaInput, video: VideoPlan, folder: Path) -> list[tuple[int, str]]:
    """Every frame of the source as the decoder gives it, with its time in source ticks."""
    graph = f"[0:{video.track.index}]null[out]"
    if video.track.interlaced:
        graph = f"[0:{video.track.index}]bwdif=mode=send_frame:deint=interlaced,settb=1/90000[out]"
    return run(
        [
            "-v", "error", *source.arguments(), "-filter_complex", graph, "-map", "[out]",
            "-fps_mode", "passthrough", "-enc_time_base", "demux" if not video.track.interlaced
            else "1:90000", "-f", "framemd5", "frames.txt",
        ],
        folder,
    )  # fmt: skip


@pytest.mark.parametrize("name", RECORDINGS)
def test_chunks_select_what_the_timing_rule_says_of_every_decoded_frame(
    name: str, tmp_path: Path
) -> None:
    source = MediaInput.of_file(path(name))
    video = plan(inspect_file(path(name)), chunk_segments=1).video
    assert video is not None
    timing = video.timing
    encoder = ChunkEncoder(
        FFmpeg(ffmpeg_path()), source, video, FolderStore(tmp_path), MemoryRunLog(), tmp_path
    )

    shown: list[tuple[int, str]] = []
    for chunk in video.chunks:
        attempts = list(encoder._attempts(chunk))
        for attempt in attempts:
            frames = selected(source, video, chunk, attempt.seek, tmp_path)
            if len(frames) == chunk.end - chunk.first and frames[0][0] == chunk.first:
                break
        shown += frames
        assert attempt == attempts[0], "the first seek should have been right"

    frames = decoded(source, video, tmp_path)
    slots = [(slot(timing, tick), md5) for tick, md5 in frames]
    expected = []
    for number in range(timing.frames):
        due = [md5 for at, md5 in slots if at <= number]
        expected.append((number, due[-1] if due else slots[0][1]))
    assert shown == expected


@pytest.mark.parametrize(
    ("name", "frames", "rate"),
    [
        ("plain", 300, "30"),
        ("ntsc_open_gop", 300, "30000/1001"),
        ("film_mkv", 240, "24000/1001"),
        ("transport", 325, "25"),
        ("avi", 250, "25"),
        ("fast", 180, "60"),
        ("browser", 270, "30"),
        ("portrait", 150, "30"),
        ("edit_list", 201, "30"),
        ("one_frame", 1, "25"),
        ("interlaced", 150, "25"),
    ],
)
def test_a_constant_rate_source_keeps_its_rate_and_number_of_frames(
    name: str, frames: int, rate: str
) -> None:
    video = plan(inspect_file(path(name))).video
    assert video is not None
    assert (video.timing.frames, video.timing.rate) == (frames, Fraction(rate))


def test_the_first_picture_is_shown_while_only_the_sound_has_begun() -> None:
    video = plan(inspect_file(path("late_picture"))).video
    assert video is not None
    assert video.timing.lead == 39  # 1.3 s at 30 frames/s
    assert video.timing.frames == 39 + 171


def test_eight_hours_keep_their_frames_from_the_first_chunk_to_the_last(tmp_path: Path) -> None:
    made = plan(inspect_file(path("eight_hours"))).video
    assert made is not None
    store, log = FolderStore(tmp_path / "store"), MemoryRunLog()
    source, last = MediaInput.of_file(path("eight_hours")), len(made.chunks) - 1

    for index in (0, last // 2, last):
        with tempfile.TemporaryDirectory() as folder:
            ChunkEncoder(FFmpeg(ffmpeg_path()), source, made, store, log, Path(folder)).encode(
                index
            )

    assert made.timing.frames == 8 * 3600
    assert made.timing.duration == 8 * 3600
    for index, rungs in log.chunks().items():
        chunk = made.chunks[index]
        ticks = {sum(segment.duration_ticks for segment in kept) for kept in rungs.values()}
        assert ticks == {(chunk.end - chunk.first) * made.timing.frame_ticks}


@pytest.mark.parametrize("name", ["transport", "ntsc_open_gop"])
def test_a_seek_that_lands_too_late_is_found_out_and_made_good(name: str, tmp_path: Path) -> None:
    source = MediaInput.of_file(path(name))
    made = plan(inspect_file(path(name)), chunk_segments=1).video
    assert made is not None
    late = made.model_copy(update={"margin_ms": -2500})
    store, log = FolderStore(tmp_path / "store"), MemoryRunLog()

    with tempfile.TemporaryDirectory() as folder:
        ChunkEncoder(FFmpeg(ffmpeg_path()), source, late, store, log, Path(folder)).encode(1)

    frames = {rung: sum(s.duration_ticks for s in made_) for rung, made_ in log.chunks()[1].items()}
    chunk = made.chunks[1]
    assert set(frames.values()) == {(chunk.end - chunk.first) * made.timing.frame_ticks}
