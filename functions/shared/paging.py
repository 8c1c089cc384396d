"""Pages and their cursors: opaque, authenticated, bound to the query and the workspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from functions.shared.errors import MalformedError
from functions.shared.signing import Signer

T = TypeVar("T")

DEFAULT_LIMIT, MAX_LIMIT = 25, 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some records and the position after the last of them (None at the end)."""

    items: Sequence[T]
    position: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Strand(Generic[T]):
    """The next records of one of several lists, newest first, each with its sort key; `more` says
    whether the list goes on after the last of them."""

    items: Sequence[tuple[str, T]]
    more: bool


def merged(strands: Sequence[Strand[T]], limit: int) -> Page[T]:
    """Return the newest `limit` records of several lists, each record once.

    All strands begin at the same place and sort keys are those of the records, the same in every
    list: so the last one's is a position in all of them. What lies behind the end of a strand
    that goes on is not known yet and is left to the next page.
    """
    if len(strands) == 1:
        (only,) = strands
        position = {"sk": only.items[-1][0]} if only.more else None
        return Page([record for _, record in only.items], position)
    known = max((strand.items[-1][0] for strand in strands if strand.more), default="")
    found = {key: item for strand in strands for key, item in strand.items if key >= known}
    order = sorted(found, reverse=True)
    taken = order[:limit]
    more = len(order) > limit or any(strand.more for strand in strands)
    return Page([found[key] for key in taken], {"sk": taken[-1]} if more else None)


class Cursors:
    """Makes and reads the cursors of one query of one workspace."""

    def __init__(self, signer: Signer, workspace: str, query: str) -> None:
        self._signer = signer
        self._binding = [workspace, query]

    def encode(self, position: Mapping[str, Any] | None) -> str | None:
        """Return a cursor for a position, None for None."""
        if position is None:
            return None
        return self._signer.sign({"q": self._binding, "p": dict(position)})

    def decode(self, cursor: str | None) -> dict[str, Any] | None:
        """Return the cursor's position; raises MalformedError for one that was tampered with or
        belongs to another query or workspace."""
        if cursor is None:
            return None
        payload = self._signer.verify(cursor)
        if payload is None or payload.get("q") != self._binding:
            raise MalformedError(
                "The cursor is not one that this list has given out.", code="invalid_cursor"
            )
        position = payload["p"]
        return dict(position)
