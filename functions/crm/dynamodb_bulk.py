"""Many records at once: the writes of each change as values, for transactions that are shared.

    pattern                            index  requests                         units
    records by a unique value          table  2 BatchGetItem for each 100      1 RRU a marker, a
    record records by id                      table  1 BatchGetItem for each 100      1 RRU a record
    which values are taken             table  1 BatchGetItem for each 100      1 RRU a marker

What a single change holds to (`records`, `dynamodb`) holds here too, by the same code: ownership,
unique values, references, versions, visibility, the stamp of its event.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from functions.crm.bulk import Guarded, Importable
from functions.crm.dynamodb import CrmRecords
from functions.crm.fields import Fields
from functions.crm.model import CrmRecord
from functions.shared.caller import Caller
from functions.shared.check import Action, Door, RecordName
from functions.shared.clock import now
from functions.shared.errors import FieldProblem
from functions.shared.ids import is_id
from functions.shared.record import stamp
from functions.shared.records import RESTORE_DAYS, unlist
from functions.shared.table import Put, Table

T = TypeVar("T")

_LOOKUP = 100  # items of a BatchGetItem


class BulkRecords(CrmRecords[CrmRecord]):
    """The records of one type, as bulk work changes them; see `bulk.BulkStore`."""

    def __init__(
        self,
        table: Table,
        what: Importable,
        caller: Caller,
        *,
        people: Door,
        source: str = "import",
    ) -> None:
        super().__init__(table, what.kind, caller, unique=what.unique, people=AskedOnce(people))
        self._source = source

    def by_value(self, field: str, values: Sequence[str]) -> Mapping[str, CrmRecord]:
        owners = self._owners({value: (field, value) for value in values})
        records = self.by_id(list(dict.fromkeys(owners.values())))
        return {value: records[owner] for value, owner in owners.items() if owner in records}

    def by_id(self, ids: Sequence[str]) -> Mapping[str, CrmRecord]:
        found: dict[str, CrmRecord] = {}
        keys = [(self._table.key(each), "RECORD") for each in ids if is_id(each, self._kind.PREFIX)]
        for some in _hundreds(keys):
            for item in self._table.get_many(some, consistent=True).values():
                if "deleted_at" not in item and not self._hidden(item):
                    found[item["id"]] = self._kind.model_validate(item)
        return found

    def taken(self, records: Sequence[CrmRecord]) -> Mapping[str, Sequence[FieldProblem]]:
        claimed = {
            (record.id, field): (field, value)
            for record in records
            for field, value in self._uniques(record).items()
        }
        problems: dict[str, list[FieldProblem]] = {}
        for (record_id, field), owner in self._owners(claimed).items():
            if owner != record_id:
                problems.setdefault(record_id, []).append(_taken(field))
        return problems

    def new(self, fields: Fields, record_id: str) -> CrmRecord:
        record = self._kind.of(fields, self._caller).model_copy(update={"id": record_id})
        return self._defined(record, None)

    def edited(self, old: CrmRecord, patch: Fields) -> CrmRecord:
        new = old.patched(patch)
        return old if new is old else self._defined(new, old)

    def restored(self, old: CrmRecord, was: Mapping[str, Any]) -> CrmRecord:
        return old.changed(**was)

    def birth(self, record: CrmRecord) -> Sequence[Guarded]:
        self._check_ownership(record, None)
        item = self._item(record, [self._stamp("created")])
        return [
            Guarded(Put(item, "attribute_not_exists(pk)")),
            *self._claimed(record, self._uniques(record)),
            *self._referring(record, ()),
        ]

    def succession(self, old: CrmRecord, new: CrmRecord) -> Sequence[Guarded]:
        self._check_ownership(new, old)
        before, after = self._uniques(old), self._uniques(new)
        item = self._item(new, [self._stamp("updated")])
        return [
            Guarded(self._at_version(item, old)),
            *self._claimed(new, _without(after, before)),
            *(Guarded(self._release(*each, old)) for each in _without(before, after).items()),
            *self._referring(new, self._references(old)),
        ]

    def death(self, old: CrmRecord) -> Sequence[Guarded]:
        gone = old.changed()
        expiry = int(now().timestamp()) + RESTORE_DAYS * 86_400
        item = self._item(gone, [self._stamp("deleted")])
        unlist(item)
        item |= {"deleted_at": gone.updated_at, "expires_at_epoch": expiry}
        closed = {"pk": self._table.key("TIMELINE", old.id), "sk": "~DELETED"}
        return [
            Guarded(self._at_version(item, old)),
            *(Guarded(self._release(*each, old)) for each in self._uniques(old).items()),
            Guarded(Put({**closed, "expires_at_epoch": expiry})),
        ]

    def _stamp(self, event: str) -> dict[str, Any]:
        return stamp(f"{self._kind.OBJECT}.{event}", self._caller, source=self._source)

    def _owners(self, wanted: Mapping[T, tuple[str, str]]) -> dict[T, str]:
        """Return, for (field, value) pairs, the ids of the records that have them."""
        keys = {}
        for name, (field, value) in wanted.items():
            marker = self._marker_key(field, value)
            keys[name] = (marker["pk"], marker["sk"])
        owners: dict[tuple[str, str], str] = {}
        for some in _hundreds(list(dict.fromkeys(keys.values()))):
            found = self._table.get_many(some, consistent=True)
            owners |= {key: item["owner"] for key, item in found.items()}
        return {name: owners[key] for name, key in keys.items() if key in owners}

    def _claimed(self, record: CrmRecord, values: Mapping[str, Any]) -> Iterator[Guarded]:
        for field, put in self._claims(record, values).items():
            yield Guarded(put, _taken(field))

    def _referring(self, record: CrmRecord, known: Sequence[Any]) -> Iterator[Guarded]:
        before = {each.id for each in known}
        new = [each for each in self._references(record) if each.id not in before]
        pointers = {each.id: each.pointer for each in new}
        for record_id, check in self._checks(new).items():
            yield Guarded(
                check,
                FieldProblem(pointers[record_id], "unknown_reference", "There is no such record."),
            )


class AskedOnce:
    """A door that is asked about each record once: rows name the same owners again and again."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: dict[RecordName, bool] = {}

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        new = [each for each in records if each not in self._known]
        if new:
            absent = self._door.missing(new, action=action, deleted=deleted)
            self._known |= {each: each in absent for each in new}
        return [each for each in records if self._known[each]]

    def shown(self, records: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
        return self._door.shown(records)


def _taken(field: str) -> FieldProblem:
    name = field.partition(".")[0]
    return FieldProblem(
        "/" + field.replace(".", "/"), f"duplicate_{name}", "Another record has this value already."
    )


def _without(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in values.items() if others.get(field) != value}


def _hundreds(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(values), _LOOKUP):
        yield values[first : first + _LOOKUP]
