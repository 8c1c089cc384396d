"""How the associations of a merge move, and move back: one a transaction, with its journal.

What it costs stands in `dynamodb_moving`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from functions.crm.associations import Association, place
from functions.crm.dynamodb_journal import JOURNAL_SECONDS, SOURCE, journalled, left_of, progress
from functions.crm.merging import MAX_REPORTED, Merge
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import UnavailableError
from functions.shared.record import stamp
from functions.shared.table import (
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Table,
    Update,
    Write,
)

ATTEMPTS = 8


class UnfinishedError(Exception):
    """The time is over before everything has moved."""


class AssociationMover:
    """Moves a merge's associations, in either direction."""

    def __init__(self, table: Table, caller: Caller, in_time: Callable[[], bool]) -> None:
        self._table = table
        self._caller = caller
        self._in_time = in_time
        self._shown_left = 0  # of what an undo left as it was: how many are named

    def _table_takes(self, writes: Sequence[Write]) -> bool:
        """Write a merge's next version; say whether nobody else had written one."""
        try:
            self._table.transact(writes)
        except ConditionFailedError:
            return False
        return True

    def _associations(self, record_id: str) -> Iterator[Association]:
        pk = self._table.key("ASSOCIATIONS", record_id)
        for item in self._table.items(pk, limit=100, consistent=True):
            self._check_time()
            yield Association.model_validate(item)

    def _move_association(self, merge: Merge, read: Association) -> None:
        """Move an association (as it is read from the loser) to the winner; one that the winner
        has already, or that would join it with itself, goes."""
        dropped = False
        for _ in range(ATTEMPTS):
            item = self._table.get(self._table.key(read.id), "RECORD", consistent=True)
            if item is None or "deleted_at" in item:
                return
            old = Association.model_validate(item)
            if not {each.id for each in old.ends} & {*merge.loser_ids}:
                return  # moved by another worker
            new = _of_winner(old, merge)
            dropped = dropped or new.from_.id == new.to.id
            writes = self._dropping(merge, old) if dropped else self._moving(merge, old, new)
            journal = self._journal(
                merge, old.id, object=old.OBJECT, before=_stored(old), version=old.version + 1,
                dropped=dropped,
            )  # fmt: skip
            try:
                self._table.transact([*writes, journal, self._progress(merge, associations=1)])
            except ConditionFailedError as error:
                rows = [each for each in error.refused if isinstance(each, Put)]
                # the winner has it already
                dropped = any("#ASSOCIATIONS#" in each.item["pk"] for each in rows)
                continue
            return
        raise UnavailableError("The associations are being changed by others.")

    def _moving(self, merge: Merge, old: Association, new: Association) -> list[Write]:
        losers = [each.id for each in old.ends if each.id in merge.loser_ids]
        return [
            self._association(new, "updated", old.version),
            *(self._row(each) for each in (new, new.turned())),
            *self._gone(old),
            # the winner's count has them since the merge began
            *self._counted(dict.fromkeys(losers, -1)),
        ]

    def _dropping(self, merge: Merge, old: Association) -> list[Write]:
        losers = [each.id for each in old.ends if each.id in merge.loser_ids]
        counts = {each.id: -1 for each in old.ends}
        counts[merge.winner_id] = counts.get(merge.winner_id, 0) - len(losers)
        dropped = self._association(old.changed(), "deleted", old.version)
        dropped.item["deleted_at"] = dropped.item["updated_at"]
        dropped.item["expires_at_epoch"] = int(now().timestamp()) + JOURNAL_SECONDS
        return [dropped, *self._gone(old), *self._counted(counts)]

    def _gone(self, association: Association) -> list[Write]:
        return [
            Delete(self._row_key(each), "id = :id", values={":id": association.id})
            for each in (association, association.turned())
        ]

    def _association_back(self, merge: Merge, entry: Item) -> None:
        old = Association.model_validate(entry["before"])
        for _ in range(ATTEMPTS):
            item = self._table.get(self._table.key(old.id), "RECORD", consistent=True)
            writes, told = self._rejoined(merge, old, item, entry)
            left = [] if told == "done" else [left_as(entry, told)]
            done = self._progress(merge, left, associations_back=0 if left else 1)
            try:
                self._table.transact([*writes, self._told(entry, told), done])
            except ConditionFailedError as error:
                if not self._still([entry]):
                    return
                if any(isinstance(each, Put | Update) and _is_place(each)
                       for each in error.refused):  # fmt: skip
                    # joined anew meanwhile, or the loser has its fill: stays with the winner
                    self._leave(merge, entry)
                    return
                continue
            return
        raise UnavailableError("The associations are being changed by others.")

    def _rejoined(
        self, merge: Merge, old: Association, item: Item | None, entry: Item
    ) -> tuple[list[Write], str]:
        if item is None or item["version"] != entry["version"]:
            return [], "edited_since" if item else "gone"
        current = Association.model_validate(item)
        again = old.model_copy(update={"version": current.version + 1, "updated_at": iso(now())})
        rows = [self._row(each) for each in (again, again.turned())]
        losers = [each.id for each in old.ends if each.id in merge.loser_ids]
        counts = dict.fromkeys(losers, 1)
        gone: list[Write] = []
        if entry["dropped"]:
            counts = {each.id: 1 for each in old.ends}
        else:
            counts[merge.winner_id] = -len(losers)
            gone = self._gone(current)
        record = self._association(
            again, "created" if entry["dropped"] else "updated", current.version
        )
        return [record, *rows, *gone, *self._counted(counts)], "done"

    def _leave(self, merge: Merge, entry: Item) -> None:
        told = "place_taken"
        self._table_takes([self._told(entry, told), self._progress(merge, [left_as(entry, told)])])

    def _still(self, entries: Sequence[Item]) -> list[Item]:
        """Return those entries of the journal that nobody has told of yet."""
        found = self._table.get_many([(e["pk"], e["sk"]) for e in entries], consistent=True)
        return [each for each in found.values() if "back" not in each]

    def _association(self, association: Association, act: str, version: int) -> Put:
        item = {
            **_stored(association),
            "pk": self._table.key(association.id),
            "sk": "RECORD",
            "links": [{"type": each.type, "id": each.id} for each in association.ends],
            "_events": [stamp(f"association.{act}", self._caller, source=SOURCE)],
        }
        return Put(item, "#version = :version", {"#version": "version"}, {":version": version})

    def _row(self, association: Association) -> Put:
        return Put({**_stored(association), **self._row_key(association)},
                   "attribute_not_exists(pk)")  # fmt: skip

    def _row_key(self, association: Association) -> Item:
        pk = self._table.key("ASSOCIATIONS", association.from_.id)
        return {"pk": pk, "sk": place(association)}

    def _count_key(self, record_id: str) -> Item:
        return {"pk": self._table.key("ASSOCIATED", record_id), "sk": "COUNT"}

    def _counted(self, changes: Mapping[str, int]) -> list[Write]:
        return [
            Update(self._count_key(each), "ADD living :change", values={":change": change})
            for each, change in changes.items()
            if change
        ]

    def _journal(self, merge: Merge, moved_id: str, **entry: Any) -> Put:
        return Put(
            {
                "pk": self._table.key(merge.id),
                "sk": f"MOVED#{moved_id}",
                **journalled(self._table, moved_id, merge.id),
                "expires_at_epoch": int(now().timestamp()) + JOURNAL_SECONDS,
                **entry,
            },
            "attribute_not_exists(pk)",
        )

    def _told(self, entry: Item, told: str) -> Put:
        return Put(
            {**entry, "back": told},
            "attribute_exists(pk) AND attribute_not_exists(#back)",
            {"#back": "back"},
        )

    def _progress(
        self, merge: Merge, left: Sequence[Mapping[str, str]] = (), **counts: int
    ) -> Update:
        room = MAX_REPORTED - self._shown_left
        self._shown_left += len(left)
        return progress(self._table, merge.id, left, room=room, **counts)

    def _check_time(self) -> None:
        if not self._in_time():
            raise UnfinishedError


def _stored(association: Association) -> Item:
    return association.model_dump(mode="json")


def _of_winner(old: Association, merge: Merge) -> Association:
    """Return an association with the winner in the place of the losers."""
    ends = {
        name: {"type": end.type, "id": merge.winner_id}
        for name, end in (("from", old.from_), ("to", old.to))
        if end.id in merge.loser_ids
    }
    return Association.model_validate({**old.changed().model_dump(), **ends})


def entry_id(entry: Item) -> str:
    return str(entry["sk"].removeprefix("MOVED#"))


def left_as(entry: Item, reason: str) -> dict[str, str]:
    return left_of(entry["object"], entry_id(entry), reason)


def _is_place(write: Put | Update) -> bool:
    key = write.item if isinstance(write, Put) else write.key
    return "#ASSOCIA" in str(key["pk"])
