"""Reads the query parameters of a list: into what was asked for, or what is wrong with them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from functions.crm import due
from functions.crm.list_query import ListQuery, Range
from functions.crm.list_values import one_of
from functions.crm.listing import CREATED, Filter, Listing, Sort
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.ids import is_id
from functions.shared.validation import escaped

MAX_VALUE = 500  # characters of a filter's value
_CUSTOM = re.compile(r"custom(?:_min|_max)?\.(.+)", re.DOTALL)
_CUSTOM_NAME = re.compile(r"custom(?:_min|_max)?\.[a-z][a-z0-9_]{0,63}")
# What `due` says itself, and what else of it may be said.
_SAID_BY_DUE = {"status": "open", "type": "task"}
_END = "$"  # sorts just behind the `#` that ends a text in a key

# Of some names among others: a custom field's name → its type, and whether it is indexed.
CustomFields = Callable[[Iterable[str]], Mapping[str, tuple[str, bool]]]


def filter_names(listing: Listing) -> list[str]:
    """Return the parameters that narrow a list, but for those of custom fields."""
    sorts = (listing.sort(CREATED), *listing.sorts)
    return [
        *(("owner", "team") if listing.owned else ()),
        *(("due", "tz") if listing.agenda else ()),
        *(each.name for each in listing.filters),
        *(bound for each in sorts if each is not None for bound in each.bounds or ()),
    ]


def is_custom(name: str) -> bool:
    """Say whether a parameter is one of a custom field, defined or not."""
    return _CUSTOM_NAME.fullmatch(name) is not None


def parse(
    listing: Listing,
    asked: Mapping[str, str],
    caller: Caller,
    custom: CustomFields,
    *,
    deleted: bool = False,
    moment: datetime | None = None,
) -> ListQuery:
    """Return the list that query parameters ask for; `custom` is asked for the type's custom
    fields (name → type, indexed) when one is named. `moment` is when it is asked for (None: now).
    Raises InvalidError for a sort, a field or a value that there is not, with what there is."""
    reader = _Reader(_with_custom(listing, asked, custom), caller, asked)
    agenda = reader.agenda(moment)
    equal = [*agenda.equal, *reader.equalities()]
    ranges = [*agenda.ranges, *reader.ranges()]
    owner, team = reader.owner(), reader.team()
    if agenda.ranges:
        sort, descending = reader.sort_of_agenda(agenda.ranges[0][0])
    else:
        sort, descending = reader.sort([each for each, _ in ranges])
    if deleted:
        reader.refuse_all("deleted_alone", "Deleted records come by their deletion, unfiltered.")
    if reader.faults:
        raise InvalidError("The list cannot be had like that; see `errors`.", errors=reader.faults)
    return ListQuery(reader.listing, sort, descending, equal, ranges, owner, team, dict(asked))


def _with_custom(
    listing: Listing,
    asked: Mapping[str, str],
    custom: CustomFields,
) -> Listing:
    told = [*asked, asked.get("sort", "").removeprefix("-")]
    named = [found[1] for each in told if (found := _CUSTOM.fullmatch(each))]
    if not named:
        return listing
    fields = custom(named)
    for wanted in (True, False):
        some = {name: kind for name, (kind, indexed) in fields.items() if indexed == wanted}
        listing = listing.with_custom(some, indexed=wanted)
    return listing


class _Agenda(NamedTuple):
    """What `due` stands for: filters and a range as any others; nothing where it is not asked."""

    equal: Sequence[tuple[Filter, str]] = ()
    ranges: Sequence[tuple[Sort, Range]] = ()


class _Reader:
    """Reads query parameters and collects what is wrong with them."""

    def __init__(self, listing: Listing, caller: Caller, asked: Mapping[str, str]) -> None:
        self.listing = listing
        self.faults: list[FieldProblem] = []
        self._caller = caller
        self._asked = asked
        self._unread = dict(asked)

    def agenda(self, moment: datetime | None) -> _Agenda:
        """Read `due` and `tz`: open tasks, by the instant at which they are due."""
        if not self.listing.agenda:
            return _Agenda()
        zone = self._take("tz", due.zone)
        name = self._take("due", one_of(*due.AGENDA))
        status, due_at = self.listing.filter("status"), self.listing.sort("due_at")
        if name is None or status is None or due_at is None or due_at.bounds is None:
            if zone is not None and "due" not in self._asked:
                self._refuse("tz", "invalid_filter", "A time zone goes with `due`.")
            return _Agenda()
        for other, only in _SAID_BY_DUE.items():
            if self._unread.pop(other, only) != only:
                self._refuse(other, "invalid_filter", f"With `due` it can only be '{only}'.")
        for bound in due_at.bounds:
            if self._unread.pop(bound, None) is not None:
                self._refuse(bound, "invalid_filter", "`due` says already when they are due.")
        after, until = due.agenda(name, moment or now(), zone or "UTC")
        low, high = (None if each is None else each + _END for each in (after, until))
        return _Agenda([(status, "open")], [(due_at, Range(low, high))])

    def sort_of_agenda(self, due_at: Sort) -> tuple[Sort, bool]:
        """Return the order of tasks by their day: the next one first unless it is turned round."""
        text = self._asked.get("sort", due_at.name)
        sort, descending = self.sort([due_at])
        if text.removeprefix("-") != due_at.name:
            self._refuse("sort", "unknown_sort", "With `due` the order is `due_at` or `-due_at`.")
        return sort, descending and text.startswith("-")

    def equalities(self) -> list[tuple[Filter, str]]:
        return [
            (each, value)
            for each in self.listing.filters
            if (value := self._take(each.name, each.read)) is not None
        ]

    def ranges(self) -> list[tuple[Sort, Range]]:
        found = []
        for each in (self.listing.sort(CREATED), *self.listing.sorts):
            if each is None or each.bounds is None:
                continue
            low, high = (self._take(name, each.read) for name in each.bounds)
            if high is not None and each.closed:
                high += _END
            if each.name.startswith("custom."):
                exactly = self._take(each.name, each.read)
                if exactly is not None:
                    low, high = max(low or "", exactly), min(high or "~", exactly + _END)
            if low is not None or high is not None:
                found.append((each, Range(low, high)))
        return found

    def owner(self) -> str | None:
        def read(text: str) -> str:
            if text == "me" and self._caller.member is None:
                raise ValueError("This credential is no member's, so nothing is `me`'s.")
            member = str(self._caller.member) if text == "me" else text
            if not is_id(member, "mem"):
                raise ValueError("This is neither `me` nor a member's id.")
            return member

        return self._take("owner", read) if self.listing.owned else None

    def team(self) -> str | None:
        def read(text: str) -> str:
            if not is_id(text, "tea"):
                raise ValueError("This is not a team's id.")
            return text

        return self._take("team", read) if self.listing.owned else None

    def sort(self, ranged: Sequence[Sort]) -> tuple[Sort, bool]:
        """Return the order, and note what was not read at all: only custom fields can be that."""
        text = self._unread.pop("sort", None)
        for name in self._unread:
            self._refuse(name, "unknown_field", "There is no such custom field.")
        by_creation = self.listing.sort(CREATED)
        assert by_creation is not None  # noqa: S101 - every type has it
        if text is None:
            return (ranged[0] if ranged else by_creation), True
        found = self.listing.sort(text.removeprefix("-"))
        if found is None:
            known = ", ".join(each.name for each in (by_creation, *self.listing.sorts))
            self._refuse(
                "sort", "unknown_sort",
                f"'{escaped(text)}' is none of: {known}; with '-' in front, downwards.",
            )  # fmt: skip
            return by_creation, True
        return found, text.startswith("-")

    def refuse_all(self, code: str, sentence: str) -> None:
        """Note that nothing of what was asked for can be had."""
        self.faults = []
        for name in self._asked:
            self._refuse(name, code, sentence)

    def _take(self, name: str, read: Callable[[str], str]) -> str | None:
        text = self._unread.pop(name, None)
        if text is None:
            return None
        if not 0 < len(text) <= MAX_VALUE:
            self._refuse(name, "invalid_filter", f"A value has 1 to {MAX_VALUE} characters.")
            return None
        try:
            return read(text)
        except ValueError as error:
            self._refuse(name, "invalid_filter", str(error))
            return None

    def _refuse(self, name: str, code: str, sentence: str) -> None:
        self.faults.append(FieldProblem(f"/query/{escaped(name)}", code, sentence))
