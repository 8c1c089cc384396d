"""Pipelines in DynamoDB, and in memory for as long as that harms nothing.

    pattern                       index  requests                            units
    list a workspace's            gsi1   1 Query (at most 52 pipelines)      0.5 RRU per 4 KB
    get one                       table  1 GetItem                           0.5 RRU per 4 KB
    create                        table  1 TransactWriteItems                as Records + 2 WRU
    change, archive               table  1 GetItem + 1 TransactWriteItems    as Records
    a write's look at its own     table  0, or 1 GetItem once in 30 s        1 RRU per 4 KB
      ... in doubt                table  1 GetItem                           1 RRU per 4 KB

    item   as Records; a workspace's born pipelines only once somebody has changed them

**Why a deal's write may trust a copy in memory.** A stage is never deleted and its kind never
changes, so an old copy can mislead in one way: it may hold a stage open that was archived
meanwhile. No write is let in by a copy older than KEPT_SECONDS (read consistently, counted from
before the read), and no function runs longer than 30 s; so when DRAIN_SECONDS have passed since
the archiving, nothing enters the stage any more, and only then does `empty_stage` begin to move
out what is in it. A Check of the pipeline in each deal's transaction would say the same, but every
deal of a workspace would then meet in one item, whose transactions cancel each other, and pay 2
WRU for it. What the copy does not know (a new stage) or refuses is looked up again before a
request is refused.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from functions.crm.dynamodb_born import BornRecords
from functions.crm.pipelines import (
    KEPT_SECONDS,
    MAX_PIPELINES,
    Pipeline,
    born_with,
)
from functions.shared.caller import Caller
from functions.shared.table import Table

MAX_KEPT = 5_000  # pipelines

_kept: "OrderedDict[tuple[str, str, str], tuple[float, Pipeline]]" = OrderedDict()


class Pipelines(BornRecords[Pipeline]):
    """The pipelines of one workspace."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Pipeline, caller, born_with(table.workspace), limit=MAX_PIPELINES)

    def all(self) -> list[Pipeline]:
        """Return all, archived ones too: those of the beginning first, then the oldest (1 Query).

        A change shows when the index has it, as in every list.
        """
        found = self._table.query(
            self._table.key(Pipeline.OBJECT, "0"), index="gsi1", limit=MAX_PIPELINES + 2
        )
        there = {item["id"]: Pipeline.model_validate(item) for item in found.items}
        return list((self._born | there).values())

    def kept(
        self, pipeline_id: str, *, fresh: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> Pipeline:
        """Return a pipeline as it was at most KEPT_SECONDS ago; `fresh`: as it is. Raises
        NotFoundError and UnavailableError."""
        key, moment = (self._table.name, self._table.workspace, pipeline_id), clock()
        known = _kept.get(key)
        if known is not None and moment < known[0] and not fresh:
            return known[1]
        found = self.get(pipeline_id, consistent=True)
        _kept[key] = (moment + KEPT_SECONDS, found)
        _kept.move_to_end(key)
        if len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
        return found


def forget() -> None:
    """Let every next look ask the table."""
    _kept.clear()
