"""Which records a record names, wherever it does: in fields, in lists of ids, in links, in custom
fields. A value that is exactly the id of a record of the CRM names it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ID = re.compile(r"(?:con|com|led|dea|act|prd)_[0-9a-hjkmnp-tv-z]{26}")
# What is about the item and not about what it says.
_APART = frozenset(
    {
        "pk", "sk", "id", "_events", "created_by", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk",
        "gsi3pk", "gsi3sk", "gsi4pk", "gsi4sk", "merged_into", "merged_ids",
    }
)  # fmt: skip


def named(item: Mapping[str, Any]) -> set[str]:
    """Return the ids of the records that a stored record names, except itself."""
    found = {each for name, value in item.items() if name not in _APART for each in _ids(value)}
    return found - {item.get("id")}


def renamed(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a record that name one of some ids, with the ids that stand for them
    now; in a list each id comes once. What names none of them is left out."""
    changed = {}
    for name, value in item.items():
        if name not in _APART and names.keys() & set(_ids(value)):
            changed[name] = _renamed(value, names)
    return changed


def _ids(value: Any) -> Iterator[str]:
    match value:
        case str():
            if _ID.fullmatch(value):
                yield value
        case list() | tuple():
            for each in value:
                yield from _ids(each)
        case Mapping():
            for each in value.values():
                yield from _ids(each)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case str():
            return names.get(value, value)
        case list() | tuple():
            once: list[Any] = []
            for each in (_renamed(each, names) for each in value):
                if each not in once:
                    once.append(each)
            return once
        case Mapping():
            return {name: _renamed(each, names) for name, each in value.items()}
    return value
