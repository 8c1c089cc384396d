"""What conditions of automations read of time: the same at the same moment, for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm import elapsed
from functions.crm.automation_runs import facts_for
from functions.crm.conditions import holds, read_by
from functions.shared.clock import iso

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALL = elapsed.names_of("deal") | elapsed.names_of("activity")


def ago(**span: float) -> str:
    return iso(NOW - timedelta(**span))


def record(**more: Any) -> dict[str, Any]:
    return {"id": "dea_1", "created_at": ago(days=40), "updated_at": ago(hours=25), **more}


def facts(item: dict[str, Any], last: str | None = None) -> dict[str, int]:
    return elapsed.facts(item, ALL, NOW, lambda _: last)


def test_days_are_whole_ones_and_say_on_which_side_of_now_something_is() -> None:
    item = record(close_date="2026-12-01", due_at=ago(minutes=1))
    assert facts(item, ago(days=3, hours=1)) == {
        "days_since.created_at": 40,
        "days_since.updated_at": 1,
        "days_since.last_activity": 3,
        "days_until.close_date": 7,
        "days_until.due_at": -1,
    }
    assert facts(record(close_date="2026-11-24"))["days_until.close_date"] == 0
    assert facts(record(close_date="2026-11-23"))["days_until.close_date"] == -1
    assert facts(record(due_at=iso(NOW + timedelta(hours=23))))["days_until.due_at"] == 0


@given(st.timedeltas(timedelta(days=-3_000), timedelta(days=3_000)))
def test_a_task_is_overdue_just_when_its_days_are_negative(span: timedelta) -> None:
    due_at = iso(NOW + span)
    assert (facts(record(due_at=due_at))["days_until.due_at"] < 0) == (due_at < iso(NOW))


def test_what_has_no_date_has_no_fact_and_nobody_looks_for_what_is_not_read() -> None:
    def nobody_asks(_: str) -> str:
        raise AssertionError("the newest activity is asked for only where it is read")

    wanted = {"days_since.created_at", "days_until.close_date"}
    assert elapsed.facts(record(), wanted, NOW, nobody_asks) == {"days_since.created_at": 40}
    assert elapsed.LAST_ACTIVITY not in facts(record())


@pytest.mark.parametrize(
    ("condition", "so"),
    [
        ({">": [{"var": "days_since.last_activity"}, 14]}, True),
        ({"<": [{"var": "days_until.close_date"}, 0]}, False),
        ({"and": [{"==": [{"var": "status"}, "open"]},
                  {">=": [{"var": ["days_since.created_at", 0]}, 40]}]}, True),
    ],
)  # fmt: skip
def test_conditions_read_them_as_any_other_fact(condition: dict[str, Any], *, so: bool) -> None:
    known = facts_for(condition, record(status="open"), NOW, lambda _: ago(days=20))
    assert holds(condition, known) is so
    assert set(known) <= read_by(condition)
