"""One at a time: a lock file that the system frees when its holder ends, however it ends."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.failure import CloudError

POLL = 0.1


@contextmanager
def exclusive(
    path: Path, *, patience: float = 600.0, on_wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock at `path`; `on_wait` is called once if somebody else has it now.

    Raises:
        CloudError: it is still held by somebody else after `patience` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        deadline = time.monotonic() + patience
        told = on_wait is None
        while not _taken(handle.fileno()):
            if not told and on_wait:
                on_wait()
                told = True
            if time.monotonic() > deadline:
                raise CloudError(
                    f"Another command has held {path} for {patience:.0f} seconds.",
                    "End that command (`ps` shows it), then try again.",
                )
            time.sleep(POLL)
        yield


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
