"""What conditions of automations may read of time: whole days since something was, or until
something is. They follow from the record and the moment at which they are asked for; whoever
evaluates a condition says the moment.

    days_since.created_at      since the record was made
    days_since.updated_at      since it was changed last
    days_since.last_activity   since the newest activity about it was made; of all but activities
    days_until.close_date      of a deal, by the day in UTC; 0: today, negative: over
    days_until.due_at          of a task; negative: overdue

Days are counted down to whole ones (of 24 hours): 0 within the first day, -1 just when a task has
become overdue. What has no such date has no such fact, so that comparisons with it do not hold.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from functions.shared.clock import parse

LAST_ACTIVITY = "days_since.last_activity"
_SINCE = {"days_since.created_at": "created_at", "days_since.updated_at": "updated_at"}
_UNTIL = {"deal": "days_until.close_date", "activity": "days_until.due_at"}
_DAY = timedelta(days=1)


def names_of(kind: str) -> frozenset[str]:
    """Return the facts about time that there are of a type of record."""
    until = {_UNTIL[kind]} if kind in _UNTIL else set()
    return frozenset(_SINCE) | until | (set() if kind == "activity" else {LAST_ACTIVITY})


def facts(
    record: Mapping[str, Any],
    wanted: Collection[str],
    moment: datetime,
    last_activity: Callable[[str], str | None],
) -> dict[str, int]:
    """Return those of the wanted facts that a record (as JSON) has at a moment; `last_activity`
    is asked, when it is wanted, for the time of the newest activity about the record's id."""
    found = {name: (moment - parse(record[field])) // _DAY for name, field in _SINCE.items()}
    if record.get("due_at") is not None:
        found["days_until.due_at"] = (parse(record["due_at"]) - moment) // _DAY
    if record.get("close_date") is not None:
        days = date.fromisoformat(record["close_date"]) - moment.date()
        found["days_until.close_date"] = days.days
    if LAST_ACTIVITY in wanted and (last := last_activity(record["id"])) is not None:
        found[LAST_ACTIVITY] = (moment - parse(last)) // _DAY
    return {name: days for name, days in found.items() if name in wanted}
