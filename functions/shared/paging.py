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
