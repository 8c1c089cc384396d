"""Records that a workspace has from the start, without an item until somebody changes them.

pattern               requests
get one, written      as Records
get one, not written  the same; the answer is what it was born as
its first change      as Records; of two at once one is told that it is stale
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from functions.shared.caller import Caller
from functions.shared.errors import NotFoundError
from functions.shared.limited_records import LimitedRecords
from functions.shared.record import Record
from functions.shared.table import Put, Table

R = TypeVar("R", bound=Record)


class BornRecords(LimitedRecords[R]):
    """The records of one type, some of them there from the start; `limit` counts the others."""

    def __init__(
        self, table: Table, kind: type[R], caller: Caller, born: Iterable[R], *, limit: int
    ) -> None:
        super().__init__(table, kind, caller, limit=limit)
        self._born = {each.id: each for each in born}

    def _current(self, record_id: str, *, consistent: bool = True) -> R:
        """As `Records` has it; what the workspace was born with is there without an item."""
        try:
            return super()._current(record_id, consistent=consistent)
        except NotFoundError:
            if record_id not in self._born:
                raise
            return self._born[record_id]

    def _at_version(self, item: dict[str, Any], old: R) -> Put:
        if old is self._born.get(old.id):
            return Put(item, "attribute_not_exists(pk)")
        return super()._at_version(item, old)
