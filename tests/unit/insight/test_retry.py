"""Waiting: how long, how often, and when it is pointless."""

import pytest

from functions.insight.ports import ProviderError
from functions.insight.retry import Patience, persist
from tests.unit.insight.fakes import Hands


class Flaky:
    """Fails with the given errors, then answers."""

    def __init__(self, *errors: ProviderError) -> None:
        self.errors = list(errors)
        self.left: list[float] = []

    def __call__(self, left: float) -> str:
        self.left.append(left)
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def busy(retry_after: float | None = None) -> ProviderError:
    return ProviderError("throttled", "busy", retry_after=retry_after)


def test_waits_grow_twofold_with_full_jitter() -> None:
    hands = Hands(dice=0.5)

    assert persist(Flaky(busy(), busy(), busy()), Patience(), hands.timing) == "answer"
    assert hands.slept == [0.25, 0.5, 1.0]


def test_a_wait_has_an_upper_bound() -> None:
    assert Patience(longest_delay=3).delay(30, None, 1.0) == 3


def test_a_provider_that_says_when_to_come_back_is_obeyed() -> None:
    hands = Hands(dice=0.5)

    persist(Flaky(busy(retry_after=7)), Patience(), hands.timing)

    assert hands.slept == [7.25]


def test_the_last_error_is_raised_when_the_attempts_are_used_up() -> None:
    hands = Hands()

    with pytest.raises(ProviderError, match="busy"):
        persist(Flaky(*[busy()] * 9), Patience(attempts=3), hands.timing)

    assert len(hands.slept) == 2


def test_a_wait_that_would_end_after_the_time_limit_is_not_begun() -> None:
    hands = Hands()

    with pytest.raises(ProviderError):
        persist(Flaky(busy(retry_after=100)), Patience(total=60), hands.timing)

    assert hands.slept == []


def test_a_lasting_error_is_raised_at_once() -> None:
    hands = Hands()

    with pytest.raises(ProviderError):
        persist(Flaky(ProviderError("misconfigured", "no key")), Patience(), hands.timing)

    assert hands.slept == []


def test_each_attempt_is_told_the_time_that_is_left() -> None:
    hands, call = Hands(dice=0.5), Flaky(busy(), busy())

    persist(call, Patience(total=10), hands.timing)

    assert call.left == [10, 9.75, 9.25]
