"""Which filters and sorts each type of record has, and which of them have an index: as data.

    sort     a text of each record, in an order that strings have; a range filter is a part of it
    filter   texts that a record has; it is asked for by equality with one of them
    index    rows of `functions.crm.index`, so a list is read where it begins:
               every sort                partition <object>#BY#<sort>         sk <text>#<id>
               every indexed filter      partition <object>#<filter>#<value>  sk <created_at>#<id>
               (filter, sort) of `pairs` partition <object>#<filter>#<value>#BY#<sort>

The list in the order of creation is the record's own gsi1 (gsi3, gsi4). All rows are in the
owner's and the team's strand too, so `owner` and `team` go with every index.

Custom fields marked `indexed`: a number, date or datetime is a sort (and a range); anything else
is a filter, a multi_enum with each of its options.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from functions.crm.folding import folded, ordered
from functions.crm.index import Entry, clipped
from functions.crm.list_values import anything, boolean, day, number, time

CREATED = "created_at"
RANGED = frozenset({"number", "date", "datetime"})  # types of custom fields that are sorts
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Filter:
    """Equality with a text that a record has: `read` brings what a caller sends into the form in
    which it is compared, or raises ValueError with a sentence."""

    name: str
    field: str  # where a record has it, such as `amount.currency`; lists have each of their texts
    read: Callable[[str], str]
    about: str
    indexed: bool = True


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: `text` is what of a record's value is compared; a record without a value comes
    first. `read` does for a bound of the range what Filter's does."""

    name: str
    field: str
    text: Callable[[Any], str]
    read: Callable[[str], str]
    about: str
    bounds: tuple[str, str] | None = None  # names of the filters for the range's two ends
    closed: bool = False  # the upper end belongs to the range; the lower one always does

    def of(self, item: Mapping[str, Any]) -> str:
        """Return a record's text."""
        values = list(_values(item, self.field))
        return clipped(self.text(values[0])) if values else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The lists of one type of record. Filters stand in the order of how much they narrow."""

    object: str
    filters: Sequence[Filter] = ()
    sorts: Sequence[Sort] = ()
    pairs: Sequence[tuple[str, str]] = ()
    owned: bool = True  # else everybody in the workspace sees all of them
    agenda: bool = False  # `due` and `tz` ask for open tasks by their day (`due.agenda`)

    def with_custom(self, fields: Mapping[str, str], *, indexed: bool) -> "Listing":
        """Return these lists and those by custom fields (name → type)."""
        if not fields:
            return self
        sorts = [custom_sort(name, kind) for name, kind in fields.items() if kind in RANGED]
        filters = [
            custom_filter(name, kind, indexed=indexed)
            for name, kind in fields.items()
            if kind not in RANGED
        ]
        return replace(self, filters=[*self.filters, *filters], sorts=[*self.sorts, *sorts])

    def filter(self, name: str) -> Filter | None:
        return next((each for each in self.filters if each.name == name), None)

    def sort(self, name: str) -> Sort | None:
        return next((each for each in (BY_CREATION, *self.sorts) if each.name == name), None)


def texts(item: Mapping[str, Any], filter_: Filter) -> list[str]:
    """Return what a record may be found by, each once."""
    return list(dict.fromkeys(map(_text, _values(item, filter_.field))))


def by_sort(object_: str, sort: str) -> tuple[str, ...]:
    """Return the partition of all records in the order of a sort."""
    return object_, "BY", sort


def by_filter(object_: str, filter_: str, value: str, sort: str = CREATED) -> tuple[str, ...]:
    """Return the partition of the records that have a value, in the order of a sort."""
    narrow = object_, filter_, _in_key(value)
    return narrow if sort == CREATED else (*narrow, "BY", sort)


def entries(item: Mapping[str, Any], listing: Listing) -> Iterator[Entry]:
    texts_of = {each.name: each.of(item) for each in (BY_CREATION, *listing.sorts)}
    for sort in listing.sorts:
        yield Entry(by_sort(listing.object, sort.name), texts_of[sort.name], strands=listing.owned)
    for filter_ in listing.filters:
        if filter_.indexed:
            orders = [CREATED, *(sort for name, sort in listing.pairs if name == filter_.name)]
            for value in texts(item, filter_):
                for order in orders:
                    partition = by_filter(listing.object, filter_.name, value, order)
                    yield Entry(partition, texts_of[order], strands=listing.owned)


def _values(item: Mapping[str, Any], path: str) -> Iterator[Any]:
    found: list[Any] = [item]
    for part in path.split("."):
        values = [each.get(part) for each in found if isinstance(each, Mapping)]
        found = []
        for value in values:
            found += value if isinstance(value, list | tuple) else [value]
    return (value for value in found if value is not None)


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _in_key(value: str) -> str:
    # hashed: a value may be long, and an e-mail address has no place in a key
    if _PLAIN.fullmatch(value):
        return value
    return "~" + hashlib.sha256(value.encode()).hexdigest()[:32]


def custom_filter(name: str, kind: str, *, indexed: bool) -> Filter:
    """Return the filter by a custom field."""
    field = f"custom.{name}"
    read = boolean if kind == "boolean" else anything
    return Filter(field, field, read, "A custom field has this value.", indexed)


def custom_sort(name: str, kind: str) -> Sort:
    """Return the sort by a custom number, date or datetime, with its range."""
    read = {"number": number, "date": day, "datetime": time}[kind]
    text = ordered if kind == "number" else str
    bounds = f"custom_min.{name}", f"custom_max.{name}"
    return Sort(f"custom.{name}", f"custom.{name}", text, read, "A custom field.", bounds, True)


def times(name: str, about: str) -> Sort:
    stem = name.removesuffix("_at")
    return Sort(name, name, str, time, about, (f"{stem}_since", f"{stem}_before"))


def named(field: str = "name") -> Sort:
    return Sort(field, field, _word_by_word, folded, "Without regard to case and accents.")


def _word_by_word(text: str) -> str:
    # ended by what sorts before every letter, so that "Big deal" comes before "Big deal 2"
    return clipped("".join(each for each in folded(text) if each >= " "))[:850] + "\x01"


BY_CREATION = times(CREATED, "When it was created.")
