"""Which columns an export has, and what stands in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.crm import spreadsheet_cells
from functions.crm.currencies import minor_digits
from functions.crm.model import CrmRecord

_ENVELOPE = ("id", "created_at", "updated_at", "version")
_NEVER = frozenset({"object", "created_by", "custom"})
CUSTOM = "custom."


def columns_of(kind: type[CrmRecord], custom: Iterable[str]) -> list[str]:
    """Return the columns of a type of record: its own fields, its custom ones, then its envelope.
    An amount is two columns: a decimal number, and its currency."""
    own = [name for name in kind.model_fields if name not in _NEVER and name not in _ENVELOPE]
    if "amount" in own:
        own.insert(own.index("amount") + 1, "currency")
    return ["id", *own, *(CUSTOM + name for name in custom), *_ENVELOPE[1:]]


def csv_line(record: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Return a record as a line of CSV, safe for spreadsheets."""
    return spreadsheet_cells.lines([[_value(record, name) for name in columns]])


def selected(record: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a record that columns name, as JSON has them."""
    custom = record.get("custom") or {}
    shown: dict[str, Any] = {}
    for name in columns:
        if name.startswith(CUSTOM):
            inner = name.removeprefix(CUSTOM)
            if inner in custom:
                shown.setdefault("custom", {})[inner] = custom[inner]
        elif name in record:
            shown[name] = record[name]
    return shown


def _value(record: Mapping[str, Any], name: str) -> Any:
    amount = record.get("amount")
    if name.startswith(CUSTOM):
        return (record.get("custom") or {}).get(name.removeprefix(CUSTOM))
    if isinstance(amount, Mapping) and name == "currency":
        return amount["currency"]
    if isinstance(amount, Mapping) and name == "amount":
        digits = minor_digits(amount["currency"])
        whole, rest = divmod(amount["amount_minor"], 10**digits)
        return spreadsheet_cells.Number(f"{whole}.{rest:0{digits}d}" if digits else str(whole))
    value = record.get(name)
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [each.get("id", "") for each in value]
    return value
