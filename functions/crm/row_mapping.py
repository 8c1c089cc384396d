"""A row of a file as the fields of a record, or what is wrong with it: where, what and why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from functions.crm.csv_records import MAX_CELL, Format, Record, rescued, undecodable
from functions.crm.currencies import CURRENCIES, minor_digits
from functions.crm.import_targets import CUSTOM, JOINED, Target
from functions.crm.spreadsheet_cells import unescaped
from functions.shared.errors import FieldProblem

MAX_SHOWN = 100  # characters of a value that a fault quotes
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BOOLEANS = {
    "true": True, "yes": True, "y": True, "1": True, "ja": True, "x": True, "wahr": True,
    "false": False, "no": False, "n": False, "0": False, "nein": False, "falsch": False,
}  # fmt: skip
_FAULTS = {
    "unclosed_quote": "A quoted cell begins in this line and does not end. Double the quotes that "
    "belong to a text.",
    "record_too_long": f"A cell has more than {MAX_CELL:,} characters, or the line is too long.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was refused: a stable code and a sentence; `column` (from 1) and what stood there,
    where it is about one cell."""

    code: str
    message: str
    column: int | None = None
    value: str = ""


class RowRefusedError(Exception):
    """A row cannot become a record; `faults` say why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Values:
    """What a row says: `fields` as the API takes them, the record's `id` if the row names it, and
    which mapped fields it leaves empty."""

    fields: dict[str, Any]
    record_id: str | None
    empty: frozenset[str]


class Mapper:
    """Turns rows into values, by a mapping of columns (from 1) to targets."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        mapping: Sequence[tuple[int, str]],
        width: int,
        shape: Format,
        fallback: str | None = None,
    ) -> None:
        self._plan = [(column, targets[name]) for column, name in sorted(mapping)]
        self._width = width
        self._shape = shape
        self._fallback = fallback
        self._columns: dict[str, int] = {}
        for column, target in self._plan:
            self._columns.setdefault(target.name, column)
        self._names = frozenset(self._columns)

    def values(self, record: Record) -> Values:
        """Return what a row says; raises RowRefusedError with everything that is wrong with it."""
        if record.fault is not None:
            raise RowRefusedError(Fault(record.fault, _FAULTS[record.fault]))
        cells = record.cells
        if len(cells) != self._width:
            cells = self._squared(cells)
        faults: list[Fault] = []
        texts: dict[str, str] = {}
        for column, target in self._plan:
            text = self._text(cells[column - 1], column, faults)
            if not text:
                continue
            name = target.name
            texts[name] = f"{texts[name]} {text}" if name in texts else text
        fields = self._fields(texts, faults)
        if faults:
            raise RowRefusedError(*faults)
        return Values(fields, texts.get("id"), self._names - texts.keys())

    def key_of(self, record: Record, name: str) -> str | None:
        """Return the text that a row has for one target; None where it has none or is faulty."""
        column = self._columns[name]
        if record.fault is not None or column > len(record.cells):
            return None
        return unescaped(record.cells[column - 1].strip()) or None

    def fault_at(self, problem: FieldProblem, cells: Sequence[str]) -> Fault:
        """Return what is wrong with a record's field as a fault of the row's cell."""
        parts = problem.pointer.split("/")[1:]
        name = ".".join(parts[:2]) if parts[:1] == ["custom"] else parts[0] if parts else ""
        if parts == ["amount", "currency"] and "currency" in self._columns:
            name = "currency"
        column = self._columns.get(name)
        value = cells[column - 1] if column is not None and column <= len(cells) else ""
        return Fault(problem.code, problem.message, column, _quoted(value))

    def _squared(self, cells: list[str]) -> list[str]:
        """Return the cells of a ragged row where nothing can have moved to another column: empty
        ones too many at its end."""
        if len(cells) > self._width and not any(map(str.strip, cells[self._width :])):
            return cells[: self._width]
        raise RowRefusedError(
            Fault("ragged_row", f"The row has {len(cells)} cells, not {self._width}.")
        )

    def _text(self, cell: str, column: int, faults: list[Fault]) -> str:
        if cell.isascii() and cell.isprintable():  # by far the most
            return unescaped(cell.strip())
        if undecodable(cell):
            again = rescued(cell, self._shape, self._fallback or "cp1252")
            if again is None or self._fallback is None:
                faults.append(
                    Fault(
                        "invalid_encoding",
                        f"The text is not in the file's encoding ({self._shape.encoding}).",
                        column,
                        _quoted(again or cell),
                    )
                )
                return ""
            cell = again
        if _CONTROL.search(cell):
            faults.append(
                Fault(
                    "control_character",
                    "The text has characters that are none, such as NUL.",
                    column,
                    _quoted(cell),
                )
            )
            return ""
        return unescaped(cell.strip())

    def _fields(self, texts: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        for column, target in self._plan:
            name = target.name
            if name not in texts or name == "id" or (name in JOINED and name in fields):
                continue
            if target.kind == "amount" or name == "currency":
                continue
            try:
                value = _parsed(texts[name], target)
            except ValueError as error:
                faults.append(Fault(f"invalid_{target.kind}", str(error), column,
                                    _quoted(texts[name])))  # fmt: skip
                continue
            if name.startswith(CUSTOM):
                custom[name.removeprefix(CUSTOM)] = value
            else:
                fields[name] = value
        if custom:
            fields["custom"] = custom
        if "amount" in texts:
            self._money(texts, fields, faults)
        return fields

    def _money(self, texts: Mapping[str, str], fields: dict[str, Any], faults: list[Fault]) -> None:
        currency = texts.get("currency", "").upper()
        if currency not in CURRENCIES:
            column = self._columns.get("currency", self._columns["amount"])
            faults.append(
                Fault("invalid_currency", "An amount needs a currency code of ISO 4217.", column,
                      _quoted(texts.get("currency", "")))
            )  # fmt: skip
            return
        try:
            minor = _minor(texts["amount"], currency)
        except ValueError as error:
            faults.append(
                Fault(
                    "invalid_amount", str(error), self._columns["amount"], _quoted(texts["amount"])
                )
            )
            return
        fields["amount"] = {"amount_minor": minor, "currency": currency}


def number(text: str) -> Decimal:
    """Return a number as people write it: `1234.5`, `1,234.50`, `1.234,50`, `1 234,5`, `1'234`.
    Raises ValueError; also for `1,234` and `1.234`, which mean two things, unless the part behind
    is not of three digits."""
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text)
    if not re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*", bare, re.ASCII):
        raise ValueError("This is not a number.")
    point = max(bare.rfind("."), bare.rfind(","))
    marks = [mark for mark in ".," if mark in bare]
    if len(marks) == 2:
        whole, fraction = bare[:point], bare[point + 1 :]
        whole = re.sub(r"[.,]", "", whole)
    elif not marks:
        whole, fraction = bare, ""
    elif bare.count(marks[0]) > 1:
        whole, fraction = bare.replace(marks[0], ""), ""
    else:
        whole, fraction = bare[:point], bare[point + 1 :]
        if len(fraction) == 3 and marks[0] == ",":
            raise ValueError("This number can be read in two ways; write it without separators.")
    try:
        return Decimal(f"{whole or 0}.{fraction}" if fraction else whole)
    except InvalidOperation as error:
        raise ValueError("This is not a number.") from error


def _minor(text: str, currency: str) -> int:
    minor = number(text).scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{currency} has {minor_digits(currency)} decimal places.")
    return int(minor)


def _parsed(text: str, target: Target) -> Any:
    match target.kind:
        case "list" | "choices":
            return [each.strip() for each in re.split(r"[;,\n]", text) if each.strip()]
        case "number":
            value = number(text)
            whole = value == value.to_integral_value() and abs(value) < 2**53
            return int(value) if whole else float(value)
        case "boolean":
            if text.lower() not in _BOOLEANS:
                raise ValueError("This is neither yes nor no.")
            return _BOOLEANS[text.lower()]
    return text


def _quoted(text: str) -> str:
    """Return a value as a fault may show it: short, one line, only what prints."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text[: MAX_SHOWN + 1])
    return shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "…"
