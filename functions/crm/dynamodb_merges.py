"""Merges in the CRM's table: how they begin, are undone and are told of.

    pattern                  requests                                        units (1 KB items)
    what would a merge do    1 BatchGetItem + 1 Query for each loser         1 RRU a record + 0.5
                             + 1 BatchGetItem (counts)                       RRU per 4 KB
    begin a merge of n       1 BatchGetItem (records, counts)                1 RRU each
                             + 1 TransactWriteItems                          2 WRU x (8n at most)
    read a merge             1 BatchGetItem + 1 GetItem (seen?)              1 RRU
    begin to undo one        as reading one + 1 BatchGetItem (records and    1 RRU each
                             what they were) + 1 TransactWriteItems          2 WRU x (6n at most)
    move, move back          `dynamodb_moving`

    merge      pk W#<workspace>#<merge id>              sk RECORD
    progress   pk W#<workspace>#<merge id>              sk PROGRESS        counts
    before     pk W#<workspace>#<merge id>              sk BEFORE#<id>     a merged record's image
    moved      pk W#<workspace>#<merge id>              sk MOVED#<id>      what was moved: journal
      of both  gsi2pk W#<workspace>#JOURNALLED#<id>     gsi2sk <merge id>  goes with the record
    lock       pk W#<workspace>#MERGING#<record id>     sk LOCK            while a merge is at work
    names      pk W#<workspace>#TIMELINE#<winner>       sk ~MERGED         whose timelines are its
    name       pk W#<workspace>#TIMELINE#<loser>        sk ~INTO           whose it is now

What the caller decided is written in one transaction: the winner, the losers, the markers of their
unique values, the locks, what all were before, and the merge itself, whose event sets the rest in
motion. A loser's item stays as it was, but for `merged_into`; so it is the way from its old id.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.crm.associations import MAX_OF_RECORD
from functions.crm.combining import combined
from functions.crm.dynamodb import CrmRecords
from functions.crm.dynamodb_associations import full
from functions.crm.dynamodb_beside import Beside, Nothing
from functions.crm.dynamodb_journal import (
    SOURCE,
    at_version,
    before_put,
    check_undoable,
    lock_put,
    merge_of,
    merge_put,
    owned_put,
    progress,
    revived,
)
from functions.crm.dynamodb_lifecycle import MERGED
from functions.crm.dynamodb_mergeable import merge_running
from functions.crm.dynamodb_returning import Returns
from functions.crm.dynamodb_timelines import INTO
from functions.crm.merge_choice import Choices
from functions.crm.merging import Merge, Moved
from functions.crm.model import Mergeable
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, InvalidError, NotFoundError
from functions.shared.ids import is_id
from functions.shared.table import (
    MAX_TRANSACTION,
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Table,
    Update,
    Write,
)
from functions.shared.writes import Also

_ATTEMPTS = 5
_COUNTED = 1_000  # references of one record counted ahead


class DynamoMerges:
    """The merges of records of one type in one workspace, as one caller begins them."""

    def __init__(
        self, table: Table, caller: Caller, records: CrmRecords[Any], beside: Beside | None = None
    ) -> None:
        self._table = table
        self._caller = caller
        self._records = records
        self._beside: Beside = beside or Nothing()
        self._returns = Returns(records, caller)

    def look(self, ids: Sequence[str]) -> dict[str, Mergeable]:
        """Return, by id, the live records among these that the caller may see."""
        return {id_: self._records.read(item) for id_, item in self._live(ids).items()}

    def would_be(self, records: Sequence[Mergeable], choices: Choices) -> Mergeable:
        """Return the first of some records as it would be; raises as `begin` does."""
        chosen = combined(records, choices, self._records.known_by)
        new: Mergeable = self._records.would_be(chosen, records[0], records[1:])
        return new

    def ahead(self, loser_ids: Sequence[str]) -> Moved:
        """Return how much would move."""
        named = sum(
            len(self._table.query(self._table.key("REFERENCES", each), limit=_COUNTED).items)
            for each in loser_ids
        )
        return Moved(records=named, associations=sum(self._counts(loser_ids).values()))

    def begin(self, ids: Sequence[str], choices: Choices, *, also: Also[Merge]) -> Merge:
        """Merge records into the first, and write down what there is to be moved. Raises as
        `combined`, NotFoundError when one of them is not there for the caller, and ConflictError
        when one is being merged, a unique value is another record's, or the winner would have too
        many associations."""
        for _ in range(_ATTEMPTS):
            items = self._live(ids)
            records = [self._records.read(items[each]) for each in ids if each in items]
            if len(records) < len(ids):
                raise NotFoundError("One of the records is not there any more.")
            new = self.would_be(records, choices)
            beside = self._beside.carried(records, choices)
            merge = Merge.of(records, self._caller)
            try:
                self._table.transact(self._beginning(merge, new, records, items, beside, also))
            except ConditionFailedError as error:
                self._refuse(error)
                continue
            return merge
        raise ConflictError("The records are being changed by others; please try again.")

    def get(self, merge_id: str) -> Merge:
        """Return a merge with its counts; raises NotFoundError."""
        pk = self._table.key(merge_id)
        found: dict[tuple[str, str], Item] = {}
        if is_id(merge_id, Merge.PREFIX):
            found = self._table.get_many([(pk, "RECORD"), (pk, "PROGRESS")], consistent=True)
        if (pk, "RECORD") not in found:
            raise NotFoundError("There is no such merge.")
        return merge_of(found[pk, "RECORD"], found.get((pk, "PROGRESS"), {}))

    def sees(self, merge: Merge) -> bool:
        """Say whether the caller may see what a merge's records have become."""
        item = self._table.get(self._table.key(merge.winner_id), "RECORD", consistent=True)
        return item is not None and self._caller.sees(item.get("owner_id"), item.get("team_id"))

    def undo(self, merge: Merge, *, also: Also[Merge]) -> Merge:
        """Give the losers back what they were, the winner too unless it was edited since, and
        set in motion that everything moves back. Raises ConflictError when the winner is deleted
        or was merged itself, or a value has become another record's."""
        for _ in range(_ATTEMPTS):
            undoing = merge.undoing()
            try:
                self._table.transact(self._undoing(undoing, merge, also))
            except ConditionFailedError as error:
                if 0 in error.failed:
                    merge = self.get(merge.id)  # another one undid it
                    continue
                self._refuse(error)
                continue
            return undoing
        raise ConflictError("The records are being changed by others; please try again.")

    def _live(self, ids: Sequence[str]) -> dict[str, Item]:
        keys = [(self._table.key(each), "RECORD") for each in ids]
        return {
            item["id"]: item
            for item in self._table.get_many(keys, consistent=True).values()
            if "deleted_at" not in item
            and self._caller.sees(item.get("owner_id"), item.get("team_id"))
        }

    def _counts(self, ids: Sequence[str]) -> dict[str, int]:
        keys = {(self._table.key("ASSOCIATED", each), "COUNT"): each for each in ids}
        found = self._table.get_many(list(keys), consistent=True)
        return {keys[key]: item["living"] for key, item in found.items()}

    def _beginning(
        self,
        merge: Merge,
        new: Mergeable,
        records: Sequence[Mergeable],
        items: Mapping[str, Item],
        beside: tuple[Sequence[Write], Mapping[str, Any]],
        also: Also[Merge],
    ) -> list[Write]:
        winner, *losers = records
        carried, was = beside
        held = {pk for each in records for pk in self._records.markers(each)}
        claims = [
            Put({**key, "owner": new.id}, "attribute_not_exists(pk)")
            for pk, key in self._records.markers(new).items()
            if pk not in held
        ]
        writes: list[Write] = [
            merge_put(self._table, merge, "started", self._caller),
            *(lock_put(self._table, each, merge.id) for each in merge.ids),
            at_version(self._records.stored(new, "updated", SOURCE, winner), winner.version),
            *(self._into(items[each.id], winner.id) for each in losers),
            before_put(self._table, merge.id, items[winner.id], was),
            *(before_put(self._table, merge.id, items[each.id]) for each in losers),
            *carried,
            *(
                owned_put(key, each.id, winner.id)
                for each in losers
                for key in self._records.markers(each).values()
            ),
            *claims,
            *self._reserved(winner.id, [each.id for each in losers]),
            Put(self._names(winner.id, new.merged_ids)),
            *(Put({**self._name(each.id), "into": winner.id}) for each in losers),
            *also(merge),
        ]
        if len(writes) > MAX_TRANSACTION:
            raise InvalidError(
                "These records have too many unique values to be merged at once; merge fewer.",
                code="merge_too_large",
            )
        return writes

    def _undoing(self, undoing: Merge, merge: Merge, also: Also[Merge]) -> list[Write]:
        pk = self._table.key(merge.id)
        keys = [(self._table.key(each), "RECORD") for each in merge.ids]
        journal = [(pk, f"BEFORE#{each}") for each in merge.ids]
        found = self._table.get_many([*keys, *journal], consistent=True)
        current = {item["id"]: item for (_, sk), item in found.items() if sk == "RECORD"}
        kept = {item["image"]["id"]: item for (_, sk), item in found.items() if sk != "RECORD"}
        before = {id_: entry["image"] for id_, entry in kept.items()}
        winner = current.get(merge.winner_id)
        check_undoable(merge, winner, current, before)
        assert winner is not None  # noqa: S101 - narrows the type
        losers = [
            self._returns.back(before[each], current[each], "unmerged") for each in merge.loser_ids
        ]
        now_ = self._records.read(winner)
        if winner["version"] == before[now_.id]["version"] + 1:
            own = self._returns.back(before[now_.id], winner, "updated")
            beside = self._beside.given_back(now_.id, kept[now_.id].get("was", {}))
        else:
            own = self._returns.without(now_, before, merge)
            beside = ()
        left = [each.left for each in (own, *losers) if each.left]
        held = {pk for each in (own, *losers) for pk in self._records.markers(each.record)}
        freed = [key for pk, key in self._records.markers(now_).items() if pk not in held]
        names = own.record.merged_ids
        return [
            merge_put(self._table, undoing, "undo_started", self._caller, merge.version),
            *(lock_put(self._table, each, merge.id) for each in merge.ids),
            at_version(own.item, winner["version"]),
            *(at_version(each.item, each.record.version - 1, deleted=True) for each in losers),
            *(write for each in (own, *losers) for write in each.writes),
            *beside,
            *(
                owned_put(key, now_.id, each.record.id)
                for each in losers
                for key in self._records.markers(each.record).values()
            ),
            *(Delete(key) for key in freed),
            Put(self._names(now_.id, names)) if names else Delete(self._names_key(now_.id)),
            *(Delete(self._name(each.record.id)) for each in losers),
            *([progress(self._table, merge.id, left)] if left else []),
            *also(undoing),
        ]

    def _refuse(self, error: ConditionFailedError) -> None:
        """Raise what a failed condition means; return when all should be read again."""
        for write in error.refused:
            key = write.key if isinstance(write, Update | Delete) else getattr(write, "item", {})
            pk, sk = key.get("pk", ""), key.get("sk", "")
            if sk == "LOCK":
                raise merge_running() from error
            if sk == "COUNT" and isinstance(write, Update):
                raise full() from error
            if sk == "UNIQUE":
                field = pk.split("#")[4]
                raise ConflictError(
                    f"Another record has this {field} already.", code=f"duplicate_{field}"
                ) from error
            if sk == "REPLY":
                raise error

    def _into(self, item: Item, winner_id: str) -> Put:
        gone = revived(item, item, self._caller, "merged")
        self._records.unlisted(gone)
        gone |= {"deleted_at": gone["updated_at"], "merged_into": winner_id}
        return at_version(gone, item["version"])

    def _reserved(self, winner_id: str, loser_ids: Sequence[str]) -> list[Write]:
        """Return the write that makes room at the winner for the losers' associations."""
        counts = self._counts(loser_ids)
        coming = sum(counts.values())
        still: list[Write] = [
            Check(
                {"pk": self._table.key("ASSOCIATED", each), "sk": "COUNT"},
                "living = :count" if each in counts else "attribute_not_exists(pk)",
                values={":count": counts[each]} if each in counts else {},
            )
            for each in loser_ids
        ]
        if not coming:
            return still
        return [
            *still,
            Update(
                {"pk": self._table.key("ASSOCIATED", winner_id), "sk": "COUNT"},
                "ADD living :coming",
                "attribute_not_exists(living) OR living <= :room",
                values={":coming": coming, ":room": MAX_OF_RECORD - coming},
            ),
        ]

    def _names_key(self, record_id: str) -> Item:
        return {"pk": self._table.key("TIMELINE", record_id), "sk": MERGED}

    def _names(self, record_id: str, names: Sequence[str]) -> Item:
        return {**self._names_key(record_id), "record_ids": list(names)}

    def _name(self, record_id: str) -> Item:
        return {"pk": self._table.key("TIMELINE", record_id), "sk": INTO}
