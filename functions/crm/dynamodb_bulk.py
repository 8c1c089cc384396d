"""Many records at once: the writes of each change as values, for transactions that are shared.

    pattern                            index  requests                         units
    records by a unique value          table  2 BatchGetItem for each 100      1 RRU a marker, a
    records by id                      table  1 BatchGetItem for each 100      1 RRU a record
    which values are taken             table  1 BatchGetItem for each 100      1 RRU a marker

What a single change holds to (`records`, `dynamodb`) holds here too, by the same code: ownership,
unique values, references, versions, visibility, the stamp of its event.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from functions.crm.bulk import Guarded
from functions.crm.dynamodb import CrmRecords
from functions.crm.fields import Fields
from functions.crm.model import CrmRecord
from functions.shared.check import Action, Door, RecordName
from functions.shared.clock import now
from functions.shared.errors import FieldProblem
from functions.shared.ids import is_id
from functions.shared.record import stamp
from functions.shared.records import RESTORE_DAYS
from functions.shared.table import Put

R = TypeVar("R", bound=CrmRecord)
T = TypeVar("T")

KEPT_SECONDS = 30.0
_LOOKUP = 100  # items of a BatchGetItem


class BulkRecords(CrmRecords[R]):
    """The records of one type, as bulk work changes them; see `bulk.BulkStore`. Stands before the
    type's own class (`dynamodb_bulk_types`), whose rules for single changes it keeps."""

    def by_value(self, field: str, values: Sequence[Any]) -> Mapping[Any, R]:
        owners = self._owners({value: (field, value) for value in values})
        records = self.by_id(list(dict.fromkeys(owners.values())))
        return {value: records[owner] for value, owner in owners.items() if owner in records}

    def by_id(self, ids: Sequence[str]) -> Mapping[str, R]:
        found: dict[str, R] = {}
        keys = [(self._table.key(each), "RECORD") for each in ids if is_id(each, self._kind.PREFIX)]
        for some in _hundreds(keys):
            for item in self._table.get_many(some, consistent=True).values():
                if "deleted_at" not in item and not self._hidden(item):
                    found[item["id"]] = self._kind.model_validate(item)
        return found

    def taken(self, records: Sequence[R]) -> Mapping[str, Sequence[FieldProblem]]:
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

    def new(self, fields: Fields, record_id: str) -> R:
        record = self._kind.of(fields, self._caller).model_copy(update={"id": record_id})
        return self._defined(record, None)

    def edited(self, old: R, patch: Fields) -> R:
        new = old.patched(patch)
        return old if new is old else self._defined(new, old)

    def restored(self, old: R, was: Mapping[str, Any]) -> R:
        return old.changed(**was)

    def birth(self, record: R) -> Sequence[Guarded]:
        self._check_ownership(record, None)
        item = self._item(record, [stamp(f"{self._kind.OBJECT}.created", self._caller)])
        return [
            Guarded(Put(item, "attribute_not_exists(pk)")),
            *self._claimed(record, self._uniques(record)),
            *self._referring(record, ()),
        ]

    def succession(self, old: R, new: R) -> Sequence[Guarded]:
        self._check_ownership(new, old)
        before, after = self._uniques(old), self._uniques(new)
        item = self._item(new, self._stamps(old, new, "updated"))
        return [
            Guarded(self._at_version(item, old)),
            *self._claimed(new, _without(after, before)),
            *(Guarded(self._release(*each, old)) for each in _without(before, after).items()),
            *self._referring(new, self._references(old)),
            *map(Guarded, self._passed(old, new)),
        ]

    def death(self, old: R) -> Sequence[Guarded]:
        gone = old.changed()
        expiry = int(now().timestamp()) + RESTORE_DAYS * 86_400
        item = self._item(gone, [stamp(f"{self._kind.OBJECT}.deleted", self._caller)])
        self._bury(item, gone)
        item |= {"deleted_at": gone.updated_at, "expires_at_epoch": expiry}
        return [
            Guarded(self._at_version(item, old)),
            *(Guarded(self._release(*each, old)) for each in self._uniques(old).items()),
            Guarded(self._close(old.id)),
        ]

    def _owners(self, wanted: Mapping[T, tuple[str, Any]]) -> dict[T, str]:
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

    def _claimed(self, record: R, values: Mapping[str, Any]) -> Iterator[Guarded]:
        for field, put in self._claims(record, values).items():
            yield Guarded(put, _taken(field))

    def _referring(self, record: R, known: Sequence[Any]) -> Iterator[Guarded]:
        before = {each.id for each in known}
        new = [each for each in self._references(record) if each.id not in before]
        pointers = {each.id: each.pointer for each in new}
        for record_id, check in self._checks(new).items():
            yield Guarded(
                check,
                FieldProblem(pointers[record_id], "unknown_reference", "There is no such record."),
            )


class AskedOnce:
    """A door that is asked about each record once in KEPT_SECONDS: rows name the same owners, and
    rules the same members, again and again."""

    def __init__(self, door: Door, clock: Callable[[], float] = time.monotonic) -> None:
        self._door = door
        self._clock = clock
        self._until = 0.0
        self._known: dict[RecordName, bool] = {}
        self._shown: dict[RecordName, dict[str, Any]] = {}

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        self._age()
        new = [each for each in records if each not in self._known]
        if new:
            absent = self._door.missing(new, action=action, deleted=deleted)
            self._known |= {each: each in absent for each in new}
        return [each for each in records if self._known[each]]

    def shown(self, records: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
        self._age()
        new = [each for each in records if each not in self._shown]
        if new:
            found = self._door.shown(new)
            self._shown |= {each: found.get(each.id, {}) for each in new}
        return {each.id: known for each in records if (known := self._shown[each])}

    def _age(self) -> None:
        if self._clock() >= self._until:
            self._known.clear()
            self._shown.clear()
            self._until = self._clock() + KEPT_SECONDS


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
