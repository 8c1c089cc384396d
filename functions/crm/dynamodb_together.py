"""The writes of several repositories in one transaction.

Each act is what a repository does anyway (`contacts.create(...)`, `deals.delete(...)`), told to do
it on a table that keeps its transaction back. The transactions kept back are sent as one: where two
write, or one writes and another checks, the same item, the item is written once and unchecked,
because it is there if the transaction is. When the whole is refused, the act whose condition failed
is played again and hears of it as if it had been alone, so that its refusal is the one it always
gives.

What acts do besides their one transaction (reads, questions to other contexts) they do as always.
"""

from collections.abc import Callable, Sequence
from typing import Any

from functions.shared.errors import ConflictError
from functions.shared.table import (
    Check,
    ConditionFailedError,
    Item,
    Put,
    Table,
    Write,
)

Act = Callable[[Table], Any]

_ATTEMPTS = 5


def together(
    table: Table, acts: Sequence[Act], more: Callable[[list[Any]], Sequence[Write]]
) -> list[Any]:
    """Do all acts or none, and the writes that `more` makes of their results, in one transaction;
    return their results.

    An act that reads what another changes meanwhile is done anew, with all others, as it would be
    alone. Raises what an act raises, ConditionFailedError for one of `more`, and ConflictError
    when the records are being changed all the time.
    """
    for _ in range(_ATTEMPTS):
        kept = [_Kept(table) for _ in acts]
        results = [act(each) for act, each in zip(acts, kept, strict=True)]
        further = more(results)
        writes = _once([write for each in kept for write in each.writes] + list(further))
        try:
            if writes:
                table.transact(writes)
        except ConditionFailedError as error:
            refused = [act for act, each in zip(acts, kept, strict=True) if each.concerned(error)]
            if not refused:
                raise
            try:
                for act in refused:
                    act(_Refusing(table, error))
            except _AgainError:
                continue
            raise
        return results
    raise ConflictError("The records are being changed by others; please try again.")


def rehearsed(table: Table, acts: Sequence[Act]) -> list[Any]:
    """Return what acts would return, without writing anything: whatever they find wrong before
    their transaction they raise."""
    return [act(_Kept(table)) for act in acts]


class _Kept(Table):
    """A table that keeps a transaction back."""

    def __init__(self, table: Table) -> None:
        self.__dict__.update(vars(table))
        self.writes: list[Write] = []

    def transact(self, writes: Sequence[Write]) -> None:
        self.writes = list(writes)

    def concerned(self, error: ConditionFailedError) -> bool:
        return any(_same(refused, write) for refused in error.refused for write in self.writes)


class _Refusing(Table):
    """A table whose transaction is refused for what another one was refused; asked once more, it
    says that the act wants to be done anew."""

    def __init__(self, table: Table, error: ConditionFailedError) -> None:
        self.__dict__.update(vars(table))
        self._error = error
        self._asked = False

    def transact(self, writes: Sequence[Write]) -> None:
        if self._asked:
            raise _AgainError
        self._asked = True
        there = dict(
            zip(map(_place, self._error.refused), self._error.failed.values(), strict=True)
        )
        failed = {
            position: there[_place(write)]
            for position, write in enumerate(writes)
            if _place(write) in there
        }
        raise ConditionFailedError(failed, [writes[position] for position in failed])


class _AgainError(Exception):
    """The act would try again."""


def _once(writes: Sequence[Write]) -> list[Write]:
    """Return the writes, of several on one item the one that changes it."""
    chosen: dict[tuple[Any, Any, Any], Write] = {}
    for write in writes:
        place = _place(write)
        if place not in chosen or isinstance(chosen[place], Check):
            chosen[place] = write
    return list(chosen.values())


def _place(write: Write) -> tuple[Any, Any, Any]:
    key: Item = write.item if isinstance(write, Put) else write.key
    return write.table, key["pk"], key["sk"]


def _same(one: Write, other: Write) -> bool:
    return _place(one) == _place(other)
