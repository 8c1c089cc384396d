"""Records in a single-table design: what create, get, list, change and delete cost and promise.

    pattern               index  requests                             units (1 KB record)
    get one               table  1 GetItem                            0.5 RRU
    list newest first     gsi1   1 Query a page                       0.5 RRU per 4 KB
    create                table  1 TransactWriteItems                 2 WRU x (item, gsi1, markers)
    change                table  1 GetItem + 1 TransactWriteItems     1 RRU + as create
    delete (soft)         table  1 GetItem + 1 TransactWriteItems     1 RRU + as create

    item      pk W#<workspace>#<id>                          sk RECORD
    marker    pk W#<workspace>#UNIQUE#<object>#<field>#<v>   sk UNIQUE     one per unique value
    gsi1      pk W#<workspace>#<object>#0                    sk <created_at>#<id>

The `0` is the list index's shard: one until a workspace outgrows a partition's write rate.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import (
    ConflictError,
    FieldProblem,
    NotFoundError,
    PreconditionFailedError,
)
from functions.shared.ids import is_id
from functions.shared.paging import Page
from functions.shared.record import Record, stamp
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Table, Write
from functions.shared.writes import Also, nothing_else

R = TypeVar("R", bound=Record)

RESTORE_DAYS = 30
_ATTEMPTS = 5


class Records(Generic[R]):
    """The records of one type in one workspace.

    `unique` names the fields whose values may occur once in a workspace; None values are free.
    """

    def __init__(
        self, table: Table, kind: type[R], caller: Caller, *, unique: Sequence[str] = ()
    ) -> None:
        self._table = table
        self._kind = kind
        self._caller = caller
        self._unique = tuple(unique)

    def get(self, record_id: str, *, consistent: bool = False) -> R:
        """Return a live record; raises NotFoundError for an absent, deleted or foreign one."""
        if not is_id(record_id, self._kind.PREFIX):
            raise self._absent()
        item = self._table.get(self._table.key(record_id), "RECORD", consistent=consistent)
        if item is None or "deleted_at" in item:
            raise self._absent()
        return self._kind.model_validate(item)

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[R]:
        """Return one page, newest first."""
        found = self._table.query(
            self._table.key(self._kind.OBJECT, "0"),
            index="gsi1",
            limit=limit,
            newest_first=True,
            start=self._start(start),
        )
        return Page(
            items=[self._kind.model_validate(item) for item in found.items],
            position={"pk": found.last_key["pk"], "sk": found.last_key["gsi1sk"]}
            if found.last_key
            else None,
        )

    def create(self, record: R, *, also: Also[R] = nothing_else) -> R:
        """Store a new record with its uniqueness markers in one transaction.

        Raises ConflictError when a unique value is taken.
        """
        event = stamp(f"{self._kind.OBJECT}.created", self._caller)
        claims = self._claims(record, self._unique)
        writes: list[Write] = [
            Put(self._item(record, [event]), "attribute_not_exists(pk)"),
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
        `also`. Raises NotFoundError and ConflictError as `get` and `create` do.
        """
        for _ in range(_ATTEMPTS):
            old = self.get(record_id, consistent=True)
            check_match(old.etag, if_match)
            new = edit(old)
            if new is old:
                if writes := also(old):
                    self._table.transact(writes)
                return old
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
        for _ in range(_ATTEMPTS):
            old = self.get(record_id, consistent=True)
            check_match(old.etag, if_match)
            gone = old.changed()
            item = self._item(gone, [stamp(f"{self._kind.OBJECT}.deleted", self._caller)])
            del item["gsi1pk"], item["gsi1sk"]
            item["deleted_at"] = gone.updated_at
            item["expires_at_epoch"] = int(now().timestamp()) + RESTORE_DAYS * 86_400
            freed = [self._release(field, old) for field in self._held(old)]
            try:
                self._table.transact([self._at_version(item, old), *freed, *also(gone)])
            except ConditionFailedError as error:
                if 0 not in error.failed:
                    raise
                check_match("", if_match)
                continue
            return
        raise ConflictError("The record is being changed by others; please try again.")

    def _replace(self, old: R, new: R, event: str, also: Also[R]) -> None:
        moved = [f for f in self._unique if getattr(old, f) != getattr(new, f)]
        claims = self._claims(new, moved)
        freed = [self._release(field, old) for field in self._held(old) if field in moved]
        item = self._item(new, [stamp(f"{self._kind.OBJECT}.{event}", self._caller)])
        writes: list[Write] = [self._at_version(item, old), *claims.values(), *freed, *also(new)]
        try:
            self._table.transact(writes)
        except ConditionFailedError as error:
            if 0 in error.failed:
                raise _StaleError from error
            self._refuse_taken(error, list(claims), first=1)
            raise

    def _at_version(self, item: Item, old: R) -> Put:
        return Put(
            item,
            "#version = :version AND attribute_not_exists(deleted_at)",
            {"#version": "version"},
            {":version": old.version},
        )

    def _item(self, record: R, events: list[dict[str, Any]]) -> Item:
        return {
            **record.model_dump(mode="json", exclude_none=True),
            "pk": self._table.key(record.id),
            "sk": "RECORD",
            "gsi1pk": self._table.key(self._kind.OBJECT, "0"),
            "gsi1sk": f"{record.created_at}#{record.id}",
            "_events": events,
        }

    def _held(self, record: R) -> list[str]:
        return [field for field in self._unique if getattr(record, field) is not None]

    def _marker_key(self, field: str, record: R) -> Item:
        # hashed: a natural key may be long, and an e-mail address has no place in a key
        digest = hashlib.sha256(str(getattr(record, field)).encode()).hexdigest()[:40]
        return {"pk": self._table.key("UNIQUE", self._kind.OBJECT, field, digest), "sk": "UNIQUE"}

    def _claims(self, record: R, fields: Sequence[str]) -> dict[str, Put]:
        return {
            field: Put(
                {**self._marker_key(field, record), "owner": record.id}, "attribute_not_exists(pk)"
            )
            for field in self._held(record)
            if field in fields
        }

    def _release(self, field: str, record: R) -> Delete:
        return Delete(
            self._marker_key(field, record), "#owner = :id", {"#owner": "owner"}, {":id": record.id}
        )

    def _refuse_taken(self, error: ConditionFailedError, fields: list[str], first: int) -> None:
        for position, field in enumerate(fields, start=first):
            if position in error.failed:
                raise ConflictError(
                    f"Another {self._kind.OBJECT} has this {field} already.",
                    code=f"duplicate_{field}",
                    errors=[FieldProblem(f"/{field}", "duplicate", "This value is taken.")],
                ) from error

    def _start(self, position: Mapping[str, Any] | None) -> Item | None:
        if position is None:
            return None
        index_key = self._table.key(self._kind.OBJECT, "0")
        return {
            "pk": position["pk"],
            "sk": "RECORD",
            "gsi1pk": index_key,
            "gsi1sk": position["sk"],
        }

    def _absent(self) -> NotFoundError:
        return NotFoundError(f"There is no such {self._kind.OBJECT}.")


class _StaleError(Exception):
    """The version read is no longer the current one."""


def check_match(etag: str, if_match: str | None) -> None:
    """Raise PreconditionFailedError unless `If-Match` (if given) names this ETag or is `*`."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag not in [tag.strip() for tag in if_match.split(",")]:
        raise PreconditionFailedError("The record has changed since you read it.")


__all__ = ["RESTORE_DAYS", "Also", "Records", "check_match", "nothing_else"]
