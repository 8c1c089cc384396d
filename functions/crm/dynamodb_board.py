"""Boards in DynamoDB.

    pattern                         index  requests                             units
    a board                         gsi2   1 GetItem (the pipeline) + 1 Query   0.5 RRU per 4 KB
                                           a column, in parallel
      + its counts and sums         table  + 1 Query                            0.5 RRU per 4 KB
      ... of one owner or team,     gsi3,  1 Query and 1 BatchGetItem a         + 0.5 RRU a card
          or what one sees of it    gsi4   column and strand; 1 Query a strand
                                           for the sums
    a column's further pages        gsi2   as the column
      ... that are sifted           gsi2   up to 5 Queries: 500 records a page  0.5 RRU per 4 KB

A strand is an owner's or a team's part of a column: one of one's own, one for each of one's teams.
The same at a thousand records and at a million. Sums lag behind a change by what the stream, the
bus and a queue take: seconds as a rule.

    card      pk W#<workspace>#BOARD#<pipeline>#<stage>           sk <rank>#<id>
      gsi3    pk W#<workspace>#BOARD#<pipeline>#<stage>#OWNER#<member>   sk as the card
      gsi4    pk W#<workspace>#BOARD#<pipeline>#<stage>#TEAM#<team>      sk as the card
    tally     pk W#<workspace>#TALLY#<pipeline>[#OWNER#<member>|#TEAM#<team>]
              sk <stage>#<currency>#<base currency>#<team or owner>[#<shard>]

`functions.crm.board` says who reads which; λ crm/index_records writes both.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from functions.crm.board import Tally, Totals, View, added_up, tally, tally_partition
from functions.crm.dynamodb_staged import StagedRecords
from functions.crm.pipelines import Pipeline
from functions.shared.caller import Caller
from functions.shared.paging import MAX_LIMIT, Page
from functions.shared.table import Item, Table

MAX_SIFTED = 500  # records that one page looks at
_AT_ONCE = 8  # requests
_INDEX = {"OWNER": "gsi3", "TEAM": "gsi4"}
_END = "~"  # sorts after every rank


class Slice(NamedTuple):
    """Some cards of a column, each with its sort key, and whether there are more."""

    cards: list[tuple[str, Item]]
    more: bool
    reached: str | None  # the sort key up to which all are known


class Boards:
    """The boards of one workspace's records of one type, as a caller sees them."""

    def __init__(self, table: Table, caller: Caller, records: StagedRecords[Any]) -> None:
        self._table = table
        self._caller = caller
        self._records = records

    def board(
        self, pipeline: Pipeline, view: View, *, limit: int
    ) -> tuple[dict[str, Page[Any]], dict[str, Totals] | None]:
        """Return the first page of each column that has not been emptied, by its stage's key, and
        what each adds up to (None: nobody keeps that for what is sifted)."""
        keys = [each.key for each in pipeline.stages if each.state != "archived"]
        with ThreadPoolExecutor(min(_AT_ONCE, len(keys) + 1)) as pool:
            sums = None if view.sifted else pool.submit(self._totals, pipeline.id, view)
            pages = [pool.submit(self.column, pipeline.id, key, view, limit=limit) for key in keys]
            columns = {key: page.result() for key, page in zip(keys, pages, strict=True)}
            return columns, None if sums is None else sums.result()

    def column(
        self,
        pipeline_id: str,
        stage: str,
        view: View,
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
    ) -> Page[Any]:
        """Return one page of a column, from the top. Of what is sifted a page may be short; its
        position leads on until there is none."""
        shown: list[Any] = []
        after = start["sk"] if start else None
        looked = 0
        while True:
            wanted = MAX_LIMIT if view.sifted else limit - len(shown)
            found = self._slice(pipeline_id, stage, view, wanted, after)
            for sort, item in found.cards:
                after, looked = sort, looked + 1
                if view.shows(item, self._caller):
                    shown.append(self._records.card(item))
                if len(shown) == limit or looked == MAX_SIFTED:
                    done = sort == found.reached and not found.more
                    return Page(shown, None if done else {"sk": sort})
            after = found.reached
            if not found.more:
                return Page(shown, None)
            if not view.sifted:
                return Page(shown, {"sk": after})

    def _slice(
        self, pipeline_id: str, stage: str, view: View, limit: int, after: str | None
    ) -> Slice:
        strands = view.strands(self._caller)
        pk = self._table.key("BOARD", pipeline_id, stage)
        if strands is None:
            found, more = self._query(pk, "gsi2", limit, after)
            reached = found[-1]["gsi2sk"] if found else None
            return Slice([(item["gsi2sk"], item) for item in found], more, reached)
        return self._woven(pk, (pipeline_id, stage), strands, limit, after)

    def _woven(
        self,
        pk: str,
        place: tuple[str, str],
        strands: Sequence[tuple[str, str]],
        limit: int,
        after: str | None,
    ) -> Slice:
        rows: dict[str, str] = {}
        ends = []
        for name, whose in strands:
            index = _INDEX[name]
            found, more = self._query(f"{pk}#{name}#{whose}", index, limit, after)
            rows |= {row[f"{index}sk"]: row["id"] for row in found}
            if more:
                ends.append(found[-1][f"{index}sk"])
        known = min(ends, default=_END)  # behind the end of a strand that goes on
        order = sorted(sort for sort in rows if sort <= known)
        taken = order[:limit]
        more = bool(ends) or len(order) > limit
        items = self._items([rows[sort] for sort in taken])
        cards = [
            (sort, items[rows[sort]])
            for sort in taken
            if rows[sort] in items and _lies(items[rows[sort]], place)
        ]
        return Slice(cards, more, taken[-1] if taken else None)

    def _items(self, ids: Sequence[str]) -> dict[str, Item]:
        if not ids:
            return {}
        found = self._table.get_many([(self._table.key(each), "RECORD") for each in ids])
        return {item["id"]: item for item in found.values()}

    def _query(
        self, pk: str, index: str | None, limit: int, after: str | None
    ) -> tuple[list[Item], bool]:
        # `!` sorts before everything that goes on: this is "after"
        between = (f"{after}!", _END) if after else None
        found = self._table.query(pk, index=index, limit=limit, between=between)
        return found.items, found.last_key is not None

    def _totals(self, pipeline_id: str, view: View) -> dict[str, Totals]:
        tallies = tallies_of(self._table, pipeline_id, view.strands(self._caller))
        return added_up(tallies, view, self._caller)


def tallies_of(
    table: Table, counted: str, strands: Sequence[tuple[str, str]] | None
) -> list[Tally]:
    """Return the counters of a pipeline, or of what else is counted, in some strands (None: of all
    records)."""
    found: list[Tally] = []
    for strand in [None] if strands is None else strands:
        pk = table.key(*tally_partition(counted, strand))
        found += [tally(item, strand) for item in table.items(pk)]
    return found


def _lies(item: Item, place: tuple[str, str]) -> bool:
    """Say whether a record is still where the index, which lags, has it."""
    return "deleted_at" not in item and (item["pipeline_id"], item["stage"]) == place
