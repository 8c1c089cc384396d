"""What leads have besides the common routes: being assigned, converted and un-converted."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Response

from functions.crm.api.newcomers import Look, Newcomer, flagged
from functions.crm.api.resources import CHANGE, Id, Resource
from functions.crm.conversion import ConversionView
from functions.crm.lead_fields import ConvertFields
from functions.crm.model import Lead
from functions.crm.ports import ConversionStore, LeadStore
from functions.shared.batch import Acts
from functions.shared.exchange import Exchange, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Writes = Annotated[Exchange, asks("leads:write")]

_ACT = problems(400, 404, 409, 412)


class LeadResource(Resource[Lead]):
    """Leads on the API; a new one is whose the assignment rules say, unless the caller does."""

    def acts(self) -> Acts:
        def create(ask: Exchange, body: Any) -> Response:
            store: Any = self.store(ask)
            assign = "owner_id" not in body.model_fields_set
            return self.made(ask, body, partial(store.create, assign=assign))

        return replace(super().acts(), create=create)


def routes(
    store: Callable[[Exchange], LeadStore],
    conversions: Callable[[Exchange], ConversionStore],
    look: Look,
) -> APIRouter:
    """Return the routes `POST /v1/leads/{id}/assign`, `/convert` and `/unconvert`."""
    api = router(tags=["leads"])

    @api.post(
        "/v1/leads/{id}/assign", response_model=Lead, name="assign_lead", summary="Assign a lead",
        description="Asks the assignment rules in their order and gives the lead to whom the first "
        "names whose condition holds, as for a new lead; `assigned_by` names the rule. Members "
        "that are deactivated are passed over. 409 `no_matching_rule` when no rule takes it. "
        "Event: `lead.assigned`.",
        responses=_ACT, openapi_extra=operation("leads:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def assign(ask: Writes, record_id: Id) -> Response:
        return ask.changed(
            lambda also: store(ask).assign(record_id, if_match=ask.if_match, also=also)
        )

    @api.post(
        "/v1/leads/{id}/convert", response_model=ConversionView, name="convert_lead",
        summary="Convert a lead",
        description="Makes a contact of the lead, its company, and a deal where you ask for one, "
        "all or nothing. A contact with the lead's e-mail address and a company with its domain "
        "are attached as they are instead of being made again. The lead moves to its pipeline's "
        "first stage of kind `won` and is changed no more; its timeline stays, and those of what "
        "it became begin with the conversion. `dry_run` shows what would happen. Where the "
        "workspace's policy (`/v1/record-settings`) for contacts or companies is `warn` or `deny`, "
        "the reply names in `duplicates` whom a new one may be; with `deny` one that is likely "
        "there already is refused (409 `possible_duplicate`): name the one that it is as "
        "`contact.id` or `company.id`, and it is attached. Needs "
        "`contacts:write`, and `companies:write` and `deals:write` for what is made besides. "
        "Events: `lead.converted`, `contact.created`, `company.created`, `deal.created`.",
        responses=CHANGE,
        openapi_extra=flagged(operation("leads:write", "IdempotencyKey", "IfMatch"), look),
    )  # fmt: skip
    async def convert(ask: Writes, record_id: Id, body: ConvertFields) -> Response:
        ask.caller.require("contacts:write")
        if not body.companyless:
            ask.caller.require("companies:write")
        if body.deal:
            ask.caller.require("deals:write")
        newcomers = Newcomer(ask, look)
        check = newcomers.check_parts
        if body.dry_run:
            view = conversions(ask).preview(record_id, body, ask.if_match, check)
            return Response(newcomers.shown(view), media_type="application/json")
        return ask.once(
            lambda also: conversions(ask).convert(
                record_id, body, check=check, if_match=ask.if_match, also=also
            ),
            lambda view: Reply(200, newcomers.shown(view), {"etag": view.lead.etag}),
        )

    @api.post(
        "/v1/leads/{id}/unconvert", response_model=Lead, name="unconvert_lead",
        summary="Take a conversion back",
        description="Within an hour of its conversion a lead becomes what it was, and what the "
        "conversion made is deleted (and can be restored). When a new record has been changed "
        "since, nothing happens (409 `records_edited`, one pointer for each); what was attached "
        "stays as it is. Needs the same scopes as the conversion, with `:delete` of what it made. "
        "Events: `lead.unconverted`, and `.deleted` of each record.",
        responses=_ACT, openapi_extra=operation("leads:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def unconvert(ask: Writes, record_id: Id) -> Response:
        for scope in ("contacts:delete", "companies:delete", "deals:delete"):
            ask.caller.require(scope)
        return ask.changed(
            lambda also: conversions(ask).unconvert(record_id, if_match=ask.if_match, also=also)
        )

    return api
