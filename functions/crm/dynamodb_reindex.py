"""Bringing the index of all records of one type up to date, when what is indexed has changed.

    pattern                       index  requests                             units
    a run's place                 table  1 GetItem at its beginning           1 RRU
    50 records                    gsi1   1 Query + 1 BatchGetItem             0.5 RRU per 4 KB
                                                                              + 2 RRU a record
                                         + 1 PutItem (the place)              1 WRU
                                         + 1 TransactWriteItems for each      as `dynamodb_index`
                                           record whose index differs

    place   pk W#<workspace>#REINDEX#<object>   sk <run>   kept 14 days, as long as dead letters

A run (of a field that has changed, or an operator's) goes through gsi1, newest first: what is made
meanwhile is indexed by its own events. It notes its place after every 50 records, so it goes on
where it broke off; what was done already costs reads alone.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from functions.crm.dynamodb_index import Index
from functions.shared.clock import now
from functions.shared.table import Item, Put, Table

_AT_ONCE = 50  # records, and as many INDEXED items: one BatchGetItem
_SIDE_BY_SIDE = 8  # transactions: more would take a table's writes from its users
_KEPT_SECONDS = 14 * 86_400


class UnfinishedError(Exception):
    """There was not time for all (`seen` so many); the same run goes on when it is asked for
    again."""

    def __init__(self, seen: int) -> None:
        super().__init__(f"time was over after {seen} records")
        self.seen = seen


def reindex(table: Table, index: Index, kind: str, run: str, in_time: Callable[[], bool]) -> int:
    """Refresh the index of every live record of a type; return how many this call has seen.

    Raises UnfinishedError when time is over, and UnavailableError.
    """
    key = {"pk": table.key("REINDEX", kind), "sk": run}
    place = table.get(key["pk"], run, consistent=True) or {}
    before, seen = place.get("before"), 0
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        while not place.get("done"):
            if not in_time():
                raise UnfinishedError(seen)
            found = table.query(
                table.key(kind, "0"), index="gsi1", limit=_AT_ONCE, newest_first=True, before=before
            )
            ids = [item["id"] for item in found.items]
            list(pool.map(index.refresh, _stale(table, index, ids)))
            seen += len(ids)
            before = found.items[-1]["gsi1sk"] if found.items else before
            place = {"done": True} if found.last_key is None else {}
            if before is not None:
                place["before"] = before
            expiry = int(now().timestamp()) + _KEPT_SECONDS
            table.write(Put({**key, **place, "expires_at_epoch": expiry}))
    return seen


def _stale(table: Table, index: Index, ids: list[str]) -> list[str]:
    """Return those whose index is not what it should be (1 request)."""
    keys = [(table.key(each), part) for each in ids for part in ("RECORD", "INDEXED")]
    found: dict[tuple[str, str], Item] = table.get_many(keys, consistent=True) if keys else {}
    return [
        each
        for each in ids
        if index.differs(
            found.get((table.key(each), "RECORD")), found.get((table.key(each), "INDEXED"))
        )
    ]
