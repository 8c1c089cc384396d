"""The values of custom fields: what each type takes, and the one form in which it is kept.

type        takes                                        is kept as
text        1 to 2,000 characters                        as sent
number      within 2^53, or 1e-100 to 1e100 in size      3.0 as 3
boolean     true, false
date        a calendar day                               2026-12-31
datetime    RFC 3339 with an offset                      UTC, milliseconds: 2026-12-31T22:00:00.000Z
enum        an option's value
multi_enum  options' values, at most 100                 each once, in the options' order
url         an absolute http or https address            as sent
email       an address                                   as a contact's
phone       a number                                     E.164
reference   the id of a record of the field's type
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from functions.crm.phone_numbers import MAX_TYPED, e164
from functions.shared import natural_keys
from functions.shared.clock import iso
from functions.shared.ids import is_id

FieldType = Literal[
    "text", "number", "boolean", "date", "datetime", "enum", "multi_enum", "url", "email",
    "phone", "reference",
]  # fmt: skip
FIELD_TYPES: Sequence[FieldType] = get_args(FieldType)
# What a record's type is called, and how its ids begin.
RecordType = Literal["contact", "company", "lead", "deal", "activity", "product"]
RECORD_PREFIXES: Mapping[str, str] = {
    "contact": "con",
    "company": "com",
    "lead": "led",
    "deal": "dea",
    "activity": "act",
    "product": "prd",
}

MAX_TEXT, MAX_CHOICES = 2_000, 100
# JSON's own integers end where a double's do; DynamoDB's floats end at 1e126 and start at 1e-130.
SAFE_INTEGER = 2**53 - 1
_FLOAT_MAX, _FLOAT_MIN = 1e100, 1e-100
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NOT_IN_A_URL = re.compile(r"[\s<>\"\\^`{|}\x00-\x1f\x7f]")
_DATETIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)

Value = str | bool | int | float | list[str]


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("This is not a text.")  # noqa: TRY004 - a finding about a request
    if not value.strip():
        raise ValueError("A text has more than space in it; null clears a field.")
    if len(value) > MAX_TEXT:
        raise ValueError(f"A text may have at most {MAX_TEXT:,} characters.")
    return value


def number(value: Any) -> int | float:
    match value:
        case bool():
            raise ValueError("This is not a number.")
        case int():
            if abs(value) > SAFE_INTEGER:
                raise ValueError("A whole number must be within 2^53.")
            return value
        case float():
            if value.is_integer() and abs(value) <= SAFE_INTEGER:
                return int(value)  # 3.0 and 3 are one JSON number; the table keeps one form
            if not math.isfinite(value) or not _FLOAT_MIN <= abs(value) <= _FLOAT_MAX:
                raise ValueError("A number must lie between 1e-100 and 1e100 in size.")
            return value
    raise ValueError("This is not a number.")


def written_number(text: str) -> int | float:
    """Return a number that is written as text, as in a query; raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("This is not a number.")
    return number(float(text) if set(text) & set(".eE") else int(text))


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("This is neither true nor false.")  # noqa: TRY004 - a finding
    return value


def day(value: Any) -> str:
    if _DAY.fullmatch(text(value)):
        with suppress(ValueError):
            return date.fromisoformat(value).isoformat()
    raise ValueError("This is not a date such as '2026-11-22'.")


def moment(value: Any) -> str:
    if _DATETIME.fullmatch(text(value)):
        with suppress(ValueError, OverflowError):
            return iso(datetime.fromisoformat(value.upper()).astimezone(UTC))
    raise ValueError("This is not a time with an offset such as '2026-11-22T21:59:17Z' (RFC 3339).")


def url(value: Any) -> str:
    if not _NOT_IN_A_URL.search(text(value)):
        with suppress(ValueError):
            parts = urlsplit(value)
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return str(value)
    raise ValueError("This is not a web address such as 'https://example.com/'.")


def email(value: Any) -> str:
    return natural_keys.email(text(value))


def phone(value: Any, region: str | None) -> str:
    if len(text(value)) > MAX_TYPED:
        raise ValueError(f"A phone number has at most {MAX_TYPED} characters.")
    return e164(value, region)


def choices(value: Any, offered: Sequence[str]) -> list[str]:
    """Return some of the offered values, each once, in the order in which they are offered."""
    if not isinstance(value, list) or len(value) > MAX_CHOICES:
        raise ValueError(f"This is not a list of at most {MAX_CHOICES} of the options.")
    unknown = [each for each in value if each not in offered]
    if unknown:
        raise ValueError("Of these, at least one is none of the field's options.")
    return [each for each in offered if each in value]


def choice(value: Any, offered: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in offered:
        raise ValueError("This is none of the field's options.")
    return value


def reference(value: Any, record_type: str) -> str:
    if not isinstance(value, str) or not is_id(value, RECORD_PREFIXES[record_type]):
        raise ValueError(f"This is not the id of a {record_type}.")
    return value


def value_at(fields: Mapping[str, Any], name: str) -> Any:
    """Return what fields say of one of them, of `custom.size` what lies within; None where they say
    nothing."""
    top, _, inner = name.partition(".")
    value = fields.get(top)
    return (value or {}).get(inner) if inner else value


SIMPLE: Mapping[str, Callable[[Any], Value]] = {
    "text": text,
    "number": number,
    "boolean": boolean,
    "date": day,
    "datetime": moment,
    "url": url,
    "email": email,
}
