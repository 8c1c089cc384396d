"""The rules for leads in DynamoDB, and in memory for as long as that harms nothing.

    pattern                       index  requests                            units
    list a workspace's            gsi1   1 Query (at most 100 rules)         0.5 RRU per 4 KB
    get one                       table  1 GetItem                           0.5 RRU
    create, change, delete        table  as LimitedRecords
    what a lead's write asks      gsi1   0, or 1 Query for each kind of      0.5 RRU per 4 KB
                                         rule once in 30 s
    take a turn                   table  1 UpdateItem                        1 WRU
      ... and give it back        table  1 UpdateItem                        1 WRU
    how far all leads are scored  table  1 GetItem, 1 PutItem a page of 100  0.5 RRU, 1 WRU

    item   as Records
    turn   pk W#<workspace>#TURNS#<rule id>   sk TURN   turn: how many were taken
    run    pk W#<workspace>#SCORING           sk RUN    how far the scoring of all leads is

A rule holds for every lead that is written KEPT_SECONDS after it, and earlier for those written in
the process that changed it. Leads that nobody writes are scored anew by `score_leads`, which begins
when no process can still have the old rules.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from functions.crm.lead_rules import AssignmentRule, Rule, ScoringRule
from functions.crm.scoring import MAX_RULES, Run
from functions.shared.caller import Caller
from functions.shared.limited_records import LimitedRecords
from functions.shared.records import Also, nothing_else
from functions.shared.table import Put, Table, Update

RULE = TypeVar("RULE", bound=Rule)

KEPT_SECONDS = 30.0
TURNS_AT_ONCE = 100  # for many leads
MAX_KEPT = 2_000  # workspaces' rules of a kind

_kept: "OrderedDict[tuple[str, str, str], tuple[float, list[Any]]]" = OrderedDict()


class Rules(LimitedRecords[RULE]):
    """The rules of one kind in one workspace."""

    def __init__(self, table: Table, kind: type[RULE], caller: Caller) -> None:
        super().__init__(table, kind, caller, limit=MAX_RULES)

    def all(self) -> list[RULE]:
        """Return all in their order (1 Query). A change shows when the index has it."""
        found = self._table.query(
            self._table.key(self._kind.OBJECT, "0"), index="gsi1", limit=MAX_RULES
        )
        rules = [self._kind.model_validate(item) for item in found.items]
        return sorted(rules, key=lambda each: (getattr(each, "position", 0), each.id))

    def kept(self, *, clock: Callable[[], float] = time.monotonic) -> list[RULE]:
        """Return all as they were at most KEPT_SECONDS ago. Raises UnavailableError."""
        key, moment = self._key(), clock()
        known = _kept.get(key)
        if known is not None and moment < known[0]:
            return known[1]
        found = self.all()
        _kept[key] = (moment + KEPT_SECONDS, found)
        _kept.move_to_end(key)
        if len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
        return found

    def create(self, record: RULE, *, also: Also[RULE] = nothing_else) -> RULE:
        """As `LimitedRecords.create`."""
        made = super().create(record, also=also)
        _kept.pop(self._key(), None)
        return made

    def change(
        self,
        record_id: str,
        edit: Callable[[RULE], RULE],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[RULE] = nothing_else,
    ) -> RULE:
        """As `Records.change`."""
        new = super().change(record_id, edit, event=event, if_match=if_match, also=also)
        _kept.pop(self._key(), None)
        return new

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[RULE] = nothing_else
    ) -> None:
        """As `LimitedRecords.delete`."""
        super().delete(record_id, if_match=if_match, also=also)
        _kept.pop(self._key(), None)

    def _key(self) -> tuple[str, str, str]:
        return self._table.name, self._table.workspace, self._kind.OBJECT


class TurnCounts:
    """assignment.Turns."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, rule_id: str, count: int = 1) -> int:
        """Return the number of the first of some turns that are nobody else's, from 0 (1
        request)."""
        write = Update(self._key(rule_id), "ADD turn :some", values={":some": count})
        return int((self._table.write(write) or {})["turn"]) - count

    def give_back(self, rule_id: str, turn: int, count: int = 1) -> None:
        """Let the last turns, from `turn` on, be taken again; those that others have passed stay
        unused (1 request)."""
        self._table.try_write(
            Update(
                self._key(rule_id),
                "ADD turn :less",
                "turn = :taken",
                values={":less": -count, ":taken": turn + count},
            )
        )

    def _key(self, rule_id: str) -> dict[str, Any]:
        return {"pk": self._table.key("TURNS", rule_id), "sk": "TURN"}


class TurnBlocks:
    """assignment.Turns for many leads at once: turns are taken in blocks. What is left of a block
    is given back by `close`; turns that others have passed by then stay unused."""

    def __init__(self, table: Table, size: int = TURNS_AT_ONCE) -> None:
        self._counts = TurnCounts(table)
        self._size = size
        self._left: dict[str, tuple[int, int]] = {}  # by rule: the next turn, and the block's end

    def take(self, rule_id: str) -> int:
        """As `Turns.take` (1 request for each block)."""
        turn, end = self._left.get(rule_id, (0, 0))
        if turn == end:
            turn = self._counts.take(rule_id, self._size)
            end = turn + self._size
        self._left[rule_id] = (turn + 1, end)
        return turn

    def give_back(self, rule_id: str, turn: int) -> None:
        """As `Turns.give_back`; within a block, without a request."""
        following, end = self._left.get(rule_id, (0, 0))
        if following == turn + 1:
            self._left[rule_id] = (turn, end)

    def close(self) -> None:
        """Let what is left be taken by others (1 request for each rule)."""
        for rule_id, (turn, end) in self._left.items():
            if turn < end:
                self._counts.give_back(rule_id, turn, end - turn)
        self._left.clear()


class ScoringRuns:
    """How far the scoring of all leads is."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def last(self) -> Run | None:
        """Return the last run (1 request); None when there was none."""
        item = self._table.get(self._table.key("SCORING"), "RUN", consistent=True)
        return Run.model_validate(item) if item else None

    def note(self, run: Run) -> None:
        """Write down how far a run is (1 request)."""
        key = {"pk": self._table.key("SCORING"), "sk": "RUN"}
        self._table.write(Put({**run.model_dump(exclude_none=True), **key}))


def scoring_rules(table: Table, caller: Caller) -> Rules[ScoringRule]:
    """Return the workspace's scoring rules."""
    return Rules(table, ScoringRule, caller)


def assignment_rules(table: Table, caller: Caller) -> Rules[AssignmentRule]:
    """Return the workspace's assignment rules."""
    return Rules(table, AssignmentRule, caller)


def forget() -> None:
    """Let every next look ask the table."""
    _kept.clear()
