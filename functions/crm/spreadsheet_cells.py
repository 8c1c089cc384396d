"""Cells that a spreadsheet shows and does not run.

A cell that begins with `= + - @`, a tab or a line end is a formula to a spreadsheet, and may call
programs and send data away (OWASP, "CSV Injection"). Such a cell is written with an apostrophe
before it, which spreadsheets take as "this is text". So that reading back gives what was written, a
cell that begins with apostrophes before one of these characters gets one more; `unescaped` takes
one away. Numbers that are numbers, not text, are written as they are."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_RISKY = re.compile(r"'*[=+\-@\t\r\n]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")


class Number(str):
    """A number that is already written, such as an amount of money."""


def escaped(text: str) -> str:
    """Return a text so that no spreadsheet runs it."""
    return f"'{text}" if _RISKY.match(text) else text


def unescaped(text: str) -> str:
    """Return what `escaped` was given."""
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text


def cell(value: object) -> str:
    """Return a value as a cell: text escaped, lists joined by `; `."""
    match value:
        case None:
            return ""
        case Number():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list() | tuple():
            return escaped("; ".join(map(str, value)))
    return escaped(str(value))


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180), each cell as `cell` says."""
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()
