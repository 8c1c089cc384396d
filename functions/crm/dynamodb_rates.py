"""Exchange rates in DynamoDB, and in memory for half a minute.

pattern                  index  requests                            units
get                      table  1 GetItem                           0.5 RRU per 4 KB
change                   table  1 GetItem + 1 TransactWriteItems    as Records
a deal's look at them    table  0, or 1 GetItem once in 30 s        0.5 RRU per 4 KB

item   as Records; only once somebody has set a rate
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from functions.crm.dynamodb_born import BornRecords
from functions.crm.exchange_rates import ExchangeRates, no_rates, rates_id
from functions.shared.caller import Caller
from functions.shared.table import Table

KEPT_SECONDS = 30.0
MAX_KEPT = 2_000  # workspaces

_kept: "OrderedDict[tuple[str, str], tuple[float, ExchangeRates]]" = OrderedDict()


class Rates(BornRecords[ExchangeRates]):
    """The exchange rates of one workspace."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, ExchangeRates, caller, [no_rates(table.workspace)], limit=0)

    def kept(self, *, clock: Callable[[], float] = time.monotonic) -> ExchangeRates:
        """Return the rates as they were at most KEPT_SECONDS ago; raises UnavailableError."""
        key, moment = (self._table.name, self._table.workspace), clock()
        known = _kept.get(key)
        if known is not None and moment < known[0]:
            return known[1]
        found = self.get(rates_id(self._table.workspace))
        _kept[key] = (moment + KEPT_SECONDS, found)
        _kept.move_to_end(key)
        if len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
        return found


def forget() -> None:
    """Let every next look ask the table."""
    _kept.clear()
