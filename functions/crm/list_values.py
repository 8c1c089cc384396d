"""What callers send as a filter's value, brought into the form in which it is compared."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from functions.crm.folding import ordered
from functions.shared.clock import iso, parse
from functions.shared.ids import is_id


def day(text: str) -> str:
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    raise ValueError("This is not a date such as '2026-11-22'.")


def time(text: str) -> str:
    return iso(parse(text))


def number(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) <= 1e100:
        raise ValueError("This is not a number.")
    return ordered(number)


def anything(text: str) -> str:
    return text


def boolean(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueError("This is neither 'true' nor 'false'.")
    return text


def id_of(*prefixes: str) -> Callable[[str], str]:
    """Return a reader of the ids of one type (or several)."""

    def read(text: str) -> str:
        if not any(is_id(text, prefix) for prefix in prefixes):
            raise ValueError(f"This is not an id such as '{prefixes[0]}_…'.")
        return text

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of a choice."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"This is none of: {', '.join(choices)}.")
        return text

    return read
