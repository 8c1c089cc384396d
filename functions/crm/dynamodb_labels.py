"""The workspace's own labels of associations.

pattern                  requests                                      units
what does a label mean   0, or 1 Query in KEPT_SECONDS                 0.5 RRU per 4 KB
  ... one that is new    + 1 Query                                     0.5 RRU per 4 KB
list                     1 Query (at most 100 labels)                  0.5 RRU per 4 KB
create, change, delete   as LimitedRecords, + 1 name or 2 claimed      2 WRU a name

label   as Records (gsi1 lists them)
name    pk W#<workspace>#UNIQUE#association_label#NAME#<name>   sk UNIQUE   both ways to read it
"""

import time
from collections.abc import Callable
from typing import Any

from functions.crm.labels import MAX_LABELS, Label, Meaning, table_of
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, FieldProblem
from functions.shared.limited_records import LimitedRecords
from functions.shared.records import Also, nothing_else
from functions.shared.table import ConditionFailedError, Delete, Put, Table

KEPT_SECONDS = 30.0
_MAX_KEPT = 1_000  # workspaces


class DynamoLabels(LimitedRecords[Label]):
    """The labels of one workspace; a name means one of them, whichever way it is read."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Label, caller, limit=MAX_LABELS)

    def every(self) -> list[Label]:
        """Return all of them, oldest first (1 Query)."""
        return list(reversed(self.page(limit=MAX_LABELS).items))

    def create(self, record: Label, *, also: Also[Label] = nothing_else) -> Label:
        """As `LimitedRecords.create`; raises ConflictError for a name that is another label's."""
        claims = {
            field: Put({**self._name_key(name), "owner": record.id}, "attribute_not_exists(pk)")
            for name, field in _names(record).items()
        }
        try:
            return super().create(record, also=lambda made: [*claims.values(), *also(made)])
        except ConditionFailedError as error:
            for field, claim in claims.items():
                if claim in error.refused:
                    raise taken(field) from error
            raise

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[Label] = nothing_else
    ) -> None:
        """As `LimitedRecords.delete`; its names are free again. Associations keep theirs."""

        def freeing(gone: Label) -> list[Any]:
            freed = [Delete(self._name_key(name)) for name in _names(gone)]
            return [*freed, *also(gone)]

        super().delete(record_id, if_match=if_match, also=freeing)

    def _name_key(self, name: str) -> dict[str, Any]:
        return {"pk": self._table.key("UNIQUE", Label.OBJECT, "NAME", name), "sk": "UNIQUE"}


def _names(label: Label) -> dict[str, str]:
    """Return the names of a label, each with the field that says it."""
    return {label.inverse_name: "inverse_name", label.name: "name"}


def taken(field: str) -> ConflictError:
    """Return the refusal of a name that is another label's."""
    return ConflictError(
        "Another label has this name already, or reads like it from the other end.",
        code="duplicate_name",
        errors=[FieldProblem(f"/{field}", "duplicate", "This value is taken.")],
    )


_kept: dict[tuple[str, str], tuple[float, dict[str, Meaning]]] = {}


def meaning_of(
    table: Table, caller: Caller, name: str, *, clock: Callable[[], float] = time.monotonic
) -> Meaning | None:
    """Return what a label means in a workspace, None when there is no such label. What was read
    is kept for KEPT_SECONDS; a name that is not in it is asked for at once, since it may be new.
    """
    key, moment = (table.name, table.workspace), clock()
    read, known = _kept.get(key, (float("-inf"), {}))
    if moment - read > KEPT_SECONDS or name not in known:
        known = table_of(DynamoLabels(table, caller).every())
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        _kept[key] = (moment, known)
    return known.get(name)


def forget() -> None:
    """Let the next question be asked of the table."""
    _kept.clear()
