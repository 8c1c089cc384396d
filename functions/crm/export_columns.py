"""Which columns an export has, and what stands in them.

They follow from a type's own fields: what lies within a field is a column with a dotted name
(`call.direction`), an amount is a decimal number beside its currency, of a list of things there are
their ids, or what else they are known by. An import takes the columns that it writes back under
these very names (`target_table`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel

from functions.crm import spreadsheet_cells
from functions.crm.currencies import minor_digits
from functions.crm.model import CrmRecord
from functions.crm.money import Money

_ENVELOPE = ("id", "created_at", "updated_at", "version")
_NEVER = frozenset({"object", "created_by", "custom", "aliases", "stage_entered_by"})
_PRICES = ("amount", "price")  # amounts that have a column for their currency
_KNOWN_BY = ("id", "contact_id", "email", "name")
CUSTOM = "custom."


def columns_of(kind: type[CrmRecord], custom: Iterable[str]) -> list[str]:
    """Return the columns of a type of record: its own fields, its custom ones, then its
    envelope."""
    own = [
        column
        for name, field in kind.model_fields.items()
        if name not in _NEVER and name not in _ENVELOPE
        for column in _columns(name, field.annotation)
    ]
    return ["id", *own, *(CUSTOM + name for name in custom), *_ENVELOPE[1:]]


def csv_line(record: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Return a record as a line of CSV, safe for spreadsheets."""
    return spreadsheet_cells.lines([[_value(record, name) for name in columns]])


def selected(record: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a record that columns name, as JSON has them."""
    shown: dict[str, Any] = {}
    for name in columns:
        top, _, inner = name.partition(".")
        if not inner and top in record:
            shown[top] = record[top]
        elif inner and inner in (record.get(top) or {}):
            shown.setdefault(top, {})[inner] = record[top][inner]
    return shown


def _columns(name: str, annotation: Any) -> Iterator[str]:
    model = _model(annotation)
    if model is None:
        yield name
    elif model is not Money:
        for inner, field in model.model_fields.items():
            yield from _columns(f"{name}.{inner}", field.annotation)
    else:
        yield name
        before, dot, last = name.rpartition(".")
        if last in _PRICES:
            yield f"{before}{dot}currency"


def _model(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field is, or may be; None for values and for lists."""
    if isinstance(annotation, UnionType):
        return next(filter(None, map(_model, get_args(annotation))), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _value(record: Mapping[str, Any], name: str) -> Any:
    before, _, last = name.rpartition(".")
    if name.startswith(CUSTOM):
        before, last = "custom", name.removeprefix(CUSTOM)
    within: Any = record
    for part in before.split(".") if before else ():
        within = within.get(part) or {}
    if last == "currency" and last not in within:
        amount = next((within[each] for each in _PRICES if within.get(each)), None)
        return amount and amount["currency"]
    return _plain(within.get(last))


def _plain(value: Any) -> Any:
    match value:
        case {"amount_minor": int(minor), "currency": str(currency)}:
            digits = minor_digits(currency)
            whole, rest = divmod(minor, 10**digits)
            return spreadsheet_cells.Number(f"{whole}.{rest:0{digits}d}" if digits else str(whole))
        case [{}, *_]:
            return [next((each[key] for key in _KNOWN_BY if each.get(key)), "") for each in value]
    return value
