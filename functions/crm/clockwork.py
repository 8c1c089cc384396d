"""How long a worker may go on, and how fast."""

import time
from collections.abc import Callable

RESERVE_MS = 60_000  # left for a transaction that is retried, and for the reply
_LOOK_SECONDS = 1.0


class Watch:
    """Says when to stop: because the job is not to go on (asked at most once a second), or because
    the function's time is over."""

    def __init__(
        self,
        wanted: Callable[[], bool],
        remaining_ms: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = wanted
        self._remaining_ms = remaining_ms
        self._clock = clock
        self._looked = clock()
        self._stopped = False

    def stopped(self) -> bool:
        moment = self._clock()
        if moment - self._looked >= _LOOK_SECONDS:
            self._looked = moment
            self._stopped = self._stopped or not self._wanted()
        return self._stopped

    def timely(self) -> bool:
        return self._remaining_ms() > RESERVE_MS


class Pace:
    """Holds work to a rate: `after(n)` returns when the work so far may have taken its time."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._due = clock()

    def after(self, rows: int) -> None:
        """Count work that was done; time that was not used is not saved up."""
        moment = self._clock()
        self._due = max(self._due, moment - self._seconds * rows) + self._seconds * rows
        if self._due > moment:
            self._sleep(self._due - moment)
