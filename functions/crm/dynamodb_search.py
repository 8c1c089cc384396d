"""Search in DynamoDB.

    pattern                     index  requests a page                            units
    search by one word          table  1 Query for each family (usually 2:        0.5 RRU per 4 KB
                                       records, products) + 1 BatchGetItem        + 0.5 a record
                                                                                  shown
      ... for who sees some     gsi3,  the same for each strand (own, each team)  as above
                                gsi4
    ... by several words        each   + 1 Query a family of each of the 3        + 25 postings each
                                       longest words, on the first page
    ... where few postings have
        the other words         each   the same up to 5 times                     at most 500
                                                                                  postings

    posting  pk W#<workspace>#FIND#<family>#<first two characters>
             sk <word>#<time of creation, turned round>#<id>

**The word that is read** is the most selective one: of the three longest, that whose postings end
first within 25; when none ends there, the longest. The other words are checked on the postings.
At most 500 postings are read for a page; a page may be short, and its cursor leads on, as deep as
there are postings.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.crm.definitions import Definitions
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_lists import Found, read_on, records
from functions.crm.list_query import MAX_READ, Plan, Strand
from functions.crm.search import COMMON, FAMILIES, MODELS, SEARCHED, first_place, partition
from functions.crm.words import found_by, words_of
from functions.shared.caller import Caller
from functions.shared.paging import Page
from functions.shared.table import Item, Table

_PROBE, _PROBED = 25, 3
_AT_ONCE = 100


class DynamoSearch:
    """Search of one workspace, for one caller."""

    def __init__(self, table: Table, caller: Caller) -> None:
        self._table = table
        self._caller = caller

    def page(
        self,
        asked: Sequence[str],
        types: Sequence[str],
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
    ) -> Page[dict[str, Any]]:
        """Return one page of the records, of those types that the caller may read, which have all
        words asked for; as the API shows them."""
        wanted = [
            each for each in types
            if each in MODELS and f"{SEARCHED[each]}:read" in self._caller.scopes
        ]  # fmt: skip
        left = MAX_READ
        word = start["word"] if start else None
        if word is None:
            word, spent = self._most_selective(asked, wanted)
            left -= spent
        way = self._way(word, wanted)
        position: str | None = start["sk"] if start else None
        shown: list[dict[str, Any]] = []
        more = bool(way.strands)
        while more and left > 0 and len(shown) < limit:
            share = max(1, left // len(way.strands))
            found = read_on(self._table, way, position, min(_AT_ONCE, share), descending=False)
            left -= found.read
            more = found.more
            fitting = [
                (place, row) for place, row in found.items
                if self._fits(place, row, word, asked, wanted)
            ]  # fmt: skip
            room = limit - len(shown)
            if len(fitting) > room:
                fitting, more = fitting[:room], True
                position = fitting[-1][0]
            elif found.items:
                position = found.items[-1][0]
            shown += self._shown(records(self._table, way, fitting), asked)
        return Page(shown, {"word": word, "sk": position} if more else None)

    def _most_selective(self, asked: Sequence[str], types: Sequence[str]) -> tuple[str, int]:
        longest = sorted(asked, key=lambda each: (-len(each), each))
        if len(longest) == 1:
            return longest[0], 0
        spent, ends = 0, {}
        for word in longest[:_PROBED]:
            way = self._way(word, types)
            if not way.strands:
                break
            found: Found = read_on(self._table, way, None, _PROBE, descending=False)
            spent += found.read
            if not found.more:
                ends[word] = len(found.items)
        return min(ends, key=lambda each: ends[each], default=longest[0]), spent

    def _way(self, word: str, types: Sequence[str]) -> Plan:
        families = dict.fromkeys(FAMILIES.get(each, COMMON) for each in types)
        strands = [each for family in families for each in self._strands(family, word)]
        return Plan(strands, word, word + "\U0010ffff", rows=True, exact=False)

    def _strands(self, family: str, word: str) -> list[Strand]:
        whole, caller = partition(family, word), self._caller
        if caller.visibility == "all" or family == "product":
            return [(None, whole)]
        teams = caller.teams if caller.visibility == "team" else ()
        return [
            *([("gsi3", (*whole, "OWNER", caller.member))] if caller.member else ()),
            *(("gsi4", (*whole, "TEAM", team)) for team in dict.fromkeys(teams)),
        ]

    def _fits(
        self, place: str, row: Item, word: str, asked: Sequence[str], types: Sequence[str]
    ) -> bool:
        words = row["words"].split()
        return (
            row["object"] in types
            and found_by(words, asked)
            and place == first_place(words, word, row["id"])
        )

    def _shown(
        self, found: Sequence[tuple[str, Item | None]], asked: Sequence[str]
    ) -> list[dict[str, Any]]:
        items = [item for _, item in found if item and self._visible(item, asked)]
        known = definitions_of(self._table) if any(item.get("custom") for item in items) else None
        return [_shown(item, known) for item in items]

    def _visible(self, item: Item, asked: Sequence[str]) -> bool:
        """Hold the record as it is now to what its posting said."""
        seen = item["object"] == "product" or self._caller.sees(
            item.get("owner_id"), item.get("team_id")
        )
        return seen and "deleted_at" not in item and found_by(words_of(item), asked)


def _shown(item: Item, known: Definitions | None) -> dict[str, Any]:
    record = MODELS[item["object"]].model_validate(item)
    if known is not None and record.custom:
        shown = known.shown(record.OBJECT, record.custom)
        record = record.model_copy(update={"custom": shown})
    return record.model_dump(mode="json")
