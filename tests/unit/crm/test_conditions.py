"""Conditions of rules: what is taken, what is refused, and that each answers the same for ever."""

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from functions.crm import conditions
from functions.crm.conditions import check, facts_of, fields_of, holds
from functions.crm.model import Deal
from functions.shared.errors import InvalidError

FIELDS = frozenset({"name", "email", "source", "tags", "score", "custom.size", "custom.a.b"})

values = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=20)
facts = st.dictionaries(st.sampled_from(sorted(FIELDS)), values | st.lists(st.text(max_size=5)))


reads = st.sampled_from(sorted(FIELDS)).map(lambda name: {"var": name})


def _operations(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        reads,
        *(
            st.lists(inner, min_size=least, max_size=min(most, 3)).map(
                lambda arguments, operator=operator: {operator: arguments}
            )
            for operator, (least, most) in conditions.OPERATORS.items()
            if operator != "var"
        ),
    )


logic = _operations(_operations(_operations(values | st.lists(st.text(max_size=5), max_size=2))))
unhurried = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


def faults(condition: Any) -> set[tuple[str, str]]:
    with pytest.raises(InvalidError) as caught:
        check(condition, FIELDS)
    return {(each.pointer, each.code) for each in caught.value.errors}


@pytest.mark.parametrize(
    ("condition", "record", "answer"),
    [
        ({"==": [{"var": "source"}, "web"]}, {"source": "web"}, True),
        ({"==": [{"var": "source"}, "web"]}, {}, False),
        ({"in": ["vip", {"var": "tags"}]}, {"tags": ["new", "vip"]}, True),
        ({"in": ["vip", {"var": "tags"}]}, {}, False),
        ({"in": [{"var": "source"}, ["web", "ads"]]}, {"source": "ads"}, True),
        ({"in": ["@big.", {"var": "email"}]}, {"email": "ada@big.example"}, True),
        ({"ends_with": [{"var": "email"}, ".edu"]}, {"email": "ada@uni.edu"}, True),
        ({"==": [{"lower": {"var": "name"}}, "ada"]}, {"name": "ADA"}, True),
        ({">": [{"var": "custom.size"}, 50]}, {"custom": {"size": 51}}, True),
        ({"==": [{"var": "custom.a.b"}, 1]}, {"custom": {"a.b": 1}}, True),
        ({"<": [0, {"var": "score"}, 10]}, {"score": 5}, True),
        ({"<": [0, {"var": "score"}, 10]}, {"score": 10}, False),
        ({"!": {"var": "email"}}, {"email": None}, True),
        ({"==": [{"var": ["score", 7]}, 7]}, {}, True),
        ({"==": [{"var": ["score", 7]}, 7]}, {"score": 3}, False),
        ({"if": [{"var": "email"}, {"var": "name"}, False]}, {"email": "a", "name": "b"}, True),
        ({"or": [{"var": "email"}, {"var": "tags"}]}, {"tags": []}, False),
        ({">=": [{"+": [{"var": "score"}, 5]}, 10]}, {"score": 5}, True),
    ],
)
def test_a_condition_means_what_jsonlogic_says(
    condition: Any, record: dict[str, Any], answer: object
) -> None:
    check(condition, FIELDS)

    assert holds(condition, facts_of(record)) is answer


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("other", [-5, 0, 5])
def test_nothing_is_less_or_more_than_a_field_without_value(operator: str, other: int) -> None:
    for record in ({}, {"score": None}):
        assert not holds({operator: [{"var": "score"}, other]}, record)
        assert not holds({operator: [other, {"var": "score"}]}, record)


