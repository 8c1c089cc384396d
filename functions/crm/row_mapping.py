"""A row of a file as the fields of a record, or what is wrong with it: where, what and why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from functions.crm.cell_values import minor, parsed
from functions.crm.csv_records import MAX_CELL, Format, Record, rescued, undecodable
from functions.crm.currencies import CURRENCIES
from functions.crm.import_targets import JOINED
from functions.crm.spreadsheet_cells import parted, unescaped
from functions.crm.target_table import Refers, Target
from functions.shared.errors import FieldProblem

MAX_SHOWN = 100  # characters of a value that a fault quotes
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
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


class Named(NamedTuple):
    """Records that a cell names: by what, the column, and each of their values."""

    refers: Refers
    column: int
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Values:
    """What a row says: `fields` as the API takes them, the record's `id` if the row names it, which
    mapped fields it leaves empty, and what records it names by other values than their ids.
    `employer` is the company that its e-mail address is of, for a new contact that names none."""

    fields: dict[str, Any]
    record_id: str | None
    empty: frozenset[str]
    named: Sequence[Named] = ()
    employer: str | None = None


class Mapper:
    """Turns rows into values, by a mapping of columns (from 1) to targets. `defaults` are texts by
    target for new records, where a row says nothing; raises RowRefusedError for bad ones."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        mapping: Sequence[tuple[int, str]],
        width: int,
        shape: Format,
        fallback: str | None = None,
        defaults: Mapping[str, str] | None = None,
    ) -> None:
        self._plan = [(column, targets[name]) for column, name in sorted(mapping)]
        self._currency = (defaults or {}).get("currency")
        self._width = width
        self._shape = shape
        self._fallback = fallback
        self._columns: dict[str, int] = {}
        for column, target in self._plan:
            self._columns.setdefault(target.name, column)
        self.targets = {target.name: target for _, target in self._plan}
        self._names = frozenset(self._columns)
        told = [(0, targets[name]) for name in defaults or () if name != "currency"]
        faults: list[Fault] = []
        self.defaults = self._fields(told, dict(defaults or {}), faults)[0]
        if faults:
            raise RowRefusedError(*faults)

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
        empty = self._names - texts.keys()
        if self._currency is not None:
            texts.setdefault("currency", self._currency)
        fields, named = self._fields(self._plan, texts, faults)
        if faults:
            raise RowRefusedError(*faults)
        return Values(fields, texts.get("id"), empty, named)

    def key_of(self, record: Record, name: str) -> str | None:
        """Return the text that a row has for one target; None where it has none or is faulty."""
        column = self._columns[name]
        if record.fault is not None or column > len(record.cells):
            return None
        return unescaped(record.cells[column - 1].strip()) or None

    def fault_at(self, problem: FieldProblem, cells: Sequence[str]) -> Fault:
        """Return what is wrong with a record's field as a fault of the row's cell."""
        column = self._column_of(problem.pointer.split("/")[1:])
        value = cells[column - 1] if column is not None and column <= len(cells) else ""
        return Fault(problem.code, problem.message, column, quoted(value))

    def _column_of(self, parts: Sequence[str]) -> int | None:
        """Return the column of what a JSON pointer leads to, or of what that is a part of."""
        if parts[1:] == ["currency"] and "currency" in self._columns:
            return self._columns["currency"]
        for name in (".".join(parts[:2]), *parts[:1], *parts[-1:]):
            if name in self._columns:
                return self._columns[name]
        return next((column for column, each in self._plan if each.field in parts[:1]), None)

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
                        quoted(again or cell),
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
                    quoted(cell),
                )
            )
            return ""
        return unescaped(cell.strip())

    def _fields(
        self,
        plan: Sequence[tuple[int, Target]],
        texts: Mapping[str, str],
        faults: list[Fault],
    ) -> tuple[dict[str, Any], Sequence[Named]]:
        fields: dict[str, Any] = {}
        named: list[Named] = []
        for column, target in plan:
            name = target.name
            if name not in texts or name == "id" or (name in JOINED and name in fields):
                continue
            text, refers = texts[name], target.refers
            if refers is not None:
                named.append(Named(refers, column, parted(text) if refers.many else [text]))
                continue
            if target.kind == "amount":
                self._money(name, column, texts, fields, faults)
            if target.kind == "amount" or name == "currency":
                continue
            try:
                value = text if target.kind == "text" else parsed(text, target.kind)
            except ValueError as error:
                faults.append(Fault(f"invalid_{target.kind}", str(error), column, quoted(text)))
                continue
            top, _, inner = name.partition(".")
            if inner:
                fields.setdefault(top, {})[inner] = value
            else:
                fields[name] = value
        return fields, named

    def _money(
        self, name: str, column: int, texts: Mapping[str, str], fields: dict[str, Any],
        faults: list[Fault],
    ) -> None:  # fmt: skip
        currency = texts.get("currency", "").upper()
        if currency not in CURRENCIES:
            faults.append(
                Fault("invalid_currency", "An amount needs a currency code of ISO 4217.",
                      self._columns.get("currency", column), quoted(texts.get("currency", "")))
            )  # fmt: skip
            return
        try:
            amount = minor(texts[name], currency)
        except ValueError as error:
            faults.append(Fault("invalid_amount", str(error), column, quoted(texts[name])))
            return
        fields[name] = {"amount_minor": amount, "currency": currency}


def quoted(text: str) -> str:
    """Return a value as a fault may show it: short, one line, only what prints."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text[: MAX_SHOWN + 1])
    return shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "…"
