"""When to try again: exponential back-off with full jitter inside a time limit, pure of clocks."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from functions.insight.ports import ProviderError

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try; times in seconds."""

    attempts: int = 4
    first_delay: float = 0.5
    longest_delay: float = 20.0
    total: float = 900.0

    def delay(self, attempt: int, asked: float | None, jitter: float) -> float:
        """Wait before attempt number `attempt` (from 1); a provider's own wish is honoured,
        and `jitter` in [0, 1) spreads callers that failed together."""
        if asked is not None:
            return asked + self.first_delay * jitter
        return min(self.longest_delay, self.first_delay * 2.0 ** (attempt - 1)) * jitter


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, the pause and the dice, so that a test can hold them."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[], float] = random.random


def persist(
    call: Callable[[float], Reply], patience: Patience, timing: Timing | None = None
) -> Reply:
    """Call until it succeeds; `call` gets the seconds that are left. A transient ProviderError
    is retried while attempts and time last, then raised; any other is raised at once."""
    timing = timing or Timing()
    deadline = timing.clock() + patience.total
    attempt = 1
    while True:
        try:
            return call(deadline - timing.clock())
        except ProviderError as error:
            wait = patience.delay(attempt, error.retry_after, timing.dice())
            out_of_time = timing.clock() + wait >= deadline
            if not error.transient or attempt >= patience.attempts or out_of_time:
                raise
            timing.sleep(wait)
            attempt += 1
