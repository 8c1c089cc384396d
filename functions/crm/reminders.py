"""Reminders: a task has a schedule for each instant that something shall be said of it.

Schedules follow the task. Whoever hears that a task changed reads it as it is *now* and makes the
schedules agree with that; then reads again, and begins anew if it changed meanwhile. So events that
come twice, late or in any order leave what the task says. A schedule only asks: what is said, and
whether it was said before, is decided on the task, at its version.

    say            at the task's   as the event           once, since it leaves a mark
    remind         remind_at       task.reminder_due      reminded_at
    overdue        due_at          task.overdue           overdue_at
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from functions.shared.clock import parse

# What an event's delivery may take: an instant no longer past than this is said at once.
GRACE = timedelta(hours=1)
_SOON = timedelta(seconds=2)
_ATTEMPTS = 10
# An activity.updated that changed none of these leaves the schedules as they are.
_TIMES = frozenset({"due_at", "remind_at", "status"})


class Saying(NamedTuple):
    """What is said of a task: at which of its instants, as which event, leaving which mark."""

    at: str
    event: str
    mark: str


SAYINGS: Mapping[str, Saying] = {
    "remind": Saying("remind_at", "task.reminder_due", "reminded_at"),
    "overdue": Saying("due_at", "task.overdue", "overdue_at"),
}


class Schedules(Protocol):
    """One-off schedules by name. Raises UnavailableError when they cannot be reached."""

    def put(self, name: str, at: datetime, payload: Mapping[str, str]) -> None:
        """Make a schedule, or move the one of this name."""

    def drop(self, name: str) -> None:
        """Take a schedule away; nothing happens when there is none."""


class BusyTaskError(Exception):
    """The task changed whenever it was looked at; the same message comes again."""


def concerns(event: Mapping[str, Any]) -> bool:
    """Say whether an event (the bus's `detail`) of an activity may move its schedules."""
    data = event["data"]
    if data.get("type") != "task":
        return False
    if event["type"] == "activity.updated":
        return not _TIMES.isdisjoint(event.get("previous") or ())
    return True


def wanted(item: Mapping[str, Any] | None, now: datetime) -> dict[str, tuple[str, datetime]]:
    """Return, by what is to be said of a task as it is stored, the instant of the task that it
    belongs to, and when to say it."""
    if item is None or "deleted_at" in item or item.get("status") != "open":
        return {}
    found = {}
    for what, saying in SAYINGS.items():
        at = item.get(saying.at)
        if at is not None and at != item.get(saying.mark) and parse(at) > now - GRACE:
            found[what] = (at, max(parse(at), now + _SOON))
    return found


def follow(
    workspace: str,
    task_id: str,
    read: Callable[[str], Mapping[str, Any] | None],
    schedules: Schedules,
    clock: Callable[[], datetime],
) -> None:
    """Make a task's schedules agree with the task. Raises BusyTaskError."""
    item = read(task_id)
    for _ in range(_ATTEMPTS):
        due = wanted(item, clock())
        for what in SAYINGS:
            name = f"{task_id}-{what}"
            if what in due:
                at, moment = due[what]
                payload = {"workspace": workspace, "task": task_id, "say": what, "at": at}
                schedules.put(name, moment, payload)
            else:
                schedules.drop(name)
        again = read(task_id)
        if (again or {}).get("version") == (item or {}).get("version"):
            return
        item = again
    raise BusyTaskError
