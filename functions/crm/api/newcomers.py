"""New records that may be there already: the flag of requests that make them, and what the reply
says of whom they may be."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from functions.crm.model import CrmRecord
from functions.shared.errors import FieldProblem, InvalidError, PossibleDuplicateError
from functions.shared.exchange import Exchange


class Shown(Protocol):
    """A candidate, or what a reply shows."""

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
    """What one request makes, and whom it may be."""

    def __init__(self, ask: Exchange, look: Look | None) -> None:
        self._ask = ask
        self._look = look
        self._told: Sequence[Shown] | None = None
        self._allowed = look is not None and _allowed(ask)

    def check(self, record: CrmRecord) -> None:
        """Look for the record among those that are there; raises PossibleDuplicateError."""
        self._told = self._found(record)

    def check_parts(self, parts: Mapping[str, CrmRecord]) -> None:
        """As `check`, of several records that are made together, by the names that the body has for
        them: told, or refused, is what there is to be said of them all."""
        told: list[Sequence[Shown]] = []
        refusals: dict[str, PossibleDuplicateError] = {}
        for name, record in parts.items():
            try:
                found = self._found(record)
            except PossibleDuplicateError as error:
                refusals[name] = error
            else:
                told += [] if found is None else [found]
        self._told = [each for some in told for each in some] if told else None
        if refusals:
            raise PossibleDuplicateError(
                "What is to be made may be there already; see `duplicates`. Name the record that "
                "it is as `id` of its part, to attach it instead; whoever may merge can make it "
                "all the same, with `allow_duplicates=true`.",
                duplicates=[each for error in refusals.values() for each in error.duplicates],
                errors=[
                    FieldProblem(f"/{name}/id", "possible_duplicate", f"Which {name} is it?")
                    for name in refusals
                ],
            )

    def _found(self, record: CrmRecord) -> Sequence[Shown] | None:
        if self._look is None:
            return None
        return self._look(self._ask, record, allowed=self._allowed)

    def shown(self, record: Shown) -> str:
        """Return what was made as the reply shows it."""
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
