"""What the probe is good for: bytes, quality and CPU with a ladder for the title and without.

`python -m tests.bench.per_title` prints a table. The scenes are made up (tests/media/scenes.py)
but for the sample call; VMAF is that of the largest rung, as the manifest has it.
"""

import resource
import sys
import tempfile
from pathlib import Path

from functions.video.encode.logic import ChunkEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import Rendition, Source, VideoPlan
from functions.video.package.logic import Packager
from functions.video.plan.logic import plan
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.pipeline import ffmpeg_path, inspect_file
from tests.media.scenes import scene

SECONDS = 16
HEIGHT = 720
CALL = Path(__file__).parents[1] / "media" / "sample_call.mp4"


def table() -> list[str]:
    """Return lines of Markdown."""
    lines = [
        "| material | told as | rungs | kbit/s of all rungs | top rung | VMAF | CPU s |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            scene(kind, folder / f"{kind}.mp4", height=HEIGHT, seconds=SECONDS)
            for kind in ("talking_head", "screen_share", "general")
        ]
        for file in (*files, CALL):
            source = inspect_file(file)
            without = source.model_copy(update={"probe": None})
            lines += [_row(file, made, folder) for made in (without, source)]
    return lines


def _row(file: Path, source: Source, folder: Path) -> str:
    made = plan(source).video
    assert made is not None
    renditions, cpu = _encoded(file, source, made, folder)
    each = [round(one.average_bandwidth / 1000) for one in renditions]
    names = " ".join(one.name for one in renditions)
    how = made.content if source.probe else "(not probed)"
    return (
        f"| {file.stem} | {how} | {names} | {sum(each)} | {each[0]} | {renditions[0].vmaf} "
        f"| {cpu:.1f} |"
    )


def _encoded(
    file: Path, source: Source, video: VideoPlan, folder: Path
) -> tuple[tuple[Rendition, ...], float]:
    tool, media = FFmpeg(ffmpeg_path()), MediaInput.of_file(file)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        store, log, work = FolderStore(Path(name)), MemoryRunLog(), Path(name) / "work"
        work.mkdir()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        for chunk in video.chunks:
            ChunkEncoder(tool, media, video, store, log, work).encode(chunk.index)
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        silent = plan(source).model_copy(update={"audio": None})
        return Packager(tool, silent, store, work).package(log.chunks()).renditions, cpu


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
