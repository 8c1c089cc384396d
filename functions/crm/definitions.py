"""Custom fields: what a workspace has defined for its records, and what that asks of their values.

How a definition may change, and what becomes of the values that are there:

    label, description   at any time
    required             from then on a new record must have a value, and nobody may clear one; a
                         record that is older than the rule and has none may still be changed
    options              may be added, renamed, put in order and archived; none goes away, for
                         records may have it. An archived one is kept where it is, and given to
                         no other record
    indexed              at any time, within MAX_INDEXED
    sensitivity          at any time; events and audit entries that were written stay as they are
    name, type, unique,  never: define another field. So a value that was good when it was
    references           written is good for ever, and what is unique has been so from the start
    deleted              its values are hidden at once, and go from each record with its next
                         change. The name can be used again by a field of the same type,
                         references and uniqueness alone; records not changed since then still
                         have their values

Sensitivity says where values may go:

    public      anywhere
    internal    (usual) wherever the record itself goes: API, exports, events, timelines
    personal    as internal; they are personal data for whoever exports or erases
    sensitive   shown by the API to who may read the record, and nowhere else: they are in no
                event and no timeline, of the audit log they are in no entry (that they changed
                is), and they can be neither indexed nor unique
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from functions.crm import values
from functions.crm.definition_fields import FieldPatch, NewField, Option, Sensitivity
from functions.crm.values import FieldType, RecordType, Value
from functions.shared.caller import Caller
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.record import Record
from functions.shared.validation import MAX_FAULTS, pointer

_WITH_OPTIONS = frozenset({"enum", "multi_enum"})
_MAY_BE_UNIQUE = frozenset({"text", "number", "url", "email", "phone"})


class FieldDefinition(Record):
    """A custom field of one type of record."""

    PREFIX: ClassVar[str] = "fld"
    OBJECT: ClassVar[str] = "field"

    record_type: RecordType
    name: str
    label: str
    description: str = ""
    type: FieldType
    required: bool = False
    unique: bool = False
    indexed: bool = False
    sensitivity: Sensitivity = "internal"
    options: Sequence[Option] | None = None
    references: RecordType | None = None

    @classmethod
    def of(cls, fields: NewField, caller: Caller) -> Self:
        """Return a new definition; raises InvalidError when its parts do not fit together."""
        made = cls.born(caller, **fields.model_dump())
        _refuse(made.faults())
        return made

    def patched(self, patch: FieldPatch) -> Self:
        """Return the next version, or this very one when nothing changes. Raises InvalidError
        when the result does not fit together, or an option that was there is missing."""
        told = patch.model_dump(exclude_unset=True)
        if told.items() <= self.model_dump(include=set(told)).items():
            return self
        new = self.changed(**told)
        _refuse([*new.faults(), *self._lost(new)])
        return new

    @property
    def place(self) -> str:
        """Where it stands in lists: by record type and name."""
        return f"{self.record_type}#{self.name}"

    @property
    def signature(self) -> str:
        """What a field must have in common with a deleted one whose name it takes."""
        return f"{self.type}:{self.references or ''}:{'unique' if self.unique else ''}"

    def checked(self, value: Any, old: Any = None, region: str | None = None) -> Value:
        """Return a value in the form in which it is kept; raises ValueError with a sentence.

        `old` is the value that stands there: archived options in it may stay. `region` is where
        phone numbers without a country code are dialled from.
        """
        match self.type:
            case "phone":
                return values.phone(value, region)
            case "reference":
                return values.reference(value, str(self.references))
            case "enum":
                return values.choice(value, self._offered())
            case "multi_enum":
                return values.choices(value, self._offered(old if isinstance(old, list) else ()))
        return values.SIMPLE[self.type](value)

    def _offered(self, besides: Sequence[str] = ()) -> list[str]:
        return [
            each.value for each in self.options or () if not each.archived or each.value in besides
        ]

    def faults(self) -> Iterator[FieldProblem]:
        """Yield what of the definition's parts does not fit the others."""
        if (self.options is not None) != (self.type in _WITH_OPTIONS):
            yield FieldProblem(
                "/options", "options_mismatch", "`enum` and `multi_enum` have options, others none."
            )
        if (self.references is not None) != (self.type == "reference"):
            yield FieldProblem(
                "/references", "references_mismatch",
                "A `reference` says what type of record it references, others do not.",
            )  # fmt: skip
        if self.unique and self.type not in _MAY_BE_UNIQUE:
            yield FieldProblem(
                "/unique", "cannot_be_unique",
                f"Only these types can be unique: {', '.join(sorted(_MAY_BE_UNIQUE))}.",
            )  # fmt: skip
        if self.sensitivity == "sensitive" and (self.unique or self.indexed):
            yield FieldProblem(
                "/sensitivity", "sensitive_in_keys",
                "A sensitive field can be neither unique nor indexed: keys would hold its values.",
            )  # fmt: skip

    def _lost(self, new: Self) -> Iterator[FieldProblem]:
        kept = {each.value for each in new.options or ()}
        if any(each.value not in kept for each in self.options or ()):
            yield FieldProblem(
                "/options", "option_removed", "Records may have this option; archive it instead."
            )


