"""Definitions of custom fields in DynamoDB.

    pattern                              index  requests                        units
    all fields of a workspace            table  0, or 1 Query once in 30 s      1 RRU per 4 KB
      ... as they were after an event    table  1 Query, consistent             1 RRU per 4 KB
      ... when a record has a name that
          is not among them              table  1 Query, consistent             1 RRU per 4 KB
      ... or a lead a source that is not  table  1 Query, consistent             1 RRU per 4 KB
    list fields                          table  1 Query, consistent             1 RRU per 4 KB
    make, change, delete a field         table  as Records + entry and count    + 2 WRU an item

    entry   pk W#<workspace>#FIELDS   sk <record type>#<name>    the field, or what is left of it
    count   pk W#<workspace>#FIELDS   sk ~COUNT#<record type>    how many there are
                                                               of each limited kind

The entry's key makes a name unique. It outlives the field, so that everybody who has read the
entries once knows of every name what it is or was: uniqueness of values rests on that.

What is kept in memory may be KEPT_SECONDS old. A name that is new is looked up before it is
refused, so a field can be used as soon as it is made; that one is required, hidden, archived or
sensitive is known everywhere within KEPT_SECONDS.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from functions.crm.definition_fields import (
    MAX_FIELDS,
    MAX_INDEXED,
    MAX_MADE,
    MAX_REFERENCES,
    MAX_UNIQUE,
)
from functions.crm.definitions import Definitions, Deleted, FieldDefinition
from functions.crm.lead_fields import BORN_SOURCES
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, FieldProblem
from functions.shared.records import Also, Records, nothing_else
from functions.shared.table import ConditionFailedError, Item, Put, Table, Update, Write

KEPT_SECONDS = 30.0
MAX_KEPT = 1_000  # workspaces

_LIMITS = {
    "made": MAX_MADE,
    "living": MAX_FIELDS,
    "indexed": MAX_INDEXED,
    "uniques": MAX_UNIQUE,
    "references": MAX_REFERENCES,
}
_NAMES = {
    "made": ("fields over its life", "too_many_fields"),
    "living": ("fields", "too_many_fields"),
    "indexed": ("indexed fields", "too_many_indexed_fields"),
    "uniques": ("unique fields", "too_many_unique_fields"),
    "references": ("reference fields", "too_many_reference_fields"),
}

# until when, read at what time, what was read
_kept: "OrderedDict[tuple[str, str], tuple[float, str, Definitions]]" = OrderedDict()


def definitions_of(
    table: Table,
    kind: str | None = None,
    names: Iterable[str] = (),
    *,
    since: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Definitions:
    """Return the custom fields of a table's workspace, at most KEPT_SECONDS old, not older than
    any of these `names` of a `kind` of record, and read after `since`, the time of an event that
    is judged by them. Raises UnavailableError."""
    key, moment = (table.name, table.workspace), clock()
    known = _kept.get(key)
    if (
        known is not None
        and moment < known[0]
        and known[1] > since
        and (kind is None or known[2].know(kind, names))
    ):
        return known[2]
    read_at = iso(now())
    found = read_definitions(table)
    _kept[key] = (moment + KEPT_SECONDS, read_at, found)
    _kept.move_to_end(key)
    if len(_kept) > MAX_KEPT:
        _kept.popitem(last=False)
    return found


def custom_fields(
    table: Table, record_type: str, names: Iterable[str]
) -> Mapping[str, tuple[str, bool]]:
    """Return a type's custom fields, not older than `names`, as lists ask for them: name → type,
    indexed or not."""
    known = definitions_of(table, record_type, names).of(record_type)
    return {name: (field.type, field.indexed) for name, field in known.items()}


def read_definitions(table: Table) -> Definitions:
    """Return the custom fields as they are now (1 request a MB)."""
    live: list[FieldDefinition] = []
    deleted: list[Deleted] = []
    written: Item = {}
    sources = dict.fromkeys(BORN_SOURCES, False)
    for item in table.items(table.key("FIELDS"), consistent=True):
        if item["sk"] == "~SETTINGS":
            written = item
        elif item["sk"].startswith("~SOURCE#"):
            sources[item["key"]] = item["archived"]
        elif item.get("gone"):
            deleted.append(Deleted.model_validate(item))
        elif "id" in item:
            live.append(FieldDefinition.model_validate(item))
    return Definitions(
        live,
        deleted,
        phone_region=written.get("phone_region"),
        duplicates=written.get("duplicates") or {},
        sources=sources,
        link_companies=written.get("link_companies_by_domain") or "off",
    )


def offered_sources(table: Table, key: str) -> tuple[bool, Sequence[str]]:
    """Say whether a lead may be given a source, and which ones it may be given; what is refused is
    looked up anew before."""
    for _ in range(2):
        known = definitions_of(table).sources
        if known.get(key) is False:
            return True, ()
        forget_one(table)
    return False, sorted(each for each, archived in known.items() if not archived)


def forget_one(table: Table) -> None:
    """Let the next look at a table's workspace ask the table."""
    _kept.pop((table.name, table.workspace), None)


