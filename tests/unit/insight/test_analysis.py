"""One transcript analysed: asked in parts, repaired once, merged, within its budget."""

from datetime import date
from typing import Any

import pytest

from functions.insight.analysis import Spending, UnusableReplyError, analyse_call
from functions.insight.model import Analysis, Transcript
from functions.insight.parts import parts, turn_tokens
from functions.insight.ports import Budget
from functions.insight.prompts import ANALYSE_CALL
from tests.unit.insight.factories import call, point, reply, texts
from tests.unit.insight.fakes import FakeModel

GOOD = reply(summary=[point("Too dear.", "too expensive for us")])
BROKEN = {"summary": "all fine"}


def analysed(
    model: FakeModel, whole: Transcript | None = None, spending: Spending | None = None, **more: Any
) -> Analysis:
    return analyse_call(
        whole or call(),
        model=model,
        prompt=ANALYSE_CALL,
        call_date=date(2026, 11, 17),
        spending=spending or Spending(Budget(100_000, 4_096, 600)),
        **more,
    )


def long_call(turns: int) -> Transcript:
    return call(
        *(
            (f"v{i % 2}", f"Marker{i} was said here. " + "More talk follows. " * 20)
            for i in range(turns)
        )
    )


def test_a_good_reply_becomes_an_analysis_that_names_its_source() -> None:
    result = analysed(FakeModel(GOOD))

    assert texts(result.summary) == ["Too dear."]
    assert result.source.model_dump() == {
        "provider": "fake",
        "model": "fake-1",
        "prompt_version": "analyse_call/1",
        "parts": 1,
        "covered_ms": call().duration_ms,
    }


@pytest.mark.parametrize(
    "bad",
    [
        BROKEN,
        "I would rather chat",
        "{",
        {**GOOD, "sentiment": {"label": "ecstatic", "quotes": []}},
    ],
)
def test_a_reply_that_does_not_fit_is_repaired_once_with_the_fault_named(bad: Any) -> None:
    model = FakeModel(bad, GOOD)
    spending = Spending(Budget(100_000, 4_096, 600))

    result = analysed(model, spending=spending)

    assert texts(result.summary) == ["Too dear."]
    assert [m.role for m in model.asked[1]] == ["system", "user", "assistant", "user"]
    assert "That reply cannot be used" in model.asked[1][3].text
    assert (spending.usage.calls, spending.usage.input_tokens, spending.usage.cost_usd) == (
        2,
        2000,
        0.002,
    )


def test_a_fault_is_named_by_its_field_and_never_by_its_words() -> None:
    model = FakeModel(
        {**GOOD, "topics": [{"name": "secret words", "quotes": "secret words"}]}, GOOD
    )

    analysed(model)

    assert "topics.0.quotes" in model.asked[1][3].text
    assert "secret words" not in model.asked[1][3].text


def test_a_second_bad_reply_is_refused_and_paid_for_all_the_same() -> None:
    spending = Spending(Budget(100_000, 4_096, 600))

    with pytest.raises(UnusableReplyError):
        analysed(FakeModel(BROKEN), spending=spending)

    assert spending.usage.calls == 2


def test_an_unknown_price_stays_unknown_in_the_sum() -> None:
    spending = Spending(Budget(100_000, 4_096, 600))

    analysed(FakeModel(BROKEN, GOOD, cost=None), spending=spending)

    assert spending.usage.cost_usd is None


def test_a_long_call_is_asked_in_parts_of_whole_turns_and_merged() -> None:
    whole = long_call(10)
    size = 3 * turn_tokens(whole.turns[0]) + 5
    model = FakeModel(
        *(reply(summary=[point(f"Point {i}", f"Marker{i} was said")]) for i in (0, 3, 6, 9))
    )

    result = analysed(model, whole, part_tokens=size)

    assert result.source.parts == len(model.asked) == 4
    assert texts(result.summary) == ["Point 0", "Point 3", "Point 6", "Point 9"]
    assert result.source.covered_ms == whole.duration_ms


def test_a_quote_from_a_part_the_model_was_not_shown_does_not_count() -> None:
    whole = long_call(4)
    size = turn_tokens(whole.turns[0]) + 5
    model = FakeModel(reply(summary=[point("Known before it was said", "Marker3 was said")]))

    result = analysed(model, whole, part_tokens=size)

    assert (len(result.summary), result.dropped) == (1, 3)


def test_parts_over_the_jobs_token_budget_are_left_out_and_that_is_stated() -> None:
    whole = long_call(10)
    size = turn_tokens(whole.turns[0]) + 5
    model = FakeModel(GOOD)

    result = analysed(model, whole, Spending(Budget(4_500, 4_096, 600)), part_tokens=size)

    assert result.source.parts == len(model.asked) < 10
    assert result.source.covered_ms == whole.turns[result.source.parts - 1].end_ms


def test_parts_hold_every_turn_once_and_in_order() -> None:
    turns = long_call(23).turns
    for size in (1, 200, 1_000, 10**9):
        cut = parts(turns, size)
        assert [turn for part in cut for turn in part.turns] == list(turns)
        assert all(part.tokens <= size or len(part.turns) == 1 for part in cut)
        assert [part.first for part in cut] == [turns.index(part.turns[0]) for part in cut]
    assert parts((), 100) == []
