"""Reads a request body as JSON and refuses what JSON parsers disagree on (RFC 8259, section 4)."""

import json
import math
from typing import Any

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1  # exact in every reader (RFC 7493, section 2.2)


class StrictJsonError(ValueError):
    """The text is not JSON, or is JSON that two readers may understand differently."""


def loads(raw: bytes) -> Any:
    """Parse UTF-8 JSON; raises StrictJsonError for broken JSON, duplicate names, NaN or numbers
    beyond double precision's range, whole numbers beyond 2^53, lone surrogates, U+0000 and nesting
    over 32 levels."""
    _check_depth(raw)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_exact,
            object_pairs_hook=_unique_names,
        )
    except StrictJsonError:
        raise
    except UnicodeDecodeError as error:
        raise StrictJsonError("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise StrictJsonError(
            f"{error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits
        raise StrictJsonError("The body holds a number that is too long.") from error
    if b"\\u" in raw or b"\x00" in raw:
        _check_text(value)
    return value


def _check_depth(raw: bytes) -> None:
    # A cheap bound before the parser recurses: brackets inside strings only make it stricter
    # when there are more than MAX_DEPTH of them, so those are counted exactly.
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth, quoted, escaped = 0, False, False
    for byte in raw:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = byte == 0x5C, byte != 0x22
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StrictJsonError(f"The body is nested deeper than {MAX_DEPTH} levels.")
        elif byte in b"]}":
            depth -= 1


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise StrictJsonError("The body names the same field twice.")
    return value


def _no_constant(name: str) -> Any:
    raise StrictJsonError(f"{name} is not JSON.")


def _exact(text: str) -> int:
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise StrictJsonError("The body holds a whole number beyond 2^53, which readers round.")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise StrictJsonError("The body holds a number that is too large.")
    return value


def _check_text(value: Any) -> None:
    match value:
        case str():
            if "\x00" in value:
                raise StrictJsonError("The body holds U+0000.")
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise StrictJsonError("The body holds half of a surrogate pair.") from error
        case dict():
            for name, item in value.items():
                _check_text(name)
                _check_text(item)
        case list():
            for item in value:
                _check_text(item)
