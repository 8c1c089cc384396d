"""/v1/audit: who did what, when, from where, and what it changed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, StringConstraints

from functions.identity.api.audit_schemas import AuditEntryList, AuditEntryView
from functions.identity.audit_vault import Values
from functions.shared.audit import act
from functions.shared.caller import Caller
from functions.shared.clock import NO_TIME, iso, parse
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.shared.writes import Put


class FoundEntries(Protocol):
    """One page of entries' texts, newest first, and the position to go on from."""

    @property
    def texts(self) -> list[str]: ...

    @property
    def position(self) -> str | None: ...


class Log(Protocol):
    """One workspace's audit log."""

    def page(
        self,
        *,
        limit: int,
        actor: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        until: str | None = None,
        start: str | None = None,
    ) -> FoundEntries: ...


class Opener(Protocol):
    """What decrypts one workspace's values."""

    def open(self, entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Values]: ...


@dataclass(frozen=True, slots=True)
class Trail:
    """A workspace's audit log as one caller reads it; `note` writes down that it was read."""

    log: Log
    vault: Opener
    note: Callable[[Put], Any]


def _time(text: str) -> str:
    """Return an RFC 3339 time as positions hold it."""
    if len(text) < len("2026-11-22T21:59:17Z") or text[10] not in "Tt ":
        raise ValueError(NO_TIME)
    return iso(parse(text.upper()))


Reads = Annotated[Exchange, asks("audit:read")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_:.-]{1,100}$")]
Actor = Annotated[Id | None, Query(description="Id of a key, client or member who acted.")]
Subject = Annotated[Id | None, Query(description="Id of the record that it was done to.")]
Time = Annotated[str, StringConstraints(min_length=20, max_length=40), AfterValidator(_time)]
Since = Annotated[
    Time | None,
    Query(
        alias="from", description="Recorded at this time or later.",
        json_schema_extra={"format": "date-time"},
    ),
]  # fmt: skip
Until = Annotated[
    Time | None,
    Query(
        alias="to", description="Recorded before this time.",
        json_schema_extra={"format": "date-time"},
    ),
]  # fmt: skip


def routes(trail: Callable[[Exchange], Trail]) -> APIRouter:
    """Return the routes of the audit log."""
    api = router(tags=["audit"])

    @api.get(
        "/v1/audit", response_model=AuditEntryList,
        name="list_audit_entries", summary="Read the audit log",
        description="What was done in the workspace, newest first: writes of records, playback, "
        "sign-ins, key use, refusals for want of a scope. An entry appears within seconds of its "
        "act and never changes. `before` and `after` hold the changed fields, except where the "
        "subject was erased or the role does not see all records. Reading them is an entry of its "
        "own. With both `actor` and `subject` a page may hold fewer entries than `limit` though "
        "`next_cursor` is there.",
        responses=problems(400, 422), openapi_extra=operation("audit:read"),
    )  # fmt: skip
    async def list_audit_entries(
        ask: Reads, actor: Actor = None, subject: Subject = None, since: Since = None,
        until: Until = None, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None,
    ) -> Response:  # fmt: skip
        if since and until and since >= until:
            raise InvalidError(
                "The time range is empty.",
                errors=[FieldProblem("/query/to", "empty_range", "Choose `to` after `from`.")],
            )
        chosen = {"actor": actor, "subject": subject, "from": since, "to": until}
        at = trail(ask)

        def fetch(start: dict[str, Any] | None) -> Page[str]:
            found = at.log.page(
                limit=limit, actor=actor, subject=subject, since=since, until=until,
                start=start["p"] if start else None,
            )  # fmt: skip
            entries = [json.loads(text) for text in found.texts]
            if ask.caller.visibility == "all":
                values = at.vault.open(entries)
            else:  # an entry's record may be one that this caller may not see
                values = {entry["id"]: Values("hidden") for entry in entries}
            if any(each.state == "shown" for each in values.values()):
                at.note(_reading(ask.caller, chosen, len(entries)))
            return Page(
                [_shown(entry, values[entry["id"]]) for entry in entries],
                {"p": found.position} if found.position else None,
            )

        return ask.page(f"audit {json.dumps(chosen)}", cursor, fetch, str)

    return api


def _shown(entry: Mapping[str, Any], values: Values) -> str:
    return AuditEntryView(
        **{**entry, "values": values.state}, before=values.before, after=values.after
    ).model_dump_json()


def _reading(caller: Caller, chosen: Mapping[str, str | None], count: int) -> Put:
    detail = {name: value for name, value in chosen.items() if value} | {"entries": str(count)}
    subject = {"type": "workspace", "id": caller.workspace}
    return act("audit.read", caller, subject, detail=detail)
