"""The port to FFmpeg: what a run may use, and what comes back from it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use: seconds, and bytes of memory, of any file and of one allocation."""

    wall_seconds: float
    cpu_seconds: int
    file_bytes: int
    memory_bytes: int = 4 << 30  # address space, of which a thread's stack alone takes 8 MB
    block_bytes: int = 512 << 20

    def within(self, remaining_ms: int) -> "Limits":
        """Return these limits for a worker that has so much time left, some of it to report."""
        left = max(0.0, remaining_ms / 1000 - 5)
        return replace(self, wall_seconds=min(self.wall_seconds, left))


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that ended: `log` is what it wrote to stderr, cut to its first and last part."""

    code: int
    log: str
    timed_out: bool = False

    @property
    def messages(self) -> str:
        """Return what FFmpeg itself said: its descriptions of media are indented, and hold
        titles and comments, which may say anything."""
        return "\n".join(line for line in self.log.splitlines() if not line.startswith(" "))

    @property
    def ok(self) -> bool:
        """Whether it ended by itself and without an error."""
        return self.code == 0 and not self.timed_out


class MediaTool(Protocol):
    """Runs FFmpeg in a folder of its own, without credentials and within limits."""

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        limits: Limits,
        feed: Iterable[bytes] | None = None,
    ) -> Finished:
        """Run to the end, with `feed` as standard input (`pipe:0`).

        Never raises for what the media did, only for a broken installation, or what `feed` raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class InTime:
    """A tool of which every run ends before its worker does; `remaining_ms` is asked at each."""

    tool: MediaTool
    remaining_ms: Callable[[], int]

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        limits: Limits,
        feed: Iterable[bytes] | None = None,
    ) -> Finished:
        """Run as the tool does, but no longer than there is time."""
        within = limits.within(self.remaining_ms())
        return self.tool.run(arguments, folder=folder, limits=within, feed=feed)


class ToolFailedError(Exception):
    """FFmpeg failed where the media is known to be good: worth a retry, then a failed run."""

    def __init__(self, step: str, finished: Finished) -> None:
        tail = finished.log.strip().splitlines()[-6:]
        super().__init__(f"{step}: ffmpeg ended with {finished.code}: {' | '.join(tail)}")
        self.finished = finished


class ToolTimedOutError(ToolFailedError):
    """FFmpeg was still at it when its time was over. (`reasons.py` knows this name.)"""


def failure(step: str, finished: Finished) -> ToolFailedError:
    """Return the error for a run that ended badly."""
    kind = ToolTimedOutError if finished.timed_out else ToolFailedError
    return kind(step, finished)