def forget() -> None:
    """Let the next look ask the table."""
    _kept.clear()


class Fields(Records[FieldDefinition]):
    """The definitions as records, each with its entry, always together."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, FieldDefinition, caller)

    def create(
        self, record: FieldDefinition, *, also: Also[FieldDefinition] = nothing_else
    ) -> FieldDefinition:
        """As `Records.create`; raises ConflictError when the name is taken, or was by a field of
        another type, or the record type has its fill of fields."""
        entry = Put(
            self._entry(record),
            "attribute_not_exists(pk) OR (gone = :yes AND signature = :signature)",
            values={":yes": True, ":signature": record.signature},
        )
        count = self._count(record, made=1, **_share(record))
        try:
            made = super().create(record, also=lambda new: [entry, count, *also(new)])
        except ConditionFailedError as error:
            self._refuse(error, record, entry, count)
            raise
        self._forget()
        return made

    def change(
        self,
        record_id: str,
        edit: Callable[[FieldDefinition], FieldDefinition],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[FieldDefinition] = nothing_else,
    ) -> FieldDefinition:
        """As `Records.change`; raises ConflictError when too many would be indexed."""
        moved: list[Write] = []

        def edited(old: FieldDefinition) -> FieldDefinition:
            new = edit(old)
            moved.clear()
            if new is not old:
                moved.append(Put(self._entry(new)))
            if new.indexed != old.indexed:
                moved.append(self._count(new, indexed=1 if new.indexed else -1))
            return new

        try:
            new = super().change(
                record_id, edited, event=event, if_match=if_match,
                also=lambda made: [*moved, *also(made)],
            )  # fmt: skip
        except ConditionFailedError as error:
            if len(moved) > 1 and moved[1] in error.refused:
                raise _too_many("indexed") from error
            raise
        self._forget()
        return new

    def delete(
        self,
        record_id: str,
        *,
        if_match: str | None = None,
        also: Also[FieldDefinition] = nothing_else,
    ) -> None:
        """As `Records.delete`; the name stays, bound to the field's type."""

        def leaving(old: FieldDefinition) -> Sequence[Write]:
            left = Put(
                {
                    **self._entry_key(old),
                    "gone": True,
                    "record_type": old.record_type,
                    "name": old.name,
                    "unique": old.unique,
                    "signature": old.signature,
                }
            )
            less = self._count(old, **{what: -share for what, share in _share(old).items()})
            return [left, less, *also(old)]

        super().delete(record_id, if_match=if_match, also=leaving)
        self._forget()

    def _entry_key(self, field: FieldDefinition) -> Item:
        return {"pk": self._table.key("FIELDS"), "sk": field.place}

    def _entry(self, field: FieldDefinition) -> Item:
        shown = field.model_dump(mode="json", exclude_none=True)
        return {**shown, **self._entry_key(field), "signature": field.signature}

    def _count(self, field: FieldDefinition, **changes: int) -> Update:
        moved = {name: change for name, change in changes.items() if change}
        growing = [name for name, change in moved.items() if change > 0]
        return Update(
            {"pk": self._table.key("FIELDS"), "sk": f"~COUNT#{field.record_type}"},
            "ADD " + ", ".join(f"#{name} :{name}" for name in moved),
            " AND ".join(
                f"(attribute_not_exists(#{name}) OR #{name} < :max_{name})" for name in growing
            )
            or None,
            {f"#{name}": name for name in moved},
            values={f":{name}": change for name, change in moved.items()}
            | {f":max_{name}": _LIMITS[name] for name in growing},
        )

    def _refuse(
        self, error: ConditionFailedError, field: FieldDefinition, entry: Put, count: Update
    ) -> None:
        if entry in error.refused:
            there = next(iter(error.failed.values())) or {}
            reserved = bool(there.get("gone"))
            raise ConflictError(
                "A deleted field of this name had another type; records may still have its values."
                if reserved
                else f"There is a {field.record_type} field of this name already.",
                code="name_reserved" if reserved else "duplicate_name",
                errors=[FieldProblem("/name", "duplicate", "This name is taken.")],
            ) from error
        if count in error.refused:
            (had,) = [item or {} for item in error.failed.values()]
            for what, share in _share(field).items():
                if share and had.get(what, 0) >= _LIMITS[what]:
                    raise _too_many(what) from error
            raise _too_many("made") from error

    def _forget(self) -> None:
        forget_one(self._table)


def _share(field: FieldDefinition) -> dict[str, int]:
    """Return what a field takes of its record type's limits."""
    return {
        "living": 1,
        "indexed": int(field.indexed),
        "uniques": int(field.unique),
        "references": int(field.type == "reference"),
    }


def _too_many(what: str) -> ConflictError:
    kind, code = _NAMES[what]
    return ConflictError(f"A record type has at most {_LIMITS[what]:,} {kind}.", code=code)
