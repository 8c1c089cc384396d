"""Rate limits without a database call in the typical request: token buckets, leased in blocks.

A bucket that all execution environments share is one number, GCRA's theoretical arrival time:
the moment at which it will be full again (`filled_at`; microseconds, as all times here). An
environment draws a block of tokens from it by one conditional write, and hands them out of its
memory (`Bucket`) for at most LIFETIME. How large a block is depends on what the environment has
shown: the first is what the request needs, because a burst may reach fifty environments once each;
one that did not last a second is followed by one of twice the size, up to an eighth of the burst;
any other is a twentieth of the burst, or of what is left of it, if that is less.

What that costs in exactness, for E environments that are alive and hold at most B tokens each (an
eighth of the burst, plus the cost of the dearest request):

- Tokens are paid for before they are handed out, so over any span of S seconds no more than
  `burst + rate x S + held` are, where `held` are the tokens drawn before it and not used yet: at
  most `E x B`, and never more than flow in within LIFETIME plus the burst.
- A request may be refused although others hold tokens that they do not use: at most `E x B` too
  early. A burst alone does not bring that about: half of it is let in however it is spread, because
  what an environment holds beyond its need it has just used the like of, or is a twentieth of what
  was left.
- What a lease has left when it ends is lost: at most `E x B` in each LIFETIME.

A refusal is remembered for as long as its `Retry-After` says, so a caller that does not stop costs
no calls either: at most one failed write a second for each bucket and environment.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from functions.shared.limits import Rate

SECOND = 1_000_000  # in microseconds
LIFETIME = 60 * SECOND
_USUAL, _LARGEST = 20, 8  # a block's part of the burst: 1/20, and at most 1/8
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw has brought: as many tokens as asked for, fewer, or none."""

    tokens: int
    filled_at: int


class Cell(Protocol):
    """The shared number of one bucket. Raises UnavailableError when it cannot be reached."""

    def start(self, at: int, now: int) -> tuple[bool, int]:
        """Set it to `at` if it is not after `now` (or not there). Returns whether that was done,
        and what it is now."""

    def push(self, by: int, latest: int, now: int) -> tuple[bool, int]:
        """Add `by` if it is after `now` and at most `latest`. Returns as `start` does."""


def interval(rate: Rate) -> int:
    """Return how long one token takes to flow in."""
    return max(1, round(SECOND / rate.per_second))


def free(rate: Rate, filled_at: int, now: int) -> int:
    """Return how many whole tokens a bucket holds."""
    missing = filled_at - now
    return rate.burst if missing <= 0 else max(0, rate.burst - -(-missing // interval(rate)))


def draw(
    cell: Cell, rate: Rate, now: int, filled_at: int, *, want: int, need: int, share: int = 1
) -> Drawn:
    """Take `want` tokens, but no more than one in `share` of those that are there, save for the
    `need`; none when there are fewer than `need`.

    `filled_at` is what was seen last: the right guess makes this one write, a wrong one two.
    """
    step = interval(rate)
    for _ in range(_ATTEMPTS):
        there = free(rate, filled_at, now)
        if there < need:
            return Drawn(0, filled_at)
        size = max(need, min(want, there // share))
        if filled_at <= now:
            done, filled_at = cell.start(now + size * step, now)
        else:
            latest = now + (rate.burst - size) * step
            done, filled_at = cell.push(size * step, latest, now)
        if done:
            return Drawn(size, filled_at)
    return Drawn(0, filled_at)


class Bucket:
    """One environment's part of a bucket: its lease, and what it knows of the rest."""

    __slots__ = ("_block", "_drawn_at", "_ends", "_left", "_lock", "_refused", "_reopens", "seen")

    def __init__(self) -> None:
        self.seen = 0  # the shared number when this environment last looked
        self._left = 0
        self._ends = -LIFETIME
        self._block = 0
        self._drawn_at = 0
        self._refused = 0  # what was asked for when the table last said no …
        self._reopens = 0  # … and until when that stands
        self._lock = threading.Lock()

    def take(self, cost: int, rate: Rate, now: int, cell: Callable[[], Cell]) -> int:
        """Hand out `cost` tokens (or the whole burst, if that is less): returns 0, or how many
        seconds to wait. `cell` reaches the shared bucket and is called when the lease is used
        up or over. Raises UnavailableError."""
        cost = min(cost, rate.burst)
        with self._lock:
            if now >= self._ends:
                self._left = 0
            if self._left < cost:
                wait = self._draw(cost - self._left, rate, now, cell)
                if wait:
                    return wait
            self._left -= cost
            return 0

    def give_back(self, tokens: int) -> None:
        """Put tokens back that were taken for a request that was then refused elsewhere."""
        with self._lock:
            self._left += tokens

    def remaining(self, rate: Rate, now: int) -> int:
        """Return how many tokens there seem to be: the lease's, and the shared ones as far as is
        known here."""
        held = self._left if now < self._ends else 0
        return min(rate.burst, held + free(rate, self.seen, now))

    def _draw(self, need: int, rate: Rate, now: int, cell: Callable[[], Cell]) -> int:
        if now < self._reopens and need >= self._refused:
            return _seconds(self._reopens - now)
        want, share = self._wanted(need, rate, now)
        drawn = draw(cell(), rate, now, self.seen, want=want, need=need, share=share)
        self.seen = drawn.filled_at
        if drawn.tokens < need:
            wait = _seconds(drawn.filled_at - now - (rate.burst - need) * interval(rate))
            self._refused, self._reopens = need, now + wait * SECOND
            return wait
        self._left += drawn.tokens
        self._block, self._drawn_at, self._ends = drawn.tokens, now, now + LIFETIME
        return 0

    def _wanted(self, need: int, rate: Rate, now: int) -> tuple[int, int]:
        """Return how many tokens to draw, and of how many that are there one may be taken."""
        if now >= self._ends + LIFETIME:  # the first, or the first for long: nothing is known
            return need, 1
        if now - self._drawn_at < SECOND:
            return min(2 * self._block, max(1, rate.burst // _LARGEST)), 1
        return max(1, rate.burst // _USUAL), _USUAL


def _seconds(span: int) -> int:
    return max(1, -(-span // SECOND))
