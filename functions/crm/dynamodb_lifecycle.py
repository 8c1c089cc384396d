"""What becomes of deleted records: listed, restored, purged, or gone when their time is over.

    pattern                       index  requests                            units (1 KB items)
    list deleted records          gsi1   1 Query a page                      0.5 RRU per 4 KB
      ... what some may see       gsi3   1 Query a page (the owner's)        0.5 RRU per 4 KB
                                  gsi4   + 1 Query for each of their teams   0.5 RRU per 4 KB each
    restore a record              table  1 GetItem + 1 TransactWriteItems    1 RRU + as create
    purge a record                table  1 GetItem + 1 TransactWriteItems    1 RRU + 2 WRU x (item,
                                                                             markers, timeline's
                                                                             end, audit key, reply)

    deleted   gsi1pk W#<workspace>#<object>#0#DELETED   sk <deleted_at>#<id>   gsi3, gsi4 alike
    purged    pk W#<workspace>#<id>   sk RECORD         id, object, version, purged_at alone

A deleted record keeps its place among its owner's and its team's, in partitions of their own. Of a
purged one nothing is left that says what it was, from the same moment for everybody. What lies in
partitions of its own, on others' timelines, with those that were merged into it, is removed
minutes after (`dynamodb_sweeping`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from functions.crm.model import CrmRecord
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError
from functions.shared.ids import is_id
from functions.shared.paging import Page, merged
from functions.shared.record import stamp
from functions.shared.records import (
    ATTEMPTS,
    RESTORE_DAYS,
    Also,
    Records,
    check_match,
    nothing_else,
)
from functions.shared.table import (
    MAX_TRANSACTION,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Table,
    Write,
)

R = TypeVar("R", bound=CrmRecord)

# On a timeline, sorting after every time: it is closed; which others are read with it.
CLOSED, MERGED = "~DELETED", "~MERGED"
JOURNALLED = "JOURNALLED"  # in gsi2: what merges have kept of a record
_GRAVES = ("gsi1", "gsi3", "gsi4")
_KEPT = timedelta(days=RESTORE_DAYS)


class RestorableRecords(Records[R]):
    """Records whose deletion can be undone for 30 days, or made final."""

    def deleted(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[R]:
        """Return one page of the deleted records that the caller sees, the last deleted first;
        without those whose time is over, so a page may be short."""
        before = start["sk"] if start else None
        lists = [(index, f"{pk}#DELETED") for index, pk in self._lists()]
        found = merged([self._strand(*each, before, limit) for each in lists], limit)
        return Page([each for each in found.items if not _over(each.deleted_at)], found.position)

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None:
        """As `Records.delete`; the record's timeline is closed with it."""
        super().delete(
            record_id, if_match=if_match, also=lambda gone: [self._close(gone.id), *also(gone)]
        )

    def restore(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> R:
        """Undo a record's deletion: it is in lists again, its timeline is open, its unique values
        are its own. A record that is not deleted stays as it is.

        Raises NotFoundError for one that is absent, purged, deleted longer than 30 days ago or
        not for the caller to see, ConflictError when one of its unique values is taken by now,
        and PreconditionFailedError.
        """
        for _ in range(ATTEMPTS):
            old = self._lying(record_id)
            check_match(old.etag, if_match)
            if old.deleted_at is None:
                if writes := also(self._shown(old)):
                    self._table.transact(writes)
                return self._shown(old)
            new = self._revived(old)
            claims = self._claims(new, self._uniques(new))
            item = self._item(new, [stamp(f"{self._kind.OBJECT}.restored", self._caller)])
            writes = [
                self._over_deleted(item, old),
                *claims.values(),
                Delete({"pk": self._table.key("TIMELINE", old.id), "sk": CLOSED}),
                *self._passed(old, new),
                *also(self._shown(new)),
            ]
            try:
                self._table.transact(writes)
            except ConditionFailedError as error:
                if 0 not in error.failed:
                    self._refuse_taken(error, list(claims), first=1)
                    raise
                check_match("", if_match)
                continue
            return self._shown(new)
        raise ConflictError("The record is being changed by others; please try again.")

    def purge(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None:
        """Make a record, deleted or not, irrecoverable: what it was is gone with this write.
        Raises NotFoundError and PreconditionFailedError as `restore` does, and ConflictError for a
        record that is known by so many values that these must be freed first, by its deletion."""
        for _ in range(ATTEMPTS):
            old = self._lying(record_id)
            check_match(old.etag, if_match)
            left = remains(self._table, old.id, old.object, old.version, self._caller)
            held = {} if old.deleted_at else self._uniques(old)
            writes: list[Write] = [
                left,
                *(self._release(*each, old) for each in held.items()),
                self._close(old.id),
                *also(old),
            ]
            if len(writes) > MAX_TRANSACTION:
                raise ConflictError(
                    "The record is known by too many values to be purged at once; delete it first.",
                    code="purge_too_large",
                )
            try:
                self._table.transact(writes)
            except ConditionFailedError as error:
                if 0 not in error.failed:
                    raise
                check_match("", if_match)
                continue
            return
        raise ConflictError("The record is being changed by others; please try again.")

    def _lying(self, record_id: str) -> R:
        """Return a record that is there, deleted or not."""
        if not is_id(record_id, self._kind.PREFIX):
            raise self._absent()
        item = self._table.get(self._table.key(record_id), "RECORD", consistent=True)
        if item is None or "purged_at" in item or "merged_into" in item or self._hidden(item):
            raise self._gone(item)
        if _over(item.get("deleted_at")):
            raise self._absent()  # its time is over, DynamoDB has not come by yet
        return self._kind.model_validate(item)

    def _revived(self, old: R) -> R:
        """Return a deleted record as it is restored."""
        return old.changed(deleted_at=None)

    def _passed(self, _old: R, _new: R) -> Sequence[Write]:
        """Return what else a restoration writes."""
        return ()

    def _bury(self, item: Item, gone: R) -> None:
        super()._bury(item, gone)
        place = f"{gone.updated_at}#{gone.id}"
        whole = self._item(gone, [])
        for index in _GRAVES:
            if f"{index}pk" in whole:
                item[f"{index}pk"], item[f"{index}sk"] = f"{whole[f'{index}pk']}#DELETED", place

    def _over_deleted(self, item: Item, old: R) -> Put:
        return Put(
            item,
            "#version = :version AND deleted_at = :deleted AND attribute_not_exists(purged_at)",
            {"#version": "version"},
            {":version": old.version, ":deleted": old.deleted_at},
        )

    def _close(self, record_id: str) -> Put:
        expiry = int(now().timestamp()) + RESTORE_DAYS * 86_400
        key = {"pk": self._table.key("TIMELINE", record_id), "sk": CLOSED}
        return Put({**key, "expires_at_epoch": expiry})


def remains(table: Table, record_id: str, kind: str, version: int, caller: Caller) -> Put:
    """Return the write that makes a version of a record irrecoverable, with the event of it."""
    moment = now()
    left: Item = {
        "pk": table.key(record_id),
        "sk": "RECORD",
        "id": record_id,
        "object": kind,
        "version": version + 1,
        "deleted_at": iso(moment),
        "purged_at": iso(moment),
        "expires_at_epoch": int(moment.timestamp()) + RESTORE_DAYS * 86_400,
        "_events": [stamp(f"{kind}.purged", caller, at=moment)],
    }
    return Put(
        left,
        "#version = :version AND attribute_not_exists(purged_at)",
        {"#version": "version"},
        {":version": version},
    )


def _over(deleted_at: str | None) -> bool:
    if deleted_at is None:
        return False
    return deleted_at < iso(now() - _KEPT)  # RFC 3339 in UTC sorts by time
