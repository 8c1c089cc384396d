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
from decimal import Decimal

_RISKY = re.compile(r"'*[=+\-@\t\r\n]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")
_QUOTE = '"'
_SEPARATING = re.compile(r'[;,\n\r"]')
_BETWEEN = re.compile(r"[;,\n]")
# a quoted value, or one without separators
_VALUE = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=[;,\n]|$)|([^;,\n]+)')


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
        case int():
            return str(value)
        case float():
            return format(Decimal(repr(value)), "f")
        case list() | tuple():
            return escaped(joined([str(each) for each in value]))
    return escaped(str(value))


def joined(values: Sequence[str]) -> str:
    """Return a list as one text, `; ` between its values; one that has a separator or a quote in it
    is quoted as CSV has it."""
    quoted = (
        f'"{each.replace(_QUOTE, _QUOTE * 2)}"' if _SEPARATING.search(each) else each
        for each in values
    )
    return "; ".join(quoted)


def parted(text: str) -> list[str]:
    """Return the values of a list: what `joined` was given, and what people write, with semicolons,
    commas or line ends between values. Empty ones are left out."""
    if _QUOTE not in text:
        return [each.strip() for each in _BETWEEN.split(text) if each.strip()]
    found = (quoted.replace(_QUOTE * 2, _QUOTE) or bare.strip() for quoted, bare in
             _VALUE.findall(text))  # fmt: skip
    return [each for each in found if each]


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180), each cell as `cell` says."""
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()
