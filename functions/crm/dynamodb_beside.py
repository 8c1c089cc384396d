"""What lies beside records that merge: the line items of deals (`deal_merging` says whose the
winner has then).

    pattern                       requests                              units
    merge deals with line items   + 1 BatchGetItem                      1 RRU per 4 KB
                                  + 1 write in the merge's transaction  2 WRU per KB of all lines
    undo that                     + 1 write in its transaction          as above

    lines   pk W#<workspace>#<deal id>   sk LINES   as in `dynamodb_deals`

The losers' own lines stay where they are, for they come back with them. What the winner had is kept
with what it was. Lines change at their deal's version alone, so the merge's conditions hold them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from functions.crm.deal_merging import lines_of
from functions.crm.merge_choice import Choices
from functions.crm.model import Deal
from functions.shared.table import Delete, Item, Put, Table, Write

_LINES = "LINES"


class Beside(Protocol):
    """What lies beside records of a type, and goes along when they merge."""

    def carried(
        self, records: Sequence[Any], choices: Choices
    ) -> tuple[Sequence[Write], Mapping[str, Any]]:
        """Return the writes that give it to the first of some records, and what that had."""
        ...

    def given_back(self, winner_id: str, was: Mapping[str, Any]) -> Sequence[Write]:
        """Return the writes that give a record what it had."""
        ...


class Nothing:
    """Beside records that have nothing so."""

    def carried(
        self, _records: Sequence[Any], _choices: Choices
    ) -> tuple[Sequence[Write], Mapping[str, Any]]:
        return (), {}

    def given_back(self, _winner_id: str, _was: Mapping[str, Any]) -> Sequence[Write]:
        return ()


class LinesBeside:
    """Beside deals."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def carried(
        self, records: Sequence[Deal], choices: Choices
    ) -> tuple[Sequence[Write], Mapping[str, Any]]:
        """Return the write that gives the first deal the lines that it shall have, and what it
        had."""
        winner, source = records[0], lines_of(records, choices)
        if source is None or source.id == winner.id or not (source.line_count or winner.line_count):
            return (), {}
        keys = {each.id: (self._table.key(each.id), _LINES) for each in (winner, source)}
        found = self._table.get_many(list(keys.values()), consistent=True)
        own, theirs = (found.get(keys[each.id], {}).get("lines", []) for each in (winner, source))
        lines = [{**each, "deal_id": winner.id} for each in theirs]
        return [self._put(winner.id, lines)], {"lines": own}

    def given_back(self, winner_id: str, was: Mapping[str, Any]) -> Sequence[Write]:
        """Return the write that gives a deal the lines that it had."""
        return [self._put(winner_id, was["lines"])] if "lines" in was else ()

    def _put(self, deal_id: str, lines: Sequence[Item]) -> Put | Delete:
        key = {"pk": self._table.key(deal_id), "sk": _LINES}
        return Put({**key, "lines": list(lines)}) if lines else Delete(key)
