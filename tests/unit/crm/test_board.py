"""What columns add up to, for whoever looks."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.board import Totals, View, added_up, project, tally
from functions.crm.index import image
from functions.crm.money import rounded
from functions.shared.caller import Caller

PEOPLE, TEAMS = ("mem_a", "mem_b", "mem_c"), ("tea_x", "tea_y")
STAGES = ("new", "won")


def caller(visibility: Any = "all", member: str | None = None, *teams: str) -> Caller:
    return Caller(
        "wsp_one", "key_one", "admin", frozenset(), "req_1",
        visibility=visibility, member=member, teams=teams,
    )  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": f"dea_{draw(st.integers(0, 10**9))}", "object": "deal", "version": 1, "rank": "U",
        "pipeline_id": "pip_one", "stage": draw(st.sampled_from(STAGES)),
        "forecast": {"probability": draw(st.integers(0, 100))},
    }  # fmt: skip
    for name, values in (("owner_id", PEOPLE), ("team_id", TEAMS)):
        if (chosen := draw(st.sampled_from([None, *values]))) is not None:
            item[name] = chosen
    if draw(st.booleans()):
        minor = st.integers(0, 10**12)
        item["amount"] = {"amount_minor": draw(minor), "currency": draw(st.sampled_from("EU"))}
        if draw(st.booleans()):
            item["in_base"] = {"amount": {"amount_minor": draw(minor), "currency": "EUR"}}
    return item


CALLERS = [
    caller(), caller("own", "mem_a"), caller("own"), caller("team", "mem_a", "tea_x"),
    caller("team", "mem_b", "tea_x", "tea_y"), caller("team", None, "tea_y"),
]  # fmt: skip
VIEWS = [
    View(), View(owner_id="mem_a"), View(team_id="tea_x"), View("mem_b", "tea_x"),
    View(owner_id="mem_c"),
]  # fmt: skip


def kept(items: Sequence[dict[str, Any]]) -> dict[tuple[str, str], dict[str, int]]:
    """Return the counters that the index keeps of records."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for item in items:
        for key, amounts in image(item, {}, [project]).portions.items():
            total = sums.setdefault(key, {})
            for name, amount in amounts.items():
                total[name] = total.get(name, 0) + amount
    return sums


def seen(items: Sequence[dict[str, Any]], view: View, who: Caller) -> dict[str, Totals]:
    """Return what the code under test reads from those counters."""
    strands = view.strands(who)
    counters = kept(items)
    tallies = []
    for strand in [None] if strands is None else strands:
        partition = "#".join(["TALLY", "pip_one", *(strand or ())])
        tallies += [
            tally({"sk": sort, **amounts}, strand)
            for (where, sort), amounts in counters.items()
            if where == partition
        ]
    return added_up(tallies, view, who)


@given(st.lists(records(), max_size=25), st.sampled_from(CALLERS), st.sampled_from(VIEWS))
def test_a_column_adds_up_to_just_what_its_reader_sees(
    items: list[dict[str, Any]], who: Caller, view: View
) -> None:
    found = seen(items, view, who)
    for stage in STAGES:
        mine = [each for each in items if each["stage"] == stage and view.shows(each, who)]
        totals = found.get(stage, Totals())
        assert totals.count == len(mine)
        for name, sums in (("amount", totals.amounts), ("in_base", totals.in_base)):
            by: dict[str, list[tuple[int, int]]] = {}
            for each in mine:
                if money := each.get(name) and each[name].get("amount", each[name]):
                    weight = money["amount_minor"] * each["forecast"]["probability"]
                    by.setdefault(money["currency"], []).append((money["amount_minor"], weight))
            assert [
                (each.currency, each.count, each.amount_minor, each.weighted_minor)
                for each in sums
            ] == [
                (
                    currency, len(rows), sum(minor for minor, _ in rows),
                    rounded(Fraction(sum(weight for _, weight in rows), 100)),
                )
                for currency, rows in sorted(by.items())
            ]  # fmt: skip


@pytest.mark.parametrize("gone", [{"deleted_at": "2026-01-01T00:00:00.000Z"}, {"object": "note"}])
def test_what_is_deleted_or_no_card_is_on_no_board(gone: dict[str, str]) -> None:
    item = {
        "id": "dea_1", "object": "deal", "pipeline_id": "p", "stage": "s", "rank": "U", **gone
    }  # fmt: skip
    assert project(item, {}) == ((), ())
