"""Records in a single-table design: what create, get, list, change and delete cost and promise.

    pattern               index  requests                             units (1 KB record)
    get one               table  1 GetItem                            0.5 RRU
    list newest first     gsi1   1 Query a page                       0.5 RRU per 4 KB
      ... one's own       gsi3   1 Query a page                       0.5 RRU per 4 KB
      ... and one's teams gsi4   1 Query a page + 1 for each team     0.5 RRU per 4 KB each
    create                table  1 TransactWriteItems                 2 WRU x (item, markers)
                                                                      + 1 WRU x (gsi1, gsi3, gsi4)
    change                table  1 GetItem + 1 TransactWriteItems     1 RRU + as create
      ... of its owner    table  1 GetItem + 1 TransactWriteItems     ... + 1 WRU (gsi3: out, in)
    delete (soft)         table  1 GetItem + 1 TransactWriteItems     1 RRU + as create

    item      pk W#<workspace>#<id>                          sk RECORD
    marker    pk W#<workspace>#UNIQUE#<object>#<field>#<v>   sk UNIQUE     one per unique value
    gsi1      pk W#<workspace>#<object>#0                    sk <created_at>#<id>
    gsi3      pk W#<workspace>#<object>#OWNER#<member>       sk <created_at>#<id>   owned records
    gsi4      pk W#<workspace>#<object>#TEAM#<team>          sk <created_at>#<id>   a team's records

The `0` is the list index's shard: one until a workspace outgrows a partition's write rate.

**Who sees what** is decided here, for every door: a record that belongs to somebody (OwnedRecord)
and that the caller may not see is absent, to get, list, change and delete alike. The owner's and
the team's index are sparse: a record without owner (team) has no entry and costs nothing there.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.clock import now
from functions.shared.entity_tags import check_match
from functions.shared.errors import (
    ConflictError,
    FieldProblem,
    NotFoundError,
)
from functions.shared.ids import is_id
from functions.shared.ownership import check_ownership
from functions.shared.paging import Page, Strand, merged
from functions.shared.record import OwnedRecord, Record, stamp
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Table, Write
from functions.shared.writes import Also, nothing_else

R = TypeVar("R", bound=Record)

RESTORE_DAYS = 30
# Of the indexes that lists are read from; a deleted record is in none of them.
LISTED = ("gsi1pk", "gsi1sk", "gsi3pk", "gsi3sk", "gsi4pk", "gsi4sk")
ATTEMPTS = 5


class Records(Generic[R]):
    """The records of one type in one workspace.

    `unique` names the fields whose values may occur once in a workspace; None values are free.
    `people` is asked to whom a record may be given.
    """

    _birth = "created"  # what the event of a new record says
    _listed: ClassVar[Sequence[str]] = LISTED  # what a deleted record loses

    def __init__(
        self,
        table: Table,
        kind: type[R],
        caller: Caller,
        *,
        unique: Sequence[str] = (),
        people: Door | None = None,
    ) -> None:
        self._table = table
        self._kind = kind
        self._caller = caller
        self._unique = tuple(unique)
        self._people = people
        self._owned = issubclass(kind, OwnedRecord)

    def get(self, record_id: str, *, consistent: bool = False) -> R:
        """Return a live record; raises NotFoundError for one that is absent, deleted, foreign or
        not for the caller to see."""
        return self._shown(self._current(record_id, consistent=consistent))

    def _current(self, record_id: str, *, consistent: bool = True) -> R:
        """Return a live record as it is stored; raises as `get` does."""
        if not is_id(record_id, self._kind.PREFIX):
            raise self._absent()
        item = self._table.get(self._table.key(record_id), "RECORD", consistent=consistent)
        # should two types ever share a prefix, neither is found as the other
        other = item is None or item.get("object", self._kind.OBJECT) != self._kind.OBJECT
        if item is None or other or "deleted_at" in item or self._hidden(item):
            raise self._gone(item)
        return self._kind.model_validate(item)

    def _gone(self, _item: Item | None) -> NotFoundError:
        """Return what is said of an id under which no live record lies for the caller, but this
        item, if any."""
        return self._absent()

    def _shown(self, record: R) -> R:
        """Return a stored record as callers see it: here, as it is."""
        return record

    def _uniques(self, record: R) -> Mapping[str, Any]:
        """Return the record's values that may occur once, by their fields."""
        values = {field: getattr(record, field) for field in self._unique}
        return {field: value for field, value in values.items() if value is not None}

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[R]:
        """Return one page of what the caller sees, newest first.

        A position is a sort key, so it holds in every index: for who sees less or more by the
        time of the next page too.
        """
        before = start["sk"] if start else None
        return merged([self._strand(*each, before, limit) for each in self._lists()], limit)

    def owned_by(self, member: str, *, limit: int, start: Mapping[str, Any] | None) -> Page[R]:
        """Return one page of a member's records (1 Query on gsi3), newest first."""
        before = start["sk"] if start else None
        pk = self._table.key(self._kind.OBJECT, "OWNER", member)
        return merged([self._strand("gsi3", pk, before, limit)], limit)

    def create(self, record: R, *, also: Also[R] = nothing_else) -> R:
        """Store a new record with its uniqueness markers in one transaction.

        Raises ConflictError when a unique value is taken and InvalidError when the record cannot
        be given to whom it names.
        """
        self._check_ownership(record, None)
        stamped = stamp(f"{self._kind.OBJECT}.{self._birth}", self._caller)
        claims = self._claims(record, self._uniques(record))
        writes: list[Write] = [
            Put(self._item(record, [stamped]), "attribute_not_exists(pk)"),
            *claims.values(),
            *also(record),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailedError as error:
            self._refuse_taken(error, list(claims), first=1)
            raise
        return record

    def change(
        self,
        record_id: str,
        edit: Callable[[R], R],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[R] = nothing_else,
    ) -> R:
        """Apply `edit` to the current version and store the result, unless it changed meanwhile.

        Without `if_match` (an ETag) a concurrent change is taken in and the edit tried again;
        with it, raises PreconditionFailedError. An edit that changes nothing writes nothing but
        `also`. Raises NotFoundError, ConflictError and InvalidError as `get` and `create` do.
        """
        for _ in range(ATTEMPTS):
            old = self._current(record_id)
            check_match(old.etag, if_match)
            new = edit(old)
            if new is old:
                if writes := also(old):
                    self._table.transact(writes)
                return old
            self._check_ownership(new, old)
            try:
                self._replace(old, new, event, also)
            except _StaleError:
                check_match("", if_match)
                continue
            return new
        raise ConflictError("The record is being changed by others; please try again.")

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None:
        """Delete softly: out of lists and lookups at once, gone for good after 30 days. Its
        unique values are free again. Raises as `change` does."""
        for _ in range(ATTEMPTS):
            old = self._current(record_id)
            check_match(old.etag, if_match)
            gone = old.changed()
            item = self._item(gone, [stamp(f"{self._kind.OBJECT}.deleted", self._caller)])
            self._bury(item, gone)
            item["deleted_at"] = gone.updated_at
            item["expires_at_epoch"] = int(now().timestamp()) + RESTORE_DAYS * 86_400
            freed = [self._release(*each, old) for each in self._uniques(old).items()]
            try:
                self._table.transact([self._at_version(item, old), *freed, *also(gone)])
            except ConditionFailedError as error:
                if 0 not in error.failed:
                    raise
                check_match("", if_match)
                continue
            return
        raise ConflictError("The record is being changed by others; please try again.")

    def _bury(self, item: Item, _gone: R) -> None:
        """Take a deleted record's item out of the lists."""
        unlist(item, self._listed)

    def _replace(self, old: R, new: R, event: str, also: Also[R]) -> None:
        before, after = self._uniques(old), self._uniques(new)
        claims = self._claims(new, _without(after, before))
        freed = [self._release(*each, old) for each in _without(before, after).items()]
        item = self._item(new, self._stamps(old, new, event))
        writes: list[Write] = [self._at_version(item, old), *claims.values(), *freed, *also(new)]
        try:
            self._table.transact(writes)
        except ConditionFailedError as error:
            if 0 in error.failed:
                raise _StaleError from error
            self._refuse_taken(error, list(claims), first=1)
            raise

    def _stamps(self, _old: R, _new: R, event: str) -> list[dict[str, Any]]:
        """Return what a change means; a subclass may know better than its caller."""
        return [stamp(f"{self._kind.OBJECT}.{event}", self._caller)]

    def _at_version(self, item: Item, old: R) -> Put:
        return Put(
            item,
            "#version = :version AND attribute_not_exists(deleted_at)",
            {"#version": "version"},
            {":version": old.version},
        )

    def _item(self, record: R, events: list[dict[str, Any]]) -> Item:
        place = f"{record.created_at}#{record.id}"
        item: Item = {
            **record.model_dump(mode="json", exclude_none=True),
            "pk": self._table.key(record.id),
            "sk": "RECORD",
            "gsi1pk": self._table.key(self._kind.OBJECT, "0"),
            "gsi1sk": place,
            "_events": events,
        }
        if isinstance(record, OwnedRecord):
            if record.owner_id is not None:
                item["gsi3pk"] = self._table.key(self._kind.OBJECT, "OWNER", record.owner_id)
                item["gsi3sk"] = place
            if record.team_id is not None:
                item["gsi4pk"] = self._table.key(self._kind.OBJECT, "TEAM", record.team_id)
                item["gsi4sk"] = place
        return item

    def _check_ownership(self, new: R, old: R | None) -> None:
        if isinstance(new, OwnedRecord):
            was = old if isinstance(old, OwnedRecord) else None
            check_ownership(self._caller, new, was, self._people)

    def _hidden(self, item: Mapping[str, Any]) -> bool:
        return self._owned and not self._caller.sees(item.get("owner_id"), item.get("team_id"))

    def _lists(self) -> list[tuple[str, str]]:
        """Return the index partitions that together list what the caller sees."""
        caller, kind = self._caller, self._kind.OBJECT
        if caller.visibility == "all" or not self._owned:
            return [("gsi1", self._table.key(kind, "0"))]
        teams = caller.teams if caller.visibility == "team" else ()
        return [
            *([("gsi3", self._table.key(kind, "OWNER", caller.member))] if caller.member else ()),
            *(("gsi4", self._table.key(kind, "TEAM", team)) for team in dict.fromkeys(teams)),
        ]

    def _strand(self, index: str, pk: str, before: str | None, limit: int) -> Strand[R]:
        found = self._table.query(pk, index=index, limit=limit, newest_first=True, before=before)
        return Strand(
            [
                (item[f"{index}sk"], self._shown(self._kind.model_validate(item)))
                for item in found.items
            ],
            more=found.last_key is not None,
        )

    def _marker_key(self, field: str, value: Any) -> Item:
        return unique_key(self._table, self._kind.OBJECT, field, value)

    def _claims(self, record: R, values: Mapping[str, Any]) -> dict[str, Put]:
        return {
            field: Put(
                {**self._marker_key(field, value), "owner": record.id}, "attribute_not_exists(pk)"
            )
            for field, value in values.items()
        }

    def _release(self, field: str, value: Any, record: R) -> Delete:
        return Delete(
            self._marker_key(field, value), "#owner = :id", {"#owner": "owner"}, {":id": record.id}
        )

    def _refuse_taken(self, error: ConditionFailedError, fields: list[str], first: int) -> None:
        for position, field in enumerate(fields, start=first):
            if position in error.failed:
                top, _, _ = field.partition(".")
                raise ConflictError(
                    f"Another {self._kind.OBJECT} has this {field} already.",
                    code=f"duplicate_{top}",
                    errors=[
                        FieldProblem(
                            "/" + field.replace(".", "/"), "duplicate", "This value is taken."
                        )
                    ],
                ) from error

    def _absent(self) -> NotFoundError:
        return NotFoundError(f"There is no such {self._kind.OBJECT}.")


class _StaleError(Exception):
    """The version read is no longer the current one."""


def _without(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values that are not the same among the others."""
    return {field: value for field, value in values.items() if others.get(field) != value}


def unique_key(table: Table, kind: str, field: str, value: Any) -> Item:
    """Return the key of the marker that says which record of a type has a unique value."""
    # hashed: a natural key may be long, and an e-mail address has no place in a key
    digest = hashlib.sha256(str(value).encode()).hexdigest()[:40]
    return {"pk": table.key("UNIQUE", kind, field, digest), "sk": "UNIQUE"}


def unlist(item: Item, names: Sequence[str] = LISTED) -> None:
    """Take an item out of the indexes that lists are read from."""
    for name in names:
        item.pop(name, None)


__all__ = [
    "LISTED", "RESTORE_DAYS", "Also", "Records", "check_match", "nothing_else", "unique_key",
    "unlist",
]  # fmt: skip
