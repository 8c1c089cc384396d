"""What a merge moves, and an undo moves back: one association or up to 40 records a transaction.

    pattern                    requests                                          units
    move a loser's records     1 Query + 1 BatchGetItem + 1 TransactWriteItems   0.5 RRU per 4 KB
                               for up to 40                                      + 5 units each
    move an association        1 GetItem + 1 TransactWriteItems                  2 WRU x 8 at most
                               (+ 1 Query for up to 100)
    move records back          1 Query + 1 BatchGetItem + 1 TransactWriteItems   as moving
                               for up to 40
    move an association back   1 GetItem + 1 TransactWriteItems                  2 WRU x 8 at most
    finish                     1 TransactWriteItems                              2 WRU x (1 + locks)

    references   pk W#<workspace>#REFERENCES#<record id>   sk <object>#<id>   of the index
    journal      pk W#<workspace>#<merge id>               sk MOVED#<id>      see `dynamodb_merges`

Everything that is moved is written down in the transaction that moves it, with the count. So
wherever a worker is killed, and however often or by how many at once the same merge is worked on,
the next look at what there still is to move goes on from there, and the counts are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.crm.associations import Association
from functions.crm.dynamodb_journal import SOURCE, merge_of, merge_put
from functions.crm.dynamodb_mergeable import lock_key
from functions.crm.dynamodb_rejoining import (
    ATTEMPTS,
    AssociationMover,
    UnfinishedError,
    entry_id,
    left_as,
)
from functions.crm.merging import Merge
from functions.crm.references import renamed
from functions.shared.clock import iso, now
from functions.shared.errors import UnavailableError
from functions.shared.record import stamp
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Write

AT_ONCE = 40  # records: each is two writes, a transaction has 100


class Mover(AssociationMover):
    """Moves what a merge has to move, in either direction."""

    def run(self, merge_id: str) -> str:
        """Work on a merge until it is done or undone; returns its state. When the time is over it
        hands itself on: the merge is stamped anew, and that event begins the next run. Raises
        UnavailableError when others keep writing what it moves."""
        merge = self._read(merge_id)
        self._shown_left = len(merge.left) if merge else 0
        if merge is None or merge.state not in ("running", "undoing"):
            return merge.state if merge else "gone"  # a repeated event
        try:
            if merge.state == "running":
                self._move(merge)
            else:
                self._move_back(merge)
        except UnfinishedError:
            self._hand_on(merge)
            return merge.state
        return self._finish(merge)

    def _read(self, merge_id: str) -> Merge | None:
        pk = self._table.key(merge_id)
        found = self._table.get_many([(pk, "RECORD"), (pk, "PROGRESS")], consistent=True)
        if (pk, "RECORD") not in found:
            return None
        return merge_of(found[pk, "RECORD"], found.get((pk, "PROGRESS"), {}))

    def _finish(self, merge: Merge) -> str:
        done = merge.finished()
        event = "completed" if done.state == "done" else "undo_completed"
        locks = [
            Delete(
                lock_key(self._table, each),
                "attribute_not_exists(pk) OR #merge = :merge",
                {"#merge": "merge"},
                {":merge": merge.id},
            )
            for each in merge.ids
        ]
        put = merge_put(self._table, done, event, self._caller, merge.version)
        if self._table_takes([put, *locks]) and done.state == "undone":
            for each in merge.ids:
                self._table.try_write(
                    Delete(self._count_key(each), "living = :none", values={":none": 0})
                )
        return done.state

    def _hand_on(self, merge: Merge) -> None:
        again = merge.changed()
        self._table_takes([merge_put(self._table, again, "resumed", self._caller, merge.version)])

    def _move(self, merge: Merge) -> None:
        names = dict.fromkeys(merge.loser_ids, merge.winner_id)
        for loser in merge.loser_ids:
            for association in self._associations(loser):
                self._move_association(merge, association)
            for ids in self._references(loser):
                self._move_records(merge, ids, names)

    def _references(self, record_id: str) -> Iterator[list[str]]:
        pk, start = self._table.key("REFERENCES", record_id), None
        while True:
            page = self._table.query(pk, limit=AT_ONCE, start=start)
            self._check_time()
            if page.items:
                yield [item["id"] for item in page.items]
            start = page.last_key
            if start is None:
                return

    def _move_records(self, merge: Merge, ids: Sequence[str], names: Mapping[str, str]) -> None:
        for _ in range(ATTEMPTS):
            found = self._table.get_many(
                [(self._table.key(each), "RECORD") for each in ids], consistent=True
            )
            writes: list[Write] = []
            for item in found.values():
                changed = renamed(item, names)
                if not changed or "merged_into" in item or item["id"] == merge.winner_id:
                    continue
                writes += self._change(item, changed)
                writes.append(
                    self._journal(
                        merge,
                        item["id"],
                        object=item["object"],
                        before={name: item[name] for name in changed},
                        version=item["version"] + 1,
                    )
                )
            if not writes:
                return
            try:
                self._table.transact([*writes, self._progress(merge, records=len(writes) // 2)])
            except ConditionFailedError:
                continue  # somebody edits one of them: look again
            return
        raise UnavailableError("The records are being changed by others.")

    def _move_back(self, merge: Merge) -> None:
        pk, start = self._table.key(merge.id), None
        while True:
            page = self._table.query(
                pk, begins_with="MOVED#", limit=AT_ONCE, start=start, consistent=True
            )
            self._check_time()
            entries = [each for each in page.items if "back" not in each]
            self._records_back(merge, [e for e in entries if e["object"] != Association.OBJECT])
            for entry in entries:
                if entry["object"] == Association.OBJECT:
                    self._check_time()
                    self._association_back(merge, entry)
            start = page.last_key
            if start is None:
                return

    def _records_back(self, merge: Merge, entries: Sequence[Item]) -> None:
        for _ in range(ATTEMPTS):
            if not entries:
                return
            keys = [(self._table.key(entry_id(each)), "RECORD") for each in entries]
            found = self._table.get_many(keys, consistent=True)
            current = {item["id"]: item for item in found.values()}
            writes: list[Write] = []
            left: list[dict[str, str]] = []
            for entry in entries:
                item = current.get(entry_id(entry))
                told = "done"
                if item is not None and item["version"] == entry["version"]:
                    writes += self._change(item, entry["before"])
                else:
                    told = "edited_since" if item else "gone"
                    left.append(left_as(entry, told))
                writes.append(self._told(entry, told))
            count = len(entries) - len(left)
            try:
                self._table.transact([*writes, self._progress(merge, left, records_back=count)])
            except ConditionFailedError:
                entries = self._still(entries)
                continue
            return
        raise UnavailableError("The records are being changed by others.")

    def _change(self, item: Item, fields: Mapping[str, Any]) -> list[Write]:
        new = {
            **item,
            **fields,
            "version": item["version"] + 1,
            "updated_at": iso(now()),
            "_events": [stamp(f"{item['object']}.updated", self._caller, source=SOURCE)],
        }
        return [
            Put(new, "#version = :version", {"#version": "version"}, {":version": item["version"]})
        ]
