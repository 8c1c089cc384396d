"""What bulk work needs of a store of records: many looked up at once, and the writes of each change
as values, so that many changes can share a transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.crm.fields import Fields
from functions.crm.model import CrmRecord
from functions.shared.errors import FieldProblem
from functions.shared.writes import Write

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A write, and what it means when its condition does not hold: a fault of a field; or (None)
    that the record is not as it was read."""

    write: Write
    problem: FieldProblem | None = None

    @property
    def key(self) -> Key:
        item = getattr(self.write, "key", None) or getattr(self.write, "item", {})
        return item["pk"], item["sk"]


class Lookup(Protocol):
    """The records of one type as one caller sees them."""

    def by_value(self, field: str, values: Sequence[Any]) -> Mapping[Any, CrmRecord]:
        """Return the records that have one of these unique values, by value (2 requests for each
        100)."""

    def by_id(self, ids: Sequence[str]) -> Mapping[str, CrmRecord]:
        """Return those of some records that are there (1 request for each 100)."""


class BulkStore(Lookup, Protocol):
    """The same records, and the writes that change them."""

    def taken(self, records: Sequence[CrmRecord]) -> Mapping[str, Sequence[FieldProblem]]:
        """Return, by the new record's id, which of their unique values others have."""

    def new(self, fields: Fields, record_id: str) -> CrmRecord:
        """Return a new record; raises InvalidError."""

    def edited(self, old: CrmRecord, patch: Fields) -> CrmRecord:
        """Return the next version, or `old` itself; raises InvalidError."""

    def restored(self, old: CrmRecord, was: Mapping[str, Any]) -> CrmRecord:
        """Return the next version, with some fields as they were."""

    def birth(self, record: CrmRecord) -> Sequence[Guarded]:
        """Return the writes that make a record; raises InvalidError."""

    def succession(self, old: CrmRecord, new: CrmRecord) -> Sequence[Guarded]:
        """Return the writes that change a record; raises InvalidError."""

    def death(self, old: CrmRecord) -> Sequence[Guarded]:
        """Return the writes that delete a record softly."""


@dataclass(frozen=True, slots=True)
class Importable:
    """A type of record that files can hold."""

    resource: str  # in scopes: contacts
    kind: type[CrmRecord]
    new: type[Fields]
    patch: type[Fields]
    unique: tuple[str, ...]  # fields whose values occur once: a row finds its record by them
    needs: str = "name"  # what every new record says
