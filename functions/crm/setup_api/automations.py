"""The routes of automations and of what they have done."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from functions.crm.automation import (
    MAX_AUTOMATIONS,
    MAX_DEPTH,
    MAX_RUNS_AN_HOUR,
    Automation,
    AutomationFields,
    AutomationPatch,
    check_assignees,
)
from functions.crm.automation_runs import Run
from functions.crm.automation_trials import Trial, TrialFields
from functions.crm.definitions import Definitions
from functions.crm.search import SEARCHED
from functions.shared.caching import REVALIDATE
from functions.shared.check import Door
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.shared.writes import Also

_PATH, _ONE = "/v1/automations", "/v1/automations/{id}"
_READ, _WRITE, _DELETE = (f"automations:{act}" for act in ("read", "write", "delete"))
Id = Annotated[str, Path(alias="id", description="The automation's id.")]


class AutomationStore(Protocol):
    """The workspace's automations; errors as `shared.records` says."""

    def get(self, record_id: str) -> Automation: ...
    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[Automation]: ...
    def create(self, record: Automation, *, also: Also[Automation]) -> Automation: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[Automation], Automation],
        *,
        if_match: str | None = None,
        also: Also[Automation],
    ) -> Automation: ...
    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[Automation]
    ) -> None: ...
    def runs(
        self, automation_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Run]: ...


class TrialStand(Protocol):
    """Where automations are tried; errors as `dynamodb_trials` says."""

    def run(self, automation: Automation, record_id: str, *, also: Also[Trial]) -> Trial: ...


class AutomationPage(BaseModel):
    """A page of automations."""

    data: list[Automation]
    next_cursor: str | None


class RunPage(BaseModel):
    """A page of what an automation has done, newest first."""

    data: list[Run]
    next_cursor: str | None


class Bench:
    """What an automation is held to when it is saved."""

    def __init__(
        self,
        store: Callable[[Exchange], AutomationStore],
        definitions: Callable[[Exchange], Definitions],
        people: Callable[[Exchange], Door],
        trials: Callable[[Exchange], TrialStand],
    ) -> None:
        self.store = store
        self.trials = trials
        self._definitions = definitions
        self._people = people

    def checked(self, ask: Exchange, automation: Automation) -> Automation:
        automation.check(self._definitions(ask))
        check_assignees(automation.actions, self._people(ask))
        return automation


def routes(bench: Bench) -> APIRouter:
    """Return the routes of `/v1/automations`."""
    api = router(tags=["automations"])
    _add_collection(api, bench)
    _add_one(api, bench)
    return api


def _add_collection(api: APIRouter, bench: Bench) -> None:
    @api.post(
        _PATH, status_code=201, response_model=Automation, name="create_automation",
        summary="Create an automation",
        description="When one of the events happens to a record of the type, and the condition "
        "(JSONLogic over the record's fields) holds for it, the actions are done, in their order, "
        "each once for an event. What they change says `source: automation`. It ends by itself: "
        f"in one chain of events no automation runs twice, and at most {MAX_DEPTH} run. A "
        f"workspace has at most {MAX_AUTOMATIONS}, and {MAX_RUNS_AN_HOUR:,} runs an hour. A change "
        "here works within 30 seconds.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Annotated[Exchange, asks(_WRITE)], body: AutomationFields) -> Response:
        made = bench.checked(ask, Automation.of(body, ask.caller))
        return ask.created(lambda also: bench.store(ask).create(made, also=also), _PATH)

    @api.get(
        _PATH, response_model=AutomationPage, name="list_automations",
        summary="List automations", description="The workspace's automations, newest first.",
        responses=problems(400, 422), openapi_extra=operation(_READ),
    )  # fmt: skip
    async def list_all(
        ask: Annotated[Exchange, asks(_READ)], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return ask.page(
            "automations", cursor, lambda start: bench.store(ask).page(limit=limit, start=start)
        )


def _add_one(api: APIRouter, bench: Bench) -> None:
    @api.get(
        _ONE, response_model=Automation, name="get_automation", summary="Get an automation",
        description="One automation, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation(_READ, "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Annotated[Exchange, asks(_READ)], automation_id: Id) -> Response:
        return ask.show(bench.store(ask).get(automation_id))

    @api.patch(
        _ONE, response_model=Automation, name="update_automation",
        summary="Update an automation",
        description="JSON Merge Patch (RFC 7396); `condition` and `actions` are replaced as a "
        "whole. `enabled: false` turns it off.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(
        ask: Annotated[Exchange, asks(_WRITE)], automation_id: Id, body: AutomationPatch
    ) -> Response:
        def edited(old: Automation) -> Automation:
            new = old.patched(body)
            return old if new is old else bench.checked(ask, new)

        return ask.changed(
            lambda also: bench.store(ask).change(
                automation_id, edited, if_match=ask.if_match, also=also
            )
        )

    @api.delete(
        _ONE, status_code=204, response_class=Response, name="delete_automation",
        summary="Delete an automation",
        description="It runs no more, within 30 seconds everywhere; what it did stays.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation(_DELETE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(ask: Annotated[Exchange, asks(_DELETE)], automation_id: Id) -> Response:
        return ask.deleted(
            lambda also: bench.store(ask).delete(automation_id, if_match=ask.if_match, also=also)
        )

    @api.post(
        f"{_ONE}/test", response_model=Trial, name="test_automation",
        summary="Try an automation on a record",
        description="Says whether its condition holds for the record as it is now, with the facts "
        "that it reads, and what each action would do to the record by itself, whether it holds or "
        "not. Nothing is written, and no turn is taken. What only a write finds out, such as a "
        "value that another record has, is not foreseen. You need the read scope of the "
        "automation's type of record, and to see the record.",
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey"),
    )  # fmt: skip
    async def test(
        ask: Annotated[Exchange, asks(_WRITE)], automation_id: Id, body: TrialFields
    ) -> Response:
        found = bench.store(ask).get(automation_id)
        ask.caller.require(f"{SEARCHED[found.record_type]}:read")
        return ask.once(
            lambda also: bench.trials(ask).run(found, body.record_id, also=also),
            lambda trial: Reply(200, trial.model_dump_json(), {}),
        )

    @api.get(
        f"{_ONE}/runs", response_model=RunPage, name="list_automation_runs",
        summary="Read what an automation has done",
        description="Its runs of the last 30 days, newest first: on which event and record, what "
        "became of each action, and why nothing was done where nothing was.",
        responses=problems(400, 404, 422), openapi_extra=operation(_READ),
    )  # fmt: skip
    async def runs(
        ask: Annotated[Exchange, asks(_READ)],
        automation_id: Id,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return ask.page(
            f"runs:{automation_id}",
            cursor,
            lambda start: bench.store(ask).runs(automation_id, limit=limit, start=start),
        )
