"""GCRA's arithmetic, and what leasing in blocks costs in exactness: many environments."""

import random
from dataclasses import dataclass, field
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.shared.limits import Rate
from functions.shared.rate_limits import LIFETIME, SECOND, Bucket, Drawn, draw, free, interval

RATES = st.builds(
    Rate,
    per_second=st.one_of(st.integers(1, 2_000).map(float), st.floats(0.05, 500)),
    burst=st.integers(1, 3_000),
)
TIMES = st.integers(0, 10**7)


@dataclass
class Memory:
    """The shared number as the platform table keeps it; counts the writes, done and refused."""

    filled_at: int = 0
    writes: int = 0

    def start(self, at: int, now: int) -> tuple[bool, int]:
        self.writes += 1
        done = self.filled_at <= now
        self.filled_at = at if done else self.filled_at
        return done, self.filled_at

    def push(self, by: int, latest: int, now: int) -> tuple[bool, int]:
        self.writes += 1
        done = now < self.filled_at <= latest
        self.filled_at += by if done else 0
        return done, self.filled_at


@given(RATES, TIMES, st.integers(-(10**7), 10**9))
def test_a_bucket_holds_none_to_all_of_its_tokens(rate: Rate, now: int, ahead: int) -> None:
    left = free(rate, now + ahead, now)

    assert 0 <= left <= rate.burst
    assert (left == rate.burst) == (ahead <= 0)
    assert free(rate, now + ahead, now + interval(rate)) == min(rate.burst, left + 1) or left == 0


