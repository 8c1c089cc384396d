"""A deactivated member's records: what moves, what stays, and how an attempt goes on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from functions.shared.caller import Caller
from functions.shared.check import Action, RecordName
from functions.shared.errors import NotFoundError
from functions.shared.paging import Page
from functions.shared.reassignment import UnfinishedError, reassign
from functions.shared.record import OwnedRecord

LEFT, HEIR, OTHER = "mem_left", "mem_heir", "mem_other"
EVENT = {"data": {"id": LEFT, "version": 3, "reassign_to": HEIR}}


class Thing(OwnedRecord):
    PREFIX: ClassVar[str] = "thi"
    OBJECT: ClassVar[str] = "thing"


class Things:
    """Records in memory, two to a page. The index still lists what has moved, as a lagging one."""

    def __init__(self, *owners: str | None) -> None:
        made = [Thing.born(Caller.pipeline("w", "r"), owner_id=owner) for owner in owners]
        self.kept = {each.id: each for each in made}
        self._listed = [each.id for each in made if each.owner_id == LEFT]
        self.changes: list[str] = []

    def owned_by(self, member: str, *, limit: int, start: Mapping[str, Any] | None) -> Page[Thing]:
        assert (member, limit) == (LEFT, 100)
        first = start["at"] if start else 0
        ids = self._listed[first : first + 2]
        known = [
            self.kept.get(each) or Thing.born(CALLER).model_copy(update={"id": each})
            for each in ids
        ]
        return Page(known, {"at": first + 2} if first + 2 < len(self._listed) else None)

    def change(self, record_id: str, edit: Callable[[Thing], Thing], *, event: str) -> Thing:
        if record_id not in self.kept:
            raise NotFoundError("There is no such thing.")
        old = self.kept[record_id]
        new = self.kept[record_id] = edit(old)
        if new is not old:
            self.changes.append(event)
        return new

    def owners(self) -> list[str | None]:
        return [each.owner_id for each in self.kept.values()]


CALLER = Caller.pipeline("w", "r")


class People:
    def __init__(self, *gone: str) -> None:
        self._gone = gone

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        return [each for each in records if each.id in self._gone]


def always() -> bool:
    return True


def test_all_records_of_the_member_and_no_others_move() -> None:
    things, more = Things(*[LEFT] * 5, OTHER, None), Things(LEFT)

    assert reassign(EVENT, People(LEFT), [things, more], always) == 6
    assert things.owners() == [HEIR] * 5 + [OTHER, None]
    assert more.owners() == [HEIR]
    assert things.changes == ["updated"] * 5


def test_a_repeat_changes_nothing() -> None:
    things = Things(LEFT, LEFT, LEFT)
    for _ in range(2):
        reassign(EVENT, People(LEFT), [things], always)

    assert things.changes == ["updated"] * 3


def test_an_attempt_that_runs_out_of_time_is_gone_on_with() -> None:
    things = Things(*[LEFT] * 5)
    left = iter([True, True, True, False])

    with pytest.raises(UnfinishedError):
        reassign(EVENT, People(LEFT), [things], lambda: next(left))
    assert things.owners() == [HEIR] * 3 + [LEFT] * 2
    reassign(EVENT, People(LEFT), [things], always)

    assert things.owners() == [HEIR] * 5
    assert things.changes == ["updated"] * 5


def test_a_record_that_is_deleted_meanwhile_is_no_obstacle() -> None:
    things = Things(LEFT, LEFT, LEFT)
    del things.kept[next(iter(things.kept))]

    assert reassign(EVENT, People(LEFT), [things], always) == 2
    assert things.owners() == [HEIR] * 2


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        ({"data": {"id": LEFT, "reassign_to": None}}, [LEFT]),
        ({"data": {"id": LEFT}}, [LEFT]),
        ({"data": {"id": LEFT, "reassign_to": LEFT}}, [LEFT]),
        (EVENT, []),  # the member is back
        (EVENT, [LEFT, HEIR]),  # the heir has gone too
        (EVENT, [HEIR]),
    ],
)
def test_records_stay_when_nobody_is_named_or_the_event_is_no_longer_true(
    event: Any, gone: list[str]
) -> None:
    things = Things(LEFT)

    assert reassign(event, People(*gone), [things], always) is None
    assert things.owners() == [LEFT]
