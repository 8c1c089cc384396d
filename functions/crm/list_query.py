"""A list as it was asked for, and the way to it: which index is read, and what is checked after.

**One index is read.** It must give the order that was asked for; among those that do, the first
wins of:

1. the filter that stands first in the type's declaration (they stand in the order of how much
   they narrow), if it has an index in this order,
2. the whole list in this order, from where the order's own range begins.

`owner` and `team` narrow whichever is read to its owner's or team's strand. Whoever sees only some
records reads the strands of what they see (their own, and one for each of their teams), merged.
All else that was asked for is checked on the records themselves, within MAX_READ of them a
request: a page may then be short, and its cursor leads on; nothing is left out.

The order is the one asked for; else that of the range that was asked for, newest or largest first;
else that of creation, newest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.crm.listing import (
    CREATED,
    Filter,
    Listing,
    Sort,
    by_filter,
    by_sort,
    texts,
)
from functions.shared.caller import Caller

MAX_READ = 500  # items a request

Strand = tuple[str | None, tuple[str, ...]]  # the index (None: the table) and the partition


@dataclass(frozen=True, slots=True)
class Range:
    """From a text (included) to another (not included); None: open."""

    low: str | None = None
    high: str | None = None

    def holds(self, text: str) -> bool:
        return (
            text != ""
            and (self.low is None or self.low <= text)
            and (self.high is None or text < self.high)
        )


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What was asked for, of one type of record."""

    listing: Listing
    sort: Sort
    descending: bool = True
    equal: Sequence[tuple[Filter, str]] = ()
    ranges: Sequence[tuple[Sort, Range]] = ()
    owner: str | None = None
    team: str | None = None
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What cursors are bound to: the same for the same list."""
        order = "-" if self.descending else ""
        told = {**self.asked, "sort": f"{order}{self.sort.name}"}
        return "&".join(f"{name}={told[name]}" for name in sorted(told))

    def admits(self, item: Mapping[str, Any], caller: Caller) -> bool:
        """Say whether a record's item belongs to the list and is the caller's to see."""
        return (
            "deleted_at" not in item
            and (not self.listing.owned or caller.sees(item.get("owner_id"), item.get("team_id")))
            and self.owner in (None, item.get("owner_id"))
            and self.team in (None, item.get("team_id"))
            and all(value in texts(item, filter_) for filter_, value in self.equal)
            and all(range_.holds(sort.of(item)) for sort, range_ in self.ranges)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read: strands of one index, between two sort keys (None: open), and whether their
    items are rows that name records or the records themselves."""

    strands: Sequence[Strand]
    low: str | None
    high: str | None
    rows: bool
    exact: bool  # what is read needs no further check, but for visibility


def plan(query: ListQuery, caller: Caller) -> Plan:
    """Return how a list is read; no strands when the caller can see nothing of it."""
    listing, sort = query.listing, query.sort
    used: Filter | None = None
    base: tuple[str, ...] | None = by_sort(listing.object, sort.name)
    for filter_, value in sorted(query.equal, key=lambda each: _rank(listing, each[0])):
        if filter_.indexed and _has_order(listing, filter_, sort):
            used, base = filter_, by_filter(listing.object, filter_.name, value, sort.name)
            break
    else:
        base = None if sort.name == CREATED else base
    own = next((range_ for each, range_ in query.ranges if each.name == sort.name), Range())
    rest = [each for each in query.equal if each[0] is not used]
    others = [each for each, _ in query.ranges if each.name != sort.name]
    strands, narrowed = _strands(query, caller, base)
    return Plan(
        strands,
        # a record without a value is in no range
        own.low or ("0" if own.high else None),
        own.high,
        rows=base is not None,
        exact=narrowed and not rest and not others,
    )


def _strands(
    query: ListQuery, caller: Caller, base: tuple[str, ...] | None
) -> tuple[list[Strand], bool]:
    """Return the strands to read, and whether they hold owner and team already."""
    whole = (query.listing.object,) if base is None else base

    def of_owner(member: str) -> Strand:
        return "gsi3", (*whole, "OWNER", member)

    def of_team(team: str) -> Strand:
        return "gsi4", (*whole, "TEAM", team)

    owner, team, mine = query.owner, query.team, caller.member
    teams = caller.teams if caller.visibility == "team" else ()
    if caller.visibility == "all" or not query.listing.owned:
        if owner is not None:
            return [of_owner(owner)], team is None
        if team is not None:
            return [of_team(team)], True
        return [("gsi1", (query.listing.object, "0")) if base is None else (None, base)], True
    if team is not None and team in teams:
        return [of_team(team)], owner is None
    if owner is not None and owner != mine:
        return ([of_owner(owner)], False) if teams and team is None else ([], True)
    if owner is not None or team is not None:  # mine, in whatever team
        return ([of_owner(mine)] if mine else []), team is None
    return [
        *([of_owner(mine)] if mine else []),
        *(of_team(each) for each in dict.fromkeys(teams)),
    ], True


def _rank(listing: Listing, filter_: Filter) -> int:
    return [each.name for each in listing.filters].index(filter_.name)


def _has_order(listing: Listing, filter_: Filter, sort: Sort) -> bool:
    return sort.name == CREATED or (filter_.name, sort.name) in listing.pairs
