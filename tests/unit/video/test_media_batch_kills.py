"""A worker killed in a batch of chunks, at every point at which it can be told from another one:
the next attempt encodes what is not recorded, and leaves what an undisturbed one leaves."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from functions.video.encode.logic import ChunkEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import SegmentInfo, VideoPlan
from functions.video.plan.logic import plan
from functions.video.process import Finished
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, inspect_file

pytestmark = pytest.mark.media
BATCH = (0, 1)
_WORKER = "import sys; from tests.unit.video.test_media_batch_kills import die; die(*sys.argv[1:])"


class KeptRunLog(MemoryRunLog):
    """A run log that outlives its process, one file a chunk."""

    def __init__(self, folder: Path, about_to: Callable[[str], None]) -> None:
        super().__init__()
        self._folder = folder
        self._about_to = about_to
        folder.mkdir(exist_ok=True)
        for each in folder.iterdir():
            kept = json.loads(each.read_text())
            made = {r: [SegmentInfo.model_validate(s) for s in kept[r]] for r in kept}
            super().chunk_done(int(each.name), made)

    def chunk_done(self, index: int, segments: Mapping[str, Sequence[SegmentInfo]]) -> bool:
        self._about_to(f"record {index}")
        made = {
            rung: [each.model_dump(mode="json") for each in segments[rung]] for rung in segments
        }
        (self._folder / str(index)).write_text(json.dumps(made))
        return super().chunk_done(index, segments)


@dataclass
class Bench:
    """One worker's hands: what it does next is told to `about_to`, which may be its end."""

    root: Path
    video: VideoPlan
    about_to: Callable[[str], None]
    encoded: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Encode the batch as λ encode does."""
        about_to, encoded = self.about_to, self.encoded

        class Store(FolderStore):
            def writing(self, key: str) -> None:
                about_to(f"write {key}")
                super().writing(key)

        class Tool(FFmpeg):
            def run(self, arguments: Sequence[str], **more: Any) -> Finished:
                if "libx264" in arguments:
                    encoded.append(arguments[arguments.index("-fragment_index") + 1])
                    about_to(f"encode {encoded[-1]}")
                return super().run(arguments, **more)

        source, log = MediaInput.of_file(path("vfr")), KeptRunLog(self.root / "log", about_to)
        store, tool = Store(self.root / "store"), Tool(ffmpeg_path())
        for index in BATCH:
            with tempfile.TemporaryDirectory() as folder:
                ChunkEncoder(tool, source, self.video, store, log, Path(folder)).encode(index)


def die(root: str, planned: str, moment: str, delay: str) -> None:
    """Work until that moment, and so many seconds longer; in a process of its own."""

    def strike() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def about_to(act: str) -> None:
        if act == moment and not float(delay):
            strike()
        elif act == moment:
            threading.Timer(float(delay), strike).start()

    Bench(Path(root), VideoPlan.model_validate_json(planned), about_to).work()


def everything(root: Path) -> dict[str, bytes]:
    return {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}


@pytest.fixture(scope="module")
def video() -> VideoPlan:
    made = plan(inspect_file(path("vfr")), chunk_segments=1).video
    assert made is not None
    return made


@pytest.fixture(scope="module")
def calm(video: VideoPlan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """An undisturbed worker's folder, and all that it did."""
    acts: list[str] = []
    root = tmp_path_factory.mktemp("calm")
    Bench(root, video, acts.append).work()
    return root, acts


MOMENTS = [
    ("encode 1", 0.0, []),
    ("encode 1", 0.05, []),
    ("write v/180p/00000.m4s", 0.0, []),
    ("write v/180p/init.mp4", 0.0, []),
    ("record 0", 0.0, []),
    ("encode 2", 0.0, [0]),
    ("write v/180p/00001.m4s", 0.0, [0]),
    ("record 1", 0.0, [0]),
    ("write quality/00001.json", 0.0, [0, 1]),
]


def test_every_moment_is_tried(calm: tuple[Path, list[str]]) -> None:
    assert set(calm[1]) == {moment for moment, _, _ in MOMENTS}


@pytest.mark.parametrize(("moment", "delay", "recorded"), MOMENTS)
def test_what_is_recorded_is_not_encoded_again_and_nothing_tells_of_the_kill(
    moment: str,
    delay: float,
    recorded: list[int],
    video: VideoPlan,
    calm: tuple[Path, list[str]],
    tmp_path: Path,
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _WORKER, str(tmp_path), video.model_dump_json(), moment,
         str(delay)], check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert sorted(int(each.name) for each in (tmp_path / "log").iterdir()) == recorded
    again = Bench(tmp_path, video, lambda _act: None)

    again.work()

    assert again.encoded == [str(index + 1) for index in BATCH if index not in recorded]
    left, wanted = everything(tmp_path), everything(calm[0])
    # What is measured for show is lost with the worker that would have measured it.
    lost = {"store/quality/00001.json"} if 1 in recorded else set()
    assert left == {name: data for name, data in wanted.items() if name not in lost}