@given(RATES, TIMES, st.integers(0, 10**8), st.integers(1, 3_000), st.integers(1, 3_000))
def test_a_draw_takes_what_was_there_and_never_more(
    rate: Rate, now: int, ahead: int, want: int, need: int
) -> None:
    ahead = min(ahead, rate.burst * interval(rate))
    there = free(rate, now + ahead, now)
    need = min(need, rate.burst)

    for seen in (0, now + ahead, now + ahead // 2):
        cell = Memory(filled_at=now + ahead)
        drawn = draw(cell, rate, now, seen, want=max(want, need), need=need)

        assert drawn.tokens == (0 if there < need else min(there, max(want, need)))
        assert free(rate, cell.filled_at, now) == there - drawn.tokens
        assert cell.writes <= 3


@given(RATES, TIMES, st.integers(0, 10**8), st.integers(1, 3_000), st.integers(1, 50))
def test_a_draw_leaves_others_their_share_unless_it_needs_more(
    rate: Rate, now: int, ahead: int, want: int, share: int
) -> None:
    ahead = min(ahead, rate.burst * interval(rate))
    there, cell = free(rate, now + ahead, now), Memory(filled_at=now + ahead)

    drawn = draw(cell, rate, now, 0, want=want, need=1, share=share)

    assert drawn.tokens == (max(1, min(want, there // share)) if there else 0)


@given(RATES, st.integers(0, 10**9))
def test_what_is_refused_is_there_after_the_wait(rate: Rate, now: int) -> None:
    cell, bucket = Memory(), Bucket()
    while not (wait := bucket.take(1, rate, now, lambda: cell)):
        assert free(rate, cell.filled_at, now) >= 0

    assert bucket.take(1, rate, now + wait * SECOND, lambda: cell) == 0


@given(RATES, st.integers(1, 50))
def test_a_request_dearer_than_the_burst_takes_the_whole_of_it(rate: Rate, more: int) -> None:
    cell, bucket = Memory(), Bucket()

    assert bucket.take(rate.burst + more, rate, 0, lambda: cell) == 0
    assert bucket.take(1, rate, 0, lambda: cell) > 0


@dataclass
class Fleet:
    """Environments that share a bucket; requests reach any of them."""

    rate: Rate
    size: int
    cell: Memory = field(default_factory=Memory)
    admitted: list[tuple[int, int]] = field(default_factory=list)  # when, cost

    def __post_init__(self) -> None:
        self.buckets = [Bucket() for _ in range(self.size)]

    def ask(self, environment: int, cost: int, now: int) -> int:
        wait = self.buckets[environment].take(cost, self.rate, now, lambda: self.cell)
        if not wait:
            self.admitted.append((now, min(cost, self.rate.burst)))
        return wait

    @property
    def held(self) -> int:
        """The most that all environments may hold (E x B of the module's promise)."""
        return self.size * (self.rate.burst // 8 + 10)

    def worst_excess(self) -> float:
        """The most tokens that any span had beyond `burst + rate x span`."""
        step = interval(self.rate)
        sums = [0, *accumulate(cost for _, cost in self.admitted)]
        worst, least = 0.0, float("inf")  # of what was let in before a span, less what flowed in
        for position, (at, _) in enumerate(self.admitted):
            least = min(least, sums[position] - at / step)
            worst = max(worst, sums[position + 1] - at / step - least - self.rate.burst)
        return worst


STEPS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from([1, 1, 1, 2, 10]), st.integers(0, 3 * SECOND)),
    min_size=1, max_size=120,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.builds(Rate, per_second=st.sampled_from([0.5, 1.0, 5.0, 40.0]),
                 burst=st.sampled_from([1, 5, 10, 64, 200])), st.integers(1, 8), STEPS)  # fmt: skip
def test_no_span_gets_more_than_its_rate_its_burst_and_what_was_held(
    rate: Rate, size: int, steps: list[tuple[int, int, int]]
) -> None:
    fleet, now = Fleet(rate, size), 0
    for environment, cost, pause in steps:
        now += pause
        fleet.ask(environment % size, cost, now)

    assert fleet.worst_excess() <= fleet.held
    if rate.burst < 16:  # blocks of one token: nothing is held, the limit is exact
        assert fleet.worst_excess() < 1e-6


@pytest.mark.parametrize("size", [1, 3, 12])
def test_greedy_callers_get_their_whole_rate_and_no_more(size: int) -> None:
    """Four times the rate, 60 s long: what is let in is the burst and the rate, within E x B."""
    rate = Rate(50, 200)
    fleet, dice = Fleet(rate, size), random.Random(7)  # noqa: S311 - not a secret
    span = 60 * SECOND
    for now in range(0, span, SECOND // 200):
        fleet.ask(dice.randrange(size), 1, now)

    let_in = sum(cost for _, cost in fleet.admitted)
    promised = rate.burst + rate.per_second * span / SECOND
    assert promised - fleet.held <= let_in <= promised
    assert fleet.worst_excess() <= fleet.held


@pytest.mark.parametrize("size", [1, 4, 10])
def test_callers_below_their_rate_are_never_refused_and_hardly_ever_ask(size: int) -> None:
    rate = Rate(50, 200)
    fleet, dice = Fleet(rate, size), random.Random(11)  # noqa: S311 - not a secret
    asked = 0
    for now in range(0, 120 * SECOND, SECOND // 30):
        asked += 1
        assert fleet.ask(dice.randrange(size), 1, now) == 0

    assert fleet.cell.writes <= asked / 5


@pytest.mark.parametrize(("cost", "rounds"), [(1, 2), (2, 1)])
def test_a_burst_reaches_fifty_environments_and_none_refuses(cost: int, rounds: int) -> None:
    """Half of what the burst allows is let in however it is spread: each request in an environment
    of its own, whether that is new or holds what is left of earlier leases."""
    rate = Rate(50, 200)
    fleet, now = Fleet(rate, 50), 0
    for _ in range(3):
        for _ in range(rounds):
            now += SECOND // 10
            assert [fleet.ask(each, cost, now) for each in range(50)] == [0] * 50
        now += 10 * SECOND  # the bucket is full again, and the leases go on


def test_a_block_is_what_is_needed_then_doubles_while_it_does_not_last() -> None:
    rate, cell, bucket = Rate(1_000, 800), Memory(), Bucket()
    taken = []
    for _ in range(400):
        before = free(rate, cell.filled_at, 0)
        assert bucket.take(1, rate, 0, lambda: cell) == 0
        taken.append(before - free(rate, cell.filled_at, 0))
    assert [each for each in taken if each] == [1, 2, 4, 8, 16, 32, 64, 100, 100, 100]

    bucket.take(1, rate, LIFETIME, lambda: cell)
    assert free(rate, cell.filled_at, LIFETIME) == 800 - 800 // 20
    bucket.take(1, rate, 4 * LIFETIME, lambda: cell)
    assert free(rate, cell.filled_at, 4 * LIFETIME) == 800 - 1


def test_a_refusal_is_remembered_until_its_time() -> None:
    """A caller that goes on at a thousand requests a second costs a write a second."""
    rate = Rate(1, 10)
    fleet = Fleet(rate, 1)
    for _ in range(10):
        assert fleet.ask(0, 1, 0) == 0
    assert fleet.ask(0, 5, 0) == 5
    writes = fleet.cell.writes
    for now in range(0, 5 * SECOND, SECOND // 1_000):
        wait = fleet.ask(0, 5, now)
        assert 1 <= wait <= 5
        assert now + wait * SECOND >= 5 * SECOND
    assert fleet.cell.writes == writes

    assert fleet.ask(0, 5, 5 * SECOND) == 0


def test_a_cheaper_request_need_not_wait_for_a_dear_one() -> None:
    fleet = Fleet(Rate(1, 10), 1)
    for _ in range(9):
        fleet.ask(0, 1, 0)

    assert fleet.ask(0, 8, 0) == 7
    assert fleet.ask(0, 1, 0) == 0
    assert fleet.ask(0, 1, 0) == 1


def test_a_lease_that_ends_is_lost() -> None:
    rate, cell, bucket = Rate(0.05, 100), Memory(), Bucket()
    for _ in range(4):  # blocks of 1, 2, 4
        bucket.take(1, rate, 0, lambda: cell)
    assert bucket.remaining(rate, 0) == 96

    bucket.take(1, rate, LIFETIME, lambda: cell)

    assert cell.writes == 4
    assert bucket.remaining(rate, LIFETIME) == 100 - 7 + 3 - 1  # three lost, three flowed in


def test_tokens_given_back_are_handed_out_again() -> None:
    rate, cell, bucket = Rate(1, 1), Memory(), Bucket()
    assert bucket.take(1, rate, 0, lambda: cell) == 0
    bucket.give_back(1)

    assert bucket.take(1, rate, 0, lambda: cell) == 0
    assert bucket.take(1, rate, 0, lambda: cell) == 1


def test_an_environment_that_lost_every_race_refuses_rather_than_guesses() -> None:
    class Contended(Memory):
        def start(self, at: int, now: int) -> tuple[bool, int]:
            self.writes += 1
            return False, now  # others are always faster

    cell = Contended()

    assert draw(cell, Rate(1, 10), 5, 0, want=1, need=1) == Drawn(0, 5)
    assert cell.writes == 5
