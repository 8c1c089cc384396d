"""How long until a recording is ready, by its length and by how many Lambdas work at once.

`python -m tests.bench.simulate` measures the steps on one minute of 720p in this run (CPU seconds:
1,769 MB of Lambda's memory are one whole processor) and plays the pipeline through: a batch of
chunks, as `plan` makes them, goes to whichever worker is free first, the sound is one worker's,
packaging comes last. Beside it stand Mux's medians of 2023
(mux.com/blog/how-to-transcode-video-100x-faster). Assumed, not measured: the times of a cold start,
from S3's event to the first step, and from step to step. Reading from S3 is not counted: a chunk
reads some MB while it decodes them.
"""

import heapq
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from functions.video.encode.logic import ChunkEncoder
from functions.video.encode_audio.logic import AudioEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.package.logic import Packager
from functions.video.plan.logic import plan
from functions.video.work import batch_size
from tests.bench.transcode import recording
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.pipeline import ffmpeg_path, inspect_file

BUDGET = 90.0  # seconds for 60 minutes on 200 workers
WORKERS = 200
MINUTES = (1, 5, 20, 60)
MUX = {1: 2.0, 5: 3.3, 20: 9.0, 60: 46.4}  # medians of 0-1, 1-5, 5-20 and 20-60 minutes, seconds
COLD_START, EVENT, TRANSITION = 1.0, 1.0, 0.1  # seconds
_CHUNK_SECONDS = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds; `sound` and `package` for a minute of recording."""

    inspect: float
    chunks: tuple[float, ...]
    sound: float
    package: float


def ready(measured: Measured, minutes: int, workers: int) -> float:
    """Return the seconds from the last byte's arrival until all can be played."""
    count = -(-minutes * 60 // _CHUNK_SECONDS)
    chunks = list(islice(cycle(measured.chunks), count))
    size = batch_size(count, sum(chunks) / count)
    batches = [sum(chunks[first : first + size]) for first in range(0, count, size)]
    encode = makespan(batches, workers)
    sound = COLD_START + measured.sound * minutes
    before = EVENT + 2 * COLD_START + measured.inspect + 3 * TRANSITION
    after = 2 * TRANSITION + COLD_START + measured.package * minutes
    return before + max(encode, sound) + after


def makespan(tasks: Sequence[float], workers: int) -> float:
    """Return when the last task ends; each goes to the worker that is free first."""
    free = [COLD_START] * workers
    for seconds in tasks:
        heapq.heapreplace(free, free[0] + TRANSITION + seconds)
    return max(free)


def measure() -> dict[str, Any]:
    """Return the times by length, Mux's beside them, and what they were made of."""
    with tempfile.TemporaryDirectory() as name:
        measured = _measured(Path(name))
    times = {minutes: round(ready(measured, minutes, WORKERS), 1) for minutes in MINUTES}
    return {
        "budget": BUDGET,
        "seconds": times[60],
        "workers": WORKERS,
        "ready_s": times,
        "mux_median_s": MUX,
        "measured": {
            "inspect": round(measured.inspect, 2),
            "chunks": [round(chunk, 2) for chunk in measured.chunks],
            "sound_per_minute": round(measured.sound, 2),
            "package_per_minute": round(measured.package, 2),
        },
    }


def _measured(folder: Path) -> Measured:
    source = recording(folder / "source.mp4", 60)
    began = _used()
    made = plan(inspect_file(source))
    inspected = _used() - began
    assert made.video is not None
    assert made.audio is not None
    tool, media = FFmpeg(ffmpeg_path()), MediaInput.of_file(source)
    store, log, work = FolderStore(folder / "out"), MemoryRunLog(), folder / "work"
    work.mkdir()
    chunks = []
    for chunk in made.video.chunks:
        began = _used()
        ChunkEncoder(tool, media, made.video, store, log, work).encode(chunk.index)
        chunks.append(_used() - began)
    began = _used()
    AudioEncoder(tool, media, made.audio, store, work).encode()
    heard = _used() - began
    began = _used()
    Packager(tool, made, store, work).package(log.chunks())
    return Measured(inspected, tuple(chunks), heard, _used() - began)


def _used() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
    print()
