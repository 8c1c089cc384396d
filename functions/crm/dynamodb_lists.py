"""Lists that are filtered and sorted, read from the index (`functions.crm.list_query` plans them).

    pattern                          index  requests a page                      units
    list in an order, or by a filter
      that has an index              table  1 Query + 1 BatchGetItem             0.5 RRU per 4 KB of
                                                                                 rows + 0.5 a record
      ... of an owner, of a team     gsi3,  as above                             as above
                                     gsi4
      ... for who sees some          gsi3   1 Query + 1 for each team            as above
                                     gsi4   + 1 BatchGetItem
    list by creation, filtered       gsi1   1 Query (records themselves)         0.5 RRU per 4 KB
    with filters that the index has
      not                            each   the same up to 5 times, 100 at a     at most 500 rows
                                            time (for each strand)               and records
    deleted records                  table  as a list in an order                as there

A page is found within 500 items read (an export's within 2,000): what is asked for beside the
index may make it short, and its cursor is the place of the last item that was looked at. Records
are shown as they are now; a row that is behind its record (`functions.crm.dynamodb_index`: the lag)
puts it in its old place.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from functions.crm.list_query import MAX_READ, ListQuery, Plan, plan
from functions.shared.caller import Caller
from functions.shared.paging import Page
from functions.shared.table import Item, QueryPage, Table

R = TypeVar("R")

_AT_ONCE = 100  # records of one BatchGetItem


class Found(NamedTuple):
    """The next items of a list in its order, by sort key, and whether there are more."""

    items: list[tuple[str, Item]]
    more: bool
    read: int


def page(
    table: Table,
    caller: Caller,
    query: ListQuery,
    view: Callable[[Item], R],
    *,
    limit: int,
    start: Mapping[str, Any] | None,
    most: int = MAX_READ,
) -> Page[R]:
    """Return one page of a list, within `most` items read."""
    way = plan(query, caller)
    position = start["sk"] if start else None
    shown: list[R] = []
    seen: set[str] = set()
    left, more = most, bool(way.strands)
    while more and left > 0 and len(shown) < limit:
        wanted = limit - len(shown) if way.exact else _AT_ONCE
        share = max(1, left // len(way.strands))
        found = read_on(table, way, position, min(wanted, share), descending=query.descending)
        left -= found.read
        items = found.items[:wanted]
        more = found.more or len(items) < len(found.items)
        for key, item in records(table, way, items):
            if len(shown) == limit:
                more = True
                break
            position = key
            if item and item["id"] not in seen and query.admits(item, caller):
                seen.add(item["id"])
                shown.append(view(item))
    return Page(shown, {"sk": position} if more else None)


def read_on(
    table: Table, way: Plan, position: str | None, count: int, *, descending: bool
) -> Found:
    """Read on in every strand, and merge what is known of all."""
    parts = [
        _strand(table, way, each, position, count, descending=descending) for each in way.strands
    ]
    ends = [page.items[-1][key] for key, page in parts if page.last_key and page.items]
    known = (max(ends) if descending else min(ends)) if ends else None
    items: dict[str, Item] = {}
    for key, part in parts:
        for item in part.items:
            place = item[key]
            if known is None or (place >= known if descending else place <= known):
                items[place] = item
    read = sum(len(part.items) for _, part in parts)
    more = any(part.last_key for _, part in parts)
    return Found(sorted(items.items(), reverse=descending), more, max(read, 1))


def _strand(
    table: Table, way: Plan, strand: tuple[str | None, tuple[str, ...]], position: str | None,
    count: int, *, descending: bool,
) -> tuple[str, QueryPage]:  # fmt: skip
    index, partition = strand
    key = f"{index}sk" if index else "sk"
    low, high = way.low, way.high
    if position is not None:
        low, high = (low, position) if descending else (position, high)
    if low is not None and high is not None and low >= high:
        return key, QueryPage([], None)
    # both ends of BETWEEN belong to it, and the position itself was seen
    found = table.query(
        table.key(*partition),
        index=index,
        newest_first=descending,
        limit=count if position is None else count + 1,
        before=high if low is None else None,
        after=low if high is None else None,
        between=(low, high) if low is not None and high is not None else None,
    )
    items = [item for item in found.items if item[key] != position]
    return key, QueryPage(items, found.last_key)


def records(
    table: Table, way: Plan, items: Sequence[tuple[str, Item]]
) -> list[tuple[str, Item | None]]:
    """Return the records that items name, as they are now; None for what is gone."""
    if not way.rows:
        return list(items)
    keys = {item["id"]: (table.key(item["id"]), "RECORD") for _, item in items}
    found: dict[tuple[str, str], Item] = {}
    wanted = list(keys.values())
    for first in range(0, len(wanted), _AT_ONCE):
        found |= table.get_many(wanted[first : first + _AT_ONCE])
    return [(place, found.get(keys[item["id"]])) for place, item in items]
