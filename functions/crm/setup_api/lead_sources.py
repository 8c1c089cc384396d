"""/v1/lead-sources: where leads come from, and what became of those that came from there."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from functions.crm.lead_sources import (
    MAX_SOURCES,
    LeadSource,
    LeadSourceFields,
    LeadSourcePatch,
    SourceCounts,
)
from functions.shared.caching import REVALIDATE
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.shared.writes import Also

_PATH = "/v1/lead-sources"
Id = Annotated[str, Path(alias="id", description="The source's id.")]
Reads = Annotated[Exchange, asks("lead_rules:read")]
Writes = Annotated[Exchange, asks("lead_rules:write")]


class SourceStore(Protocol):
    """The sources of the caller's workspace; errors as `dynamodb_lead_sources` says."""

    def all(self) -> list[LeadSource]: ...
    def counts(self) -> SourceCounts: ...
    def get(self, record_id: str) -> LeadSource: ...
    def create(self, record: LeadSource, *, also: Also[LeadSource]) -> LeadSource: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[LeadSource], LeadSource],
        *,
        if_match: str | None = None,
        also: Also[LeadSource],
    ) -> LeadSource: ...


class LeadSourcePage(BaseModel):
    """All sources, archived ones too."""

    data: list[LeadSource]
    next_cursor: str | None


def routes(store: Callable[[Exchange], SourceStore]) -> APIRouter:
    """Return the routes of `/v1/lead-sources`."""
    api = router(tags=["lead rules"])
    _add_collection(api, store)
    _add_source(api, store)
    return api


def _add_collection(api: APIRouter, store: Callable[[Exchange], SourceStore]) -> None:
    @api.get(
        _PATH, response_model=LeadSourcePage, name="list_lead_sources",
        summary="List the sources of leads",
        description="Those that every workspace begins with, then its own, oldest first; archived "
        "ones too. A lead's `source` is the `key` of one of them.",
        responses=problems(400), openapi_extra=operation("lead_rules:read"),
    )  # fmt: skip
    async def list_all(ask: Reads) -> Response:
        return ask.page("lead-sources", None, lambda _start: Page(store(ask).all(), None))

    @api.post(
        _PATH, status_code=201, response_model=LeadSource, name="create_lead_source",
        summary="Declare a source of leads",
        description="From now on leads may name its `key`, which stays what it is. A workspace has "
        f"at most {MAX_SOURCES} of its own. 409 `duplicate_key` where there is one, archived ones "
        "too. Event: `lead_source.created`.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("lead_rules:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Writes, body: LeadSourceFields) -> Response:
        try:
            source = LeadSource.of(body, ask.caller)
        except ValueError as error:
            fault = FieldProblem("/name", "value_error", str(error))
            raise InvalidError("The name makes no key; say one.", errors=[fault]) from error
        return ask.created(lambda also: store(ask).create(source, also=also), _PATH)

    @api.get(
        f"{_PATH}/counts", response_model=SourceCounts, name="count_leads_by_source",
        summary="Count leads by source",
        description="How many leads came from each source, what became of them, and the rates: of "
        "the leads that you may see, deleted ones left out, seconds after each change.",
        responses=problems(), openapi_extra=operation("leads:read"),
    )  # fmt: skip
    async def count(ask: Annotated[Exchange, asks("leads:read")]) -> Response:
        text = store(ask).counts().model_dump_json()
        return Response(text, media_type="application/json")


def _add_source(api: APIRouter, store: Callable[[Exchange], SourceStore]) -> None:
    path = f"{_PATH}/{{id}}"

    @api.get(
        path, response_model=LeadSource, name="get_lead_source", summary="Get a source of leads",
        description="One source, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("lead_rules:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Reads, source_id: Id) -> Response:
        return ask.show(store(ask).get(source_id))

    @api.patch(
        path, response_model=LeadSource, name="update_lead_source",
        summary="Change or archive a source of leads",
        description="JSON Merge Patch (RFC 7396). Leads that have an archived source keep it, and "
        "within 30 seconds no other lead is given it. Event: `lead_source.updated`.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("lead_rules:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(ask: Writes, source_id: Id, body: LeadSourcePatch) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                source_id, lambda old: old.patched(body), if_match=ask.if_match, also=also
            )
        )
