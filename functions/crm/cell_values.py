"""What stands in a cell, as the value of a field: numbers, dates, times and lists as people and
their programs write them. Whatever could mean two things is refused."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from functions.crm.activity_fields import LINKED
from functions.crm.currencies import minor_digits
from functions.crm.model import VIDEO
from functions.crm.spreadsheet_cells import parted

_BOOLEANS = {
    "true": True, "yes": True, "y": True, "1": True, "ja": True, "x": True, "wahr": True,
    "false": False, "no": False, "n": False, "0": False, "nein": False, "falsch": False,
}  # fmt: skip
_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].*)?", re.ASCII)
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2}|UTC)?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})", re.ASCII)
_TYPES = {prefix: kind for kind, prefix in LINKED.items() if kind != VIDEO}


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


def minor(text: str, currency: str) -> int:
    """Return an amount in the minor unit of a currency; raises ValueError."""
    exact = number(text).scaleb(minor_digits(currency))
    if exact != exact.to_integral_value():
        raise ValueError(f"{currency} has {minor_digits(currency)} decimal places.")
    return int(exact)


def day(text: str) -> str:
    """Return a date such as `2026-12-31` or `31.12.2026`, also of a time; raises ValueError for
    `12/31/2026` and what is none."""
    if found := _DAY.fullmatch(text):
        year, month, of_month = found.groups()
    elif found := _GERMAN_DAY.fullmatch(text):
        of_month, month, year = found.groups()
    else:
        raise ValueError("Write a date like 2026-12-31.")
    return f"{year}-{int(month):02}-{int(of_month):02}"


def instant(text: str) -> str:
    """Return a time in RFC 3339's form; one without an offset is in UTC. Raises ValueError."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError("Write a time like 2026-11-22T21:59:17Z.")
    date, hour, minute, seconds, offset = found.groups()
    if offset is None or offset.upper() in ("Z", "UTC"):
        offset = "Z"
    elif ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{date}T{int(hour):02}:{minute}{seconds or ':00'}{offset}"


def duration(text: str) -> int:
    """Return milliseconds, of a whole number of them or of `12:30` (minutes and seconds) or
    `01:12:30`; raises ValueError."""
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(each or 0) for each in found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1_000
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
        raise ValueError("Write a duration as milliseconds, or like 00:12:30.")
    return int(text)


def _number(text: str) -> int | float:
    value = number(text)
    whole = value == value.to_integral_value() and abs(value) < 2**53
    return int(value) if whole else float(value)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError("This is neither yes nor no.")
    return _BOOLEANS[text.lower()]


def _option(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.lower())


def _links(text: str) -> list[dict[str, str]]:
    ids = parted(text)
    if any(each[:3] not in _TYPES for each in ids):
        raise ValueError(f"Name records by ids that begin with {', '.join(sorted(_TYPES))}.")
    return [{"type": _TYPES[each[:3]], "id": each} for each in ids]


_READ: Mapping[str, Callable[[str], Any]] = {
    "list": parted, "choices": parted, "number": _number, "boolean": _boolean, "option": _option,
    "day": day, "instant": instant, "duration": duration, "links": _links,
}  # fmt: skip


def parsed(text: str, kind: str) -> Any:
    """Return a cell's text as the value of a kind of target; raises ValueError with a sentence."""
    read = _READ.get(kind)
    return text if read is None else read(text)
