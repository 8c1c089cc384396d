"""New records that may be there already: the flag of requests that make them, and what the reply
says of whom they may be."""

from collections.abc import Sequence
from typing import Any, Protocol

from functions.crm.model import CrmRecord
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import Exchange


class Shown(Protocol):
    """A candidate."""

    def model_dump_json(self) -> str: ...


class Look(Protocol):
    """Looks for records that a new one may be; `allowed`: its maker does not mind. Returns None
    where the workspace does not want to know, raises PossibleDuplicateError where it wants none."""

    def __call__(
        self, ask: Exchange, record: CrmRecord, *, allowed: bool
    ) -> Sequence[Shown] | None: ...


FLAG: dict[str, Any] = {
    "name": "allow_duplicates",
    "in": "query",
    "required": False,
    "description": "Make the record also where the workspace's policy (`/v1/record-settings`) "
    "refuses what is likely there already. You need `merges:write`.",
    "schema": {"type": "string", "enum": ["true", "false"], "default": "false"},
}
SENTENCE = (
    " Where the workspace's policy is `warn` or `deny` (`/v1/record-settings`), the reply names in "
    "`duplicates` the likeliest records, among those you may read, that a new one may be; with "
    "`deny` one that is likely there already is refused: 409 `possible_duplicate`."
)


class Newcomer:
    """A record that one request makes, and whom it may be."""

    def __init__(self, ask: Exchange, look: Look | None) -> None:
        self._ask = ask
        self._look = look
        self._told: Sequence[Shown] | None = None
        self._allowed = look is not None and _allowed(ask)

    def check(self, record: CrmRecord) -> None:
        """Look for the record among those that are there; raises PossibleDuplicateError."""
        if self._look is not None:
            self._told = self._look(self._ask, record, allowed=self._allowed)

    def shown(self, record: CrmRecord) -> str:
        """Return the record as the reply shows it."""
        text = record.model_dump_json()
        if self._told is None:
            return text
        candidates = ",".join(each.model_dump_json() for each in self._told)
        return f'{text[:-1]},"duplicates":[{candidates}]}}'


def _allowed(ask: Exchange) -> bool:
    text = ask.request.query_params.get("allow_duplicates", "false")
    if text not in ("true", "false"):
        fault = FieldProblem("/query/allow_duplicates", "enum", "It is true or false.")
        raise InvalidError("`allow_duplicates` is true or false.", errors=[fault])
    return text == "true"


def flagged(extra: dict[str, Any], look: Look | None) -> dict[str, Any]:
    """Return a route's `openapi_extra` with the flag, where the resource looks for duplicates."""
    if look is None:
        return extra
    return {**extra, "parameters": [*extra.get("parameters", ()), FLAG]}


def told(description: str, look: Look | None) -> str:
    """Return a route's description, with what is said of duplicates where they are looked for."""
    return description if look is None else description + SENTENCE
