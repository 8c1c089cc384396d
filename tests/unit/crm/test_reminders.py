"""Schedules follow a task, whatever order its events come in and however often."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.reminders import BusyTaskError, concerns, follow, wanted
from functions.shared.clock import iso

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TASK = "act_01m82w1qmze42t2y2smsnt8yx9"


def at(**ahead: float) -> str:
    return iso(NOW + timedelta(**ahead))


def stored(version: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": TASK, "type": "task", "status": "open", "version": version, **fields}


class Kept:
    """Schedules in memory."""

    def __init__(self) -> None:
        self.there: dict[str, tuple[datetime, Mapping[str, str]]] = {}

    def put(self, name: str, at: datetime, payload: Mapping[str, str]) -> None:
        self.there[name] = (at, dict(payload))

    def drop(self, name: str) -> None:
        self.there.pop(name, None)


def followed(item: dict[str, Any] | None, kept: Kept | None = None) -> Kept:
    kept = kept or Kept()
    follow("wsp_one", TASK, lambda _: item, kept, lambda: NOW)
    return kept


def test_a_task_has_a_schedule_for_its_reminder_and_one_for_when_it_is_due() -> None:
    kept = followed(stored(due_at=at(days=2), remind_at=at(days=1)))
    assert kept.there == {
        f"{TASK}-{say}": (
            NOW + timedelta(days=days),
            {"workspace": "wsp_one", "task": TASK, "say": say, "at": at(days=days)},
        )
        for say, days in (("remind", 1), ("overdue", 2))
    }


@pytest.mark.parametrize(
    "item",
    [
        None,
        stored(),
        stored(status="done", due_at=at(days=1)),
        stored(deleted_at=at(), due_at=at(days=1)),
        stored(due_at=at(days=1), overdue_at=at(days=1)),
        stored(due_at=at(hours=-2)),
    ],
    ids=["gone", "never due", "done", "deleted", "said", "long past"],
)
def test_nothing_to_say_is_no_schedule_and_takes_the_old_ones_away(item: Any) -> None:
    kept = followed(stored(due_at=at(days=2), remind_at=at(days=1)))
    assert followed(item, kept).there == {}


def test_what_has_just_passed_is_said_soon() -> None:
    ((moment, payload),) = followed(stored(due_at=at(minutes=-5))).there.values()
    assert NOW < moment <= NOW + timedelta(minutes=1)
    assert payload["at"] == at(minutes=-5)


def test_a_reminder_that_is_moved_is_made_again_though_it_was_made_before() -> None:
    moved = stored(remind_at=at(days=3), reminded_at=at(days=1))
    assert list(followed(moved).there) == [f"{TASK}-remind"]


@given(st.lists(st.sampled_from([None, -5, 10, 20]), min_size=1, max_size=6), st.data())
def test_any_interleaving_ends_in_what_the_task_says_last(
    history: list[int | None], data: st.DataObject
) -> None:
    """A consumer that read an older version writes it in the middle of everything."""
    versions = [
        stored(n, due_at=None if days is None else at(days=days)) for n, days in enumerate(history)
    ]
    kept, last = Kept(), versions[-1]
    reads = [data.draw(st.sampled_from(versions)), *data.draw(st.permutations(versions)), last]
    seen = iter(reads)
    follow("wsp_one", TASK, lambda _: next(seen, last), kept, lambda: NOW)
    followed(last, kept)
    assert kept.there == followed(last).there


def test_a_task_that_changes_whenever_it_is_looked_at_comes_again() -> None:
    versions = iter(range(1_000))
    with pytest.raises(BusyTaskError):
        follow("wsp_one", TASK, lambda _: stored(next(versions)), Kept(), lambda: NOW)


@pytest.mark.parametrize(
    ("kind", "data", "previous", "expected"),
    [
        ("activity.created", {"type": "task"}, None, True),
        ("activity.created", {"type": "note"}, None, False),
        ("activity.completed", {"type": "task"}, {"status": "open"}, True),
        ("activity.updated", {"type": "task"}, {"subject": "S"}, False),
        ("activity.updated", {"type": "task"}, {"due_at": None}, True),
        ("activity.deleted", {"type": "task"}, None, True),
    ],
)
def test_only_what_may_move_a_schedule_is_looked_at(
    kind: str, data: dict[str, Any], previous: Any, *, expected: bool
) -> None:
    event = {"type": kind, "data": data} | ({"previous": previous} if previous else {})
    assert concerns(event) is expected


def test_an_instant_and_its_mark_belong_together() -> None:
    both = stored(due_at=at(days=1), remind_at=at(days=1), reminded_at=at(days=1))
    assert set(wanted(both, NOW)) == {"overdue"}
