"""What an invocation takes of Lambda: the unit that it is billed in."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from functions.shared.errors import UnavailableError
from functions.shared.telemetry import count


class Effort:
    """Counts from where it is made, at a handler's beginning. An environment's own start is not
    in it, and an invocation that is cut off says nothing."""

    def __init__(self, context: Any) -> None:
        self._megabytes = int(context.memory_limit_in_mb)
        self._started = time.perf_counter()

    def so_far(self) -> dict[str, int]:
        """Return `calls`, one, and `mb_ms`: megabytes of memory x milliseconds."""
        passed = time.perf_counter() - self._started
        return {"calls": 1, "mb_ms": round(self._megabytes * passed * 1_000)}


@contextmanager
def noted(context: Any, note: Callable[[Mapping[str, int]], None]) -> Iterator[None]:
    """Let `note` know what an invocation takes, however it ends. Where that cannot be written
    down, the work stands all the same: the metric `EffortNotNoted` counts it."""
    effort = Effort(context)
    try:
        yield
    finally:
        try:
            note(effort.so_far())
        except UnavailableError:
            count("EffortNotNoted")
