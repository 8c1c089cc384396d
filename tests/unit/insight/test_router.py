"""Which model is asked, when the next one is, and when nobody is."""

import pytest

from functions.insight.ports import Budget, Message, ProviderError
from functions.insight.router import Breaker, NoProviderError, Router, estimate_tokens
from tests.unit.insight.fakes import Answer, FakeModel, Hands

ASK = [Message("user", "What was said?")]
BUDGET = Budget(10_000, 500, 60.0)


def down(kind: str = "unavailable") -> ProviderError:
    return ProviderError(kind, "down")  # type: ignore[arg-type]


def routed(hands: Hands, rounds: int = 2, **models: FakeModel) -> Router:
    return Router(models, rounds=rounds, timing=hands.timing)


def test_the_first_provider_that_works_answers_and_the_next_is_left_alone() -> None:
    first, second = FakeModel({"a": 1}), FakeModel({"a": 2})

    reply = routed(Hands(), first=first, second=second).complete("t", ASK, {}, BUDGET)

    assert (reply.json, len(second.asked)) == ({"a": 1}, 0)


@pytest.mark.parametrize(
    "kind",
    ["throttled", "timeout", "unavailable", "refused", "malformed", "misconfigured", "too_large"],
)
def test_a_provider_that_fails_in_any_way_is_followed_by_the_next(kind: str) -> None:
    reply = routed(Hands(), first=FakeModel(down(kind)), second=FakeModel({"a": 2})).complete(
        "t", ASK, {}, BUDGET
    )

    assert reply.json == {"a": 2}


def test_a_passing_fault_of_all_is_tried_once_more_after_a_pause() -> None:
    hands = Hands()
    only = FakeModel(down(), {"a": 1})

    assert routed(hands, only=only).complete("t", ASK, {}, BUDGET).json == {"a": 1}
    assert hands.slept == [1.0]


def test_a_lasting_fault_is_not_tried_again() -> None:
    first, second = FakeModel(down("refused")), FakeModel(down())

    with pytest.raises(NoProviderError) as caught:
        routed(Hands(), first=first, second=second).complete("t", ASK, {}, BUDGET)

    assert (len(first.asked), len(second.asked)) == (1, 2)
    assert [(e.provider, e.kind) for e in caught.value.errors] == [
        ("first", "refused"),
        ("second", "unavailable"),
    ]
    assert caught.value.transient


def test_a_request_over_its_token_budget_is_refused_before_anything_is_spent() -> None:
    model = FakeModel({})

    with pytest.raises(ProviderError, match="larger than its token budget") as caught:
        routed(Hands(), model=model).complete("t", [Message("user", "x" * 40_000)], {}, BUDGET)

    assert (caught.value.kind, model.asked) == ("over_budget", [])


def test_each_provider_gets_the_time_that_is_left() -> None:
    hands = Hands()

    class Slow(FakeModel):
        def complete(self, *arguments: object, **named: object) -> object:  # type: ignore[override]
            hands.now += 25
            return super().complete(*arguments, **named)  # type: ignore[arg-type]

    first, second = Slow(down("timeout")), Slow(down("timeout"))
    with pytest.raises(NoProviderError):
        routed(hands, first=first, second=second).complete("t", ASK, {}, BUDGET)

    assert [b.seconds for b in first.budgets + second.budgets] == [60.0, 9.0, 35.0]


def test_without_any_time_nobody_is_asked() -> None:
    model = FakeModel({})

    with pytest.raises(NoProviderError, match="timeout"):
        routed(Hands(), model=model).complete("t", ASK, {}, Budget(10_000, 500, 0.0))

    assert model.asked == []


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while_then_tried_with_one_call() -> None:
    hands = Hands()
    answers: list[Answer] = [down(), down(), down(), down(), {"a": 1}]
    first, second = FakeModel(*answers), FakeModel({"a": 2})
    router = routed(hands, first=first, second=second)

    for _ in range(5):
        assert router.complete("t", ASK, {}, BUDGET).json == {"a": 2}
    assert len(first.asked) == 3

    hands.now += 31
    assert router.complete("t", ASK, {}, BUDGET).json == {"a": 2}  # the trial fails
    assert router.complete("t", ASK, {}, BUDGET).json == {"a": 2}
    assert len(first.asked) == 4
    hands.now += 31
    assert router.complete("t", ASK, {}, BUDGET).json == {"a": 1}
    assert router.complete("t", ASK, {}, BUDGET).json == {"a": 1}


def test_a_refusal_of_the_content_does_not_open_the_circuit() -> None:
    first = FakeModel(down("refused"))
    router = routed(Hands(), first=first, second=FakeModel({}))

    for _ in range(6):
        router.complete("t", ASK, {}, BUDGET)

    assert len(first.asked) == 6


def test_a_success_forgets_earlier_failures() -> None:
    breaker = Breaker(threshold=2)
    breaker.failed(0)
    breaker.succeeded()
    breaker.failed(1)

    assert breaker.allows(1)


def test_a_router_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a provider"):
        Router({})


def test_the_token_estimate_is_careful() -> None:
    assert estimate_tokens([Message("user", "word " * 100)], {}) >= 100
