"""Records of which a workspace may have so many and no more, counted in their own transactions.

create, delete: as `records`, + 2 WRU for the count in the same transaction

count   pk W#<workspace>#LIVING#<object>   sk LIVING   living: how many there are
"""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from functions.shared.caller import Caller
from functions.shared.errors import ConflictError
from functions.shared.record import Record
from functions.shared.records import Also, Records, nothing_else
from functions.shared.table import ConditionFailedError, Item, Table, Update

R = TypeVar("R", bound=Record)


class LimitedRecords(Records[R]):
    """Records of which a workspace has at most `limit`, counted in their own transactions."""

    _holder: ClassVar[str] = "A workspace"  # who has so many and no more

    def __init__(
        self, table: Table, kind: type[R], caller: Caller, *, limit: int, unique: Sequence[str] = ()
    ) -> None:
        super().__init__(table, kind, caller, unique=unique)
        self._limit = limit

    def create(self, record: R, *, also: Also[R] = nothing_else) -> R:
        """As `Records.create`; raises ConflictError when the workspace has its fill."""
        one_more = Update(
            self._living_key(record),
            "ADD living :one",
            "attribute_not_exists(living) OR living < :limit",
            values={":one": 1, ":limit": self._limit},
        )
        try:
            return super().create(record, also=lambda made: [one_more, *also(made)])
        except ConditionFailedError as error:
            if one_more not in error.refused:
                raise
            raise ConflictError(
                f"{self._holder} has at most {self._limit} of these; delete one first.",
                code=f"too_many_{self._kind.OBJECT}s",
            ) from error

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None:
        """As `Records.delete`; makes room for another."""

        def one_less(gone: R) -> Update:
            return Update(self._living_key(gone), "ADD living :less", values={":less": -1})

        super().delete(
            record_id, if_match=if_match, also=lambda gone: [one_less(gone), *also(gone)]
        )

    def _living_key(self, _record: R) -> Item:
        """Return where a record is counted: with all of its workspace's."""
        return {"pk": self._table.key("LIVING", self._kind.OBJECT), "sk": "LIVING"}
