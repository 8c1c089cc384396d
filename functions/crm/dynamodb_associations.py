"""Associations in the CRM's table: their access patterns and what each costs.

    pattern                     index  requests                     units (1 KB items)
    associations of a record    table  1 BatchGetItem (is it there?)  1 RRU
                                       + 1 Query a page             0.5 RRU per 4 KB
                                       + 1 BatchGetItem (the other  1 RRU a record
                                       ends) + 1 invoke of video/check for videos
      ... with one label        table  1 Query for each type that the label may lead to
    get one                     table  1 GetItem + 1 BatchGetItem   0.5 RRU + 1 RRU an end
    join two records            table  1 TransactWriteItems         2 WRU x (record, 2 rows,
                                       (1 more for each merge)      2 counts, 2 checks, reply)
    another label               table  as get + 1 TransactWriteItems  2 WRU x (record, 4 rows,
                                                                    reply)
    part two records            table  as get + 1 TransactWriteItems  2 WRU x (record, 2 rows,
                                                                    2 counts, reply)

    record     pk W#<workspace>#<association id>          sk RECORD
    row        pk W#<workspace>#ASSOCIATIONS#<record id>  sk <type>#<label>#<id of the other>
    count      pk W#<workspace>#ASSOCIATED#<record id>    sk COUNT   living: how many it has

A row stands at either end and is the association as it is read from there. Two records are joined
in one way once: the row's key says which. The counts are exact, because they change in the very
transactions that write the rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.crm.associations import MAX_OF_RECORD, Association, missing_ends, place
from functions.crm.dynamodb import sight_of
from functions.crm.dynamodb_mergeable import MAX_HOPS, new_names
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.ids import is_id
from functions.shared.paging import Page
from functions.shared.record import stamp
from functions.shared.table import (
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

_KEPT_SECONDS = 86_400  # a deleted association's item: for its event, and whoever is late


class DynamoAssociations:
    """The associations of one workspace, written as one caller."""

    def __init__(self, table: Table, caller: Caller) -> None:
        self._table = table
        self._caller = caller

    def get(self, association_id: str) -> Association:
        """Return one; raises NotFoundError for one that is absent, deleted or foreign."""
        item = None
        if is_id(association_id, Association.PREFIX):
            item = self._table.get(self._table.key(association_id), "RECORD", consistent=True)
        if item is None or "deleted_at" in item:
            raise NotFoundError("There is no such association.")
        return Association.model_validate(item)

    def create(self, made: Association, *, also: Also[Any]) -> tuple[Association, bool]:
        """As `associations.AssociationStore`; raises InvalidError when an end of the CRM is not
        there for the caller, and ConflictError when one has MAX_OF_RECORD already. An end that was
        merged is what it was merged into."""
        for _ in range(MAX_HOPS):
            try:
                return self._create(made, also)
            except ConditionFailedError as error:
                made = made.under(new_names(error))
        raise ConflictError("The records are being merged; please try again.")

    def _create(self, made: Association, also: Also[Any]) -> tuple[Association, bool]:
        rows = self._rows(made)
        counts = [self._count(each.id, 1) for each in made.ends]
        checks = {each.id: self._there(each.id) for each in made.ends if each.type != "video"}
        event = self._record(made, "created")
        writes = [event, *rows, *counts, *checks.values(), *also((made, True))]
        try:
            self._table.transact(writes)
        except ConditionFailedError as error:
            if any("merged_into" in (item or {}) for item in error.failed.values()):
                raise
            if gone := [id_ for id_, check in checks.items() if check in error.refused]:
                raise missing_ends(made, gone) from error
            known = next((error.failed[n] for n in (1, 2) if error.failed.get(n)), None)
            if known is not None:
                there = Association.model_validate(known)
                there = there if there.from_ == made.from_ else there.turned()
                if further := also((there, False)):
                    self._table.transact(further)
                return there, False
            if any(count in error.refused for count in counts):
                raise full() from error
            raise
        return made, True

    def change(self, old: Association, new: Association, *, also: Also[Any]) -> Association:
        """Store another label. Raises ConflictError when the two are joined in that way already,
        and when the association changed meanwhile."""
        if new is old:
            if writes := also(old):
                self._table.transact(writes)
            return old
        rows = self._rows(new)
        gone = self._gone(old)
        try:
            self._table.transact(
                [self._record(new, "updated", old.version), *rows, *gone, *also(new)]
            )
        except ConditionFailedError as error:
            if 0 in error.failed:
                raise changing() from error
            if any(row in error.refused for row in rows):
                raise ConflictError(
                    "These two records are associated with this label already.",
                    code="duplicate_association",
                ) from error
            raise
        return new

    def delete(self, old: Association, *, also: Also[Any]) -> None:
        """Part two records. Raises ConflictError when the association changed meanwhile."""
        record = self._record(old.changed(), "deleted", old.version)
        record.item["deleted_at"] = record.item["updated_at"]
        record.item["expires_at_epoch"] = int(now().timestamp()) + _KEPT_SECONDS
        counts = [self._count(each.id, -1) for each in old.ends]
        try:
            self._table.transact([record, *self._gone(old), *counts, *also(old)])
        except ConditionFailedError as error:
            if 0 in error.failed:
                raise changing() from error
            raise

    def page(
        self,
        record_id: str,
        places: Sequence[str],
        *,
        limit: int,
        start: Mapping[str, Any] | None,
    ) -> Page[Association]:
        """As `associations.AssociationStore` (1 Query for each place until the page is full)."""
        pk = self._table.key("ASSOCIATIONS", record_id)
        after = start["sk"] if start else ""
        found: list[Item] = []
        for position, prefix in enumerate(sorted(places)):
            if prefix < after and not after.startswith(prefix):
                continue
            some = self._table.query(
                pk,
                begins_with=prefix or None,
                limit=limit - len(found),
                start={"pk": pk, "sk": after} if after.startswith(prefix) and after else None,
            )
            found += some.items
            more = some.last_key is not None or position + 1 < len(places)
            if len(found) == limit and more:
                return Page(_read(found), {"sk": found[-1]["sk"]})
        return Page(_read(found), None)

    def _record(self, association: Association, act: str, version: int | None = None) -> Put:
        item: Item = {
            **association.model_dump(mode="json"),
            "pk": self._table.key(association.id),
            "sk": "RECORD",
            "links": [{"type": each.type, "id": each.id} for each in association.ends],
            "_events": [stamp(f"association.{act}", self._caller)],
        }
        if version is None:
            return Put(item, "attribute_not_exists(pk)")
        return Put(
            item,
            "#version = :version AND attribute_not_exists(deleted_at)",
            {"#version": "version"},
            {":version": version},
        )

    def _rows(self, association: Association) -> list[Put]:
        return [
            Put(
                {**each.model_dump(mode="json"), **self._row_key(each)},
                "attribute_not_exists(pk)",
            )
            for each in (association, association.turned())
        ]

    def _gone(self, association: Association) -> list[Write]:
        return [
            Delete(self._row_key(each), "id = :id", values={":id": association.id})
            for each in (association, association.turned())
        ]

    def _row_key(self, association: Association) -> Item:
        pk = self._table.key("ASSOCIATIONS", association.from_.id)
        return {"pk": pk, "sk": place(association)}

    def _count(self, record_id: str, change: int) -> Update:
        key = {"pk": self._table.key("ASSOCIATED", record_id), "sk": "COUNT"}
        if change < 0:
            return Update(key, "ADD living :change", values={":change": change})
        return Update(
            key,
            "ADD living :change",
            "attribute_not_exists(living) OR living < :most",
            values={":change": change, ":most": MAX_OF_RECORD},
        )

    def _there(self, record_id: str) -> Check:
        visible, values = sight_of(self._caller)
        return Check(
            {"pk": self._table.key(record_id), "sk": "RECORD"},
            f"attribute_exists(pk) AND attribute_not_exists(deleted_at){visible}",
            values=values,
        )


def _read(rows: Sequence[Item]) -> list[Association]:
    return [Association.model_validate(each) for each in rows]


def full() -> ConflictError:
    """Return the refusal of one association too many."""
    return ConflictError(
        f"A record has at most {MAX_OF_RECORD:,} associations; delete one first.",
        code="too_many_associations",
    )


def changing() -> ConflictError:
    """Return the refusal of a change that another one came before."""
    return ConflictError("The association was changed by others just now; please try again.")
