"""A member's records become another's when the member is deactivated (`member.deactivated`).

Each is a change like any other: at its version, with its event, by the system. What has moved is no
longer in the member's part of the owner index, so a repeat goes on where an attempt broke off.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from functions.shared.check import Door, RecordName
from functions.shared.errors import NotFoundError
from functions.shared.paging import MAX_LIMIT, Page
from functions.shared.record import OwnedRecord

R = TypeVar("R", bound=OwnedRecord)


class UnfinishedError(Exception):
    """The time was over before the last record had moved; the same message goes on from there."""


class Holdings(Protocol[R]):
    """The records of one type in one workspace."""

    def owned_by(self, member: str, *, limit: int, start: Mapping[str, Any] | None) -> Page[R]: ...
    def change(self, record_id: str, edit: Callable[[R], R], *, event: str) -> R: ...


class Deactivated(BaseModel):
    """What is read of the event's data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    reassign_to: str | None = None


def reassign(
    event: Mapping[str, Any],
    people: Door,
    holdings: Sequence[Holdings[Any]],
    in_time: Callable[[], bool],
) -> int | None:
    """Give a deactivated member's records to whom the event (the bus's `detail`) names; returns
    how many moved now, None when they stay where they are.

    They stay when the event names nobody, and when it has become untrue: the member is back, or
    the heir has gone as well. Raises UnfinishedError when `in_time` says that the time is over.
    """
    left = Deactivated.model_validate(event["data"])
    if left.reassign_to is None or left.reassign_to == left.id:
        return None
    member, heir = (RecordName(type="member", id=each) for each in (left.id, left.reassign_to))
    if people.missing([member, heir]) != [member]:
        return None
    return sum(_move(each, left.id, left.reassign_to, in_time) for each in holdings)


def _move(holding: Holdings[R], member: str, heir: str, in_time: Callable[[], bool]) -> int:
    def edit(record: R) -> R:
        # the index lags: it may still list what has moved
        return record.changed(owner_id=heir) if record.owner_id == member else record

    moved, start = 0, None
    while True:
        page = holding.owned_by(member, limit=MAX_LIMIT, start=start)
        for record in page.items:
            if not in_time():
                raise UnfinishedError
            try:
                holding.change(record.id, edit, event="updated")
            except NotFoundError:  # deleted meanwhile
                continue
            moved += 1
        start = page.position
        if start is None:
            return moved