@pytest.mark.parametrize(
    "condition",
    [{"/": [1, 0]}, {"+": ["a", 1]}, {">": [{"var": "name"}, 5]}, {"%": [{"var": "tags"}, 2]}],
)
def test_what_cannot_be_computed_does_not_hold(condition: Any) -> None:
    check(condition, FIELDS)

    assert not holds(condition, {"name": "Ada", "tags": ["a"]})


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"==": [{"var": "nmae"}, 1]}, {("/condition/==/0/var", "unknown_field")}),
        ({"var": "custom.other"}, {("/condition/var", "unknown_field")}),
        ({"var": ""}, {("/condition/var", "unknown_field")}),
        ({"var": {"var": "name"}}, {("/condition/var", "invalid")}),
        ({"var": ["name", {"var": "email"}]}, {("/condition/var", "invalid")}),
        ({"var": []}, {("/condition/var", "invalid")}),
        ({"and": [{"a/b": 1}]}, {("/condition/and/0/a~1b", "unknown_operator")}),
        ({}, {("/condition", "invalid")}),
        ({"==": [1, 1], "!": 1}, {("/condition", "invalid")}),
        ([], {("/condition", "invalid")}),
        ("var", {("/condition", "invalid")}),
        (None, {("/condition", "invalid")}),
        ({"==": [1]}, {("/condition/==", "invalid")}),
        ({"!": [1, 2]}, {("/condition/!", "invalid")}),
        ({"and": []}, {("/condition/and", "invalid")}),
        ({"==": [1, "x" * 501]}, {("/condition/==/1", "too_long")}),
        ({"==": [1, 10**17]}, {("/condition/==/1", "invalid")}),
        ({"==": [1, float("nan")]}, {("/condition", "invalid")}),
        ({"in": ["a", "b" * 5_000]}, {("/condition", "condition_too_large")}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_condition_is_said_where_it_stands(
    condition: Any, found: set[tuple[str, str]]
) -> None:
    assert faults(condition) == found


@pytest.mark.parametrize(
    "operator", ["map", "filter", "reduce", "all", "some", "none", "log", "throw", "try", "now",
                 "missing", "method", "val", "regex", "split", "cat", "substr", "__class__"],
)  # fmt: skip
def test_operators_that_loop_tell_or_know_the_time_are_refused(operator: str) -> None:
    assert faults({operator: [1, 2]}) == {(f"/condition/{operator}", "unknown_operator")}


def test_a_condition_may_be_neither_too_deep_nor_too_wide() -> None:
    deep: Any = {"var": "name"}
    for _ in range(conditions.MAX_DEPTH + 1):
        deep = {"!": [deep]}
    wide = {"or": [{"in": ["a", [str(n) for n in range(40)]]} for _ in range(6)]}

    for each in (deep, wide):
        with pytest.raises(InvalidError) as caught:
            check(each, FIELDS)
        assert {fault.code for fault in caught.value.errors} == {"condition_too_large"}


def test_a_bottomless_condition_is_refused_before_anything_recurses_into_it() -> None:
    bottomless: Any = 1
    for _ in range(100_000):
        bottomless = {"!": bottomless}

    with pytest.raises(InvalidError):
        check(bottomless, FIELDS)


def test_the_dearest_condition_over_the_largest_record_takes_milliseconds() -> None:
    record = {"tags": ["x" * 50] * 50, "name": "n" * 10_000, "custom": {"size": 1}}
    dear = {"or": [{"in": ["y" * 20, {"var": "name"}]}] * 45}
    check(dear, FIELDS)
    holds(dear, facts_of(record))

    started = time.process_time()
    for _ in range(20):
        assert not holds(dear, facts_of(record))

    assert time.process_time() - started < 1


def test_evaluating_what_was_never_checked_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="no operator"):
        holds({"log": [1]}, {})


def test_a_record_s_facts_are_flat_and_its_fields_are_named_alike() -> None:
    record = {
        "name": "Rollout", "amount": {"amount_minor": 5, "currency": "EUR"},
        "custom": {"size": 3, "ok": False}, "contact_ids": ["con_1"], "links": [{"id": "x"}],
        "close_date": None,
    }  # fmt: skip

    found = facts_of(record)

    assert found == {
        "name": "Rollout", "amount.amount_minor": 5, "amount.currency": "EUR", "custom.size": 3,
        "custom.ok": False, "contact_ids": ["con_1"], "close_date": None,
    }  # fmt: skip
    assert set(found) <= fields_of(Deal, ["size", "ok"])
    assert "custom" not in fields_of(Deal, [])


def test_names_of_a_flat_model_are_its_own() -> None:
    class Plain(BaseModel):
        a: int
        b: str | None = None

    assert fields_of(Plain, []) == {"a", "b"}


def taken(condition: Any) -> bool:
    try:
        check(condition, FIELDS)
    except InvalidError:
        return False
    return True


@unhurried
@given(logic, facts)
def test_every_condition_that_is_taken_has_one_answer_and_changes_nothing(
    condition: Any, record: dict[str, Any]
) -> None:
    assume(taken(condition))
    before = json.dumps([condition, record])

    first, again = holds(condition, record), holds(json.loads(json.dumps(condition)), record)

    assert first is again
    assert json.dumps([condition, record]) == before


@unhurried
@given(logic, facts)
def test_a_condition_and_its_negation_never_both_hold(
    condition: Any, record: dict[str, Any]
) -> None:
    assume(taken({"!": [condition]}))

    assert not (holds(condition, record) and holds({"!": [condition]}, record))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from([*conditions.OPERATORS, "map", "log"]) | st.text(), inner, max_size=2
    ),
)  # fmt: skip


@given(json_values, facts)
def test_whatever_is_sent_is_refused_as_invalid_or_answered(
    condition: Any, record: dict[str, Any]
) -> None:
    assert not taken(condition) or holds(condition, record) in (True, False)