def _refuse(faults: Iterable[FieldProblem]) -> None:
    if found := list(faults):
        raise InvalidError("The field's parts do not fit; see `errors`.", errors=found)


class Deleted(BaseModel):
    """What stays of a deleted field: its name, and what a new one under it must be like."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    record_type: RecordType
    name: str
    unique: bool


LinkPolicy = Literal["off", "link", "create"]  # what becomes of contacts without a company

_NONE: Mapping[str, Any] = {}


class Definitions:
    """All custom fields of one workspace."""

    def __init__(
        self,
        fields: Iterable[FieldDefinition] = (),
        deleted: Iterable[Deleted] = (),
        *,
        phone_region: str | None = None,
        duplicates: Mapping[str, str] = _NONE,
        sources: Mapping[str, bool] = _NONE,
        link_companies: LinkPolicy = "off",
    ) -> None:
        self.phone_region = phone_region  # where numbers without a country code are dialled
        self.duplicates = duplicates  # what is done about them, by type: `off` where left out
        self.link_companies = link_companies  # by the domains of contacts' addresses
        self.sources = sources  # of leads, by key: whether archived
        self._live: dict[str, dict[str, FieldDefinition]] = {}
        self._deleted: dict[str, dict[str, Deleted]] = {}
        for field in fields:
            self._live.setdefault(field.record_type, {})[field.name] = field
        for gone in deleted:
            self._deleted.setdefault(gone.record_type, {})[gone.name] = gone
        self._required = {
            kind: [each.name for each in live.values() if each.required]
            for kind, live in self._live.items()
        }

    def of(self, kind: str) -> Mapping[str, FieldDefinition]:
        """Return the fields of a record type (`contact`) by their names."""
        return self._live.get(kind, _NONE)

    def all(self, kind: str | None = None) -> list[FieldDefinition]:
        """Return the fields of a record type, or of all, by record type and name."""
        kinds = sorted(self._live) if kind is None else [kind]
        return sorted(
            (field for each in kinds for field in self.of(each).values()),
            key=lambda field: field.place,
        )

    def indexed(self) -> dict[str, dict[str, str]]:
        """Return the fields that have an index, as `functions.crm.index.Indexed`."""
        return {
            kind: {name: field.type for name, field in live.items() if field.indexed}
            for kind, live in self._live.items()
        }

    def know(self, kind: str, names: Iterable[str]) -> bool:
        """Say whether each of these names is a field's, or was one's."""
        live, gone = self._live.get(kind, _NONE), self._deleted.get(kind, _NONE)
        return all(name in live or name in gone for name in names)

    def check(
        self,
        kind: str,
        custom: Mapping[str, Any],
        old: Mapping[str, Any] | None = None,
    ) -> dict[str, Value]:
        """Return custom values as they are kept, those of deleted fields left out.

        `old` are the values of the record that is changed; None: it is new. What stays as it was
        is not looked at again. Raises InvalidError, which names every fault: unknown fields,
        values that do not fit, required ones that are missing.
        """
        live, before = self.of(kind), old or _NONE
        kept: dict[str, Value] = {}
        faults: list[FieldProblem] = []
        for name, value in custom.items():
            field = live.get(name)
            if name in before and _same(before[name], value):
                if field is not None:
                    kept[name] = value
            elif field is None:
                faults.append(_fault(name, "unknown_field", "There is no such field."))
            else:
                try:
                    kept[name] = field.checked(value, before.get(name), self.phone_region)
                except ValueError as error:
                    faults.append(_fault(name, f"invalid_{field.type}", str(error)))
        faults += [
            _fault(name, "required", "This field is required.")
            for name in self._required.get(kind, ())
            if name not in custom and (old is None or name in old)
        ]
        if faults:
            raise InvalidError(
                "The record's custom fields are not as they are defined; see `errors`.",
                errors=faults[:MAX_FAULTS],
            )
        return kept

    def shown(self, kind: str, custom: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return custom values without those of deleted fields; the very same when none is."""
        gone = self._deleted.get(kind, _NONE)
        if not gone or gone.keys().isdisjoint(custom):
            return custom
        return {name: value for name, value in custom.items() if name not in gone}

    def unique(self, kind: str, custom: Mapping[str, Any]) -> dict[str, Value]:
        """Return the values that occur once, by names such as `custom.badge`; those of deleted
        fields too, which are taken as long as a record has them."""
        live, gone = self._live.get(kind, _NONE), self._deleted.get(kind, _NONE)
        return {
            f"custom.{name}": value
            for name, value in custom.items()
            if (name in live and live[name].unique) or (name in gone and gone[name].unique)
        }

    def references(self, kind: str, custom: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (JSON pointer, id) of the records that custom values name."""
        live = self.of(kind)
        for name, value in custom.items():
            if name in live and live[name].type == "reference":
                yield f"/custom/{name}", value

    def sensitive(self, kind: str, custom: Mapping[str, Any]) -> list[str]:
        """Return the names among these whose values may not leave with events: those of sensitive
        fields, and of fields that are no more."""
        live = self.of(kind)
        return [
            name for name in custom if name not in live or live[name].sensitivity == "sensitive"
        ]


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _fault(name: str, code: str, sentence: str) -> FieldProblem:
    return FieldProblem(pointer(("custom", name)), code, sentence)
