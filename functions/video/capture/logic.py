"""λ capture: the poster, the best of a few keyframes."""

from dataclasses import dataclass
from pathlib import Path

from functions.video import keys
from functions.video.command import CANDIDATE_SIZE, candidates
from functions.video.inputs import MediaInput
from functions.video.media import VideoPlan
from functions.video.process import Limits, MediaTool, failure
from functions.video.stills import best, moments, score
from functions.video.store import MediaStore

LIMITS = Limits(wall_seconds=90, cpu_seconds=60, file_bytes=64 << 20)


@dataclass(frozen=True, slots=True)
class PosterMaker:
    """Makes the poster of one plan; `store` is the run's part of the media bucket."""

    tool: MediaTool
    source: MediaInput
    video: VideoPlan
    store: MediaStore
    folder: Path

    def capture(self) -> None:
        """Write poster.jpg, unless it is there; raises ToolFailedError, UnavailableError."""
        if self.store.exists(keys.POSTER):
            return
        timing = self.video.timing
        start = timing.first_tick * timing.time_base
        times = [start + moment for moment in moments(timing.duration)]
        finished = self.tool.run(
            candidates(self.source, self.video, times), folder=self.folder, limits=LIMITS
        )
        found = [n for n in range(len(times)) if self._is_there(n)]
        choice = best([score(self._path(n, "gray").read_bytes(), *CANDIDATE_SIZE) for n in found])
        if choice is None:
            raise failure("capture", finished)
        self.store.upload_file(self._path(found[choice], "jpg"), keys.POSTER, "image/jpeg")

    def _path(self, number: int, kind: str) -> Path:
        return self.folder / f"still{number}.{kind}"

    def _is_there(self, number: int) -> bool:
        return all(
            (path := self._path(number, kind)).exists() and path.stat().st_size > 0
            for kind in ("gray", "jpg")
        )
