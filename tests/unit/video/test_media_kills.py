"""A worker killed at any moment: the next attempt ends as if nothing had been."""

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.video.encode.logic import ChunkEncoder, InitMismatchError
from functions.video.encode_audio.logic import AudioEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import EncodePlan
from functions.video.package.logic import IncompleteError, Packager
from functions.video.plan.logic import plan
from functions.video.process import Finished, InTime, Limits, ToolFailedError, ToolTimedOutError
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, inspect_file, render

pytestmark = pytest.mark.media


def planned() -> EncodePlan:
    return plan(inspect_file(path("vfr")), chunk_segments=1)


def encoder_of(store: FolderStore, log: MemoryRunLog, folder: Path) -> ChunkEncoder:
    video = planned().video
    assert video is not None
    source = MediaInput.of_file(path("vfr"))
    return ChunkEncoder(FFmpeg(ffmpeg_path()), source, video, store, log, folder)


def test_a_chunk_that_is_recorded_is_left_alone(tmp_path: Path) -> None:
    store, log = FolderStore(tmp_path / "store"), MemoryRunLog()
    encoder = encoder_of(store, log, tmp_path)
    assert encoder.encode(0)
    written = list(store.writes)

    assert not encoder.encode(0)

    assert store.writes == written


def test_chunks_whose_headers_differ_are_not_joined(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    store.put_bytes("v/180p/init.mp4", b"of another encoder", "video/mp4")

    with pytest.raises(InitMismatchError):
        encoder_of(store, MemoryRunLog(), tmp_path).encode(0)


def test_an_ffmpeg_that_makes_nothing_is_told_with_its_words(tmp_path: Path) -> None:
    class Mute:
        def run(self, *_: object, **__: object) -> Finished:
            return Finished(1, "first\nno space left on device")

    encoder = encoder_of(FolderStore(tmp_path / "store"), MemoryRunLog(), tmp_path)
    with pytest.raises(ToolFailedError, match=re.escape("no space left on device")):
        ChunkEncoder(
            Mute(), encoder.source, encoder.video, encoder.store, encoder.log, tmp_path
        ).encode(0)


class Slow:
    """A tool that takes all the time it gets."""

    def __init__(self) -> None:
        self.given: list[float] = []

    def run(self, *_: object, limits: Limits, **__: object) -> Finished:
        self.given.append(limits.wall_seconds)
        return Finished(-9, "", timed_out=True)


def test_a_chunk_that_takes_too_long_is_told_as_that(tmp_path: Path) -> None:
    tool = Slow()
    encoder = encoder_of(FolderStore(tmp_path / "store"), MemoryRunLog(), tmp_path)

    with pytest.raises(ToolTimedOutError):
        replace(encoder, tool=InTime(tool, lambda: 25_000)).encode(0)

    assert tool.given == [20.0]  # not tried again


def test_every_process_has_the_time_that_is_left_then(tmp_path: Path) -> None:
    left = iter([300_000, 100_000, 2_000])
    real = FFmpeg(ffmpeg_path())

    class Spy(Slow):
        def run(self, arguments: Any, *, limits: Limits, **more: Any) -> Finished:
            self.given.append(limits.wall_seconds)
            ample = replace(limits, wall_seconds=60)
            return real.run(arguments, limits=ample, **more)

    made = planned()
    assert made.audio is not None
    AudioEncoder(
        tool=InTime(tool := Spy(), lambda: next(left)),
        source=MediaInput.of_file(path("vfr")),
        audio=made.audio,
        store=FolderStore(tmp_path / "store"),
        folder=tmp_path,
    ).encode()

    assert tool.given == [295.0, 95.0, 0.0]


@pytest.mark.parametrize("missing", ["chunk", "sound"])
def test_what_is_incomplete_is_not_packaged(missing: str, tmp_path: Path) -> None:
    made = render(path("vfr"), tmp_path / "out", chunk_segments=1)
    made.store.delete_prefix("manifest.json")
    chunks = made.log.chunks()
    if missing == "chunk":
        del chunks[1]
    else:
        made.store.delete_prefix("audio.json")

    with tempfile.TemporaryDirectory() as folder, pytest.raises(IncompleteError):
        Packager(FFmpeg(ffmpeg_path()), made.plan, made.store, Path(folder)).package(chunks)

    assert not made.store.exists("manifest.json")
