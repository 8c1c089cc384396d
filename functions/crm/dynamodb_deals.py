"""Deals, their line items, and products, in DynamoDB.

    pattern                       index  requests                             units
    create, change, move a deal   table  as StagedRecords                     as StagedRecords
      ... that has an amount      table  + 0, or 1 GetItem once in 30 s       the exchange rates
    line items of a deal          table  2 GetItem                            0.5 RRU + 0.5 RRU per
                                                                              4 KB (up to 50 KB)
    add, change, delete one       table  2 GetItem + 1 TransactWriteItems     as change + 2 WRU per
      ... of a product            table  + 1 GetItem                          KB of all lines
    products                      table  as CrmRecords

    lines   pk W#<workspace>#<deal id>   sk LINES   lines: all of a deal's, in their order

A deal's lines are one item, written in the transaction of the deal whose amount they make: each
change of a line is a change of the deal, at its version. So amount and lines never differ, and of
two who change lines at once the second sees what the first did.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from functions.crm.dynamodb import CrmRecords
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.dynamodb_rates import Rates
from functions.crm.dynamodb_staged import StagedRecords
from functions.crm.lines import Line, total
from functions.crm.model import Deal
from functions.crm.product import Product
from functions.crm.valuation import valued
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.table import Put, Table
from functions.shared.writes import Also, nothing_else


class LinesChanged(NamedTuple):
    """A deal and its lines after a change."""

    deal: Deal
    lines: list[Line]


class Deals(StagedRecords[Deal]):
    """The deals of one workspace, each with its value and its lines."""

    def __init__(
        self, table: Table, caller: Caller, *, people: Door | None = None, source: str | None = None
    ) -> None:
        pipelines = Pipelines(table, caller)
        super().__init__(
            table, Deal, caller, pipelines, people=people, unique=["external_id"], source=source
        )
        self._rates = Rates(table, caller)

    def lines(self, deal_id: str) -> list[Line]:
        """Return a deal's lines; raises NotFoundError for no such deal."""
        return self._lines(self.get(deal_id).id)

    def change_lines(
        self,
        deal_id: str,
        edit: Callable[[Sequence[Line]], list[Line]],
        *,
        if_match: str | None = None,
        also: Also[LinesChanged] = nothing_else,
    ) -> LinesChanged:
        """Change a deal's lines and with them its amount. Raises as `change` and `edit` do."""
        after: list[Line] = []

        def edited(old: Deal) -> Deal:
            lines = self._lines(deal_id)
            after[:] = edit(lines)
            if after == lines:
                return old
            return old.changed(amount=total(after), line_count=len(after))

        def writes(deal: Deal) -> Sequence[Any]:
            kept = {
                "pk": self._table.key(deal_id),
                "sk": "LINES",
                "lines": [each.model_dump(mode="json", exclude_none=True) for each in after],
            }
            return [Put(kept), *also(LinesChanged(deal, list(after)))]

        deal = self.change(deal_id, edited, if_match=if_match, also=writes)
        return LinesChanged(deal, list(after))

    def _lines(self, deal_id: str) -> list[Line]:
        item = self._table.get(self._table.key(deal_id), "LINES", consistent=True)
        return [Line.model_validate(each) for each in (item or {}).get("lines", ())]

    def _settled(self, new: Deal, old: Deal | None) -> Deal:
        return valued(new, old, self._rates.kept)


class Products(CrmRecords[Product]):
    """The products of one workspace, for everybody in it to see; a SKU and an
    external id occur once."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Product, caller, unique=["external_id", "sku"])
        self._owned = False
