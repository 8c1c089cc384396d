"""What deals have besides the common routes: moving, and the pipeline they move in."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel

from functions.crm.api.resources import CHANGE, Id
from functions.crm.fields import MoveFields
from functions.crm.model import Deal
from functions.crm.pipelines import DEFAULT, Pipeline
from functions.crm.ports import Store
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router


class PipelinePage(BaseModel):
    """A page of pipelines."""

    data: list[Pipeline]
    next_cursor: str | None


_PIPELINES = PipelinePage(data=[DEFAULT], next_cursor=None).model_dump_json()


def routes(store: Callable[[Exchange], Store[Deal]]) -> APIRouter:
    """Return the routes `POST /v1/deals/{id}/move` and `GET /v1/pipelines`."""
    api = router(tags=["deals"])

    @api.post(
        "/v1/deals/{id}/move", response_model=Deal, name="move_deal", summary="Move a deal",
        description="Puts a deal into another stage of its pipeline; to the stage it is in "
        "already changes nothing. Event: `deal.stage_moved`.",
        responses=CHANGE, openapi_extra=operation("deals:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def move(
        ask: Annotated[Exchange, asks("deals:write")], record_id: Id, body: MoveFields
    ) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                record_id,
                lambda deal: deal.moved(body.stage),
                event="stage_moved",
                if_match=ask.if_match,
                also=also,
            )
        )

    @api.get(
        "/v1/pipelines", response_model=PipelinePage, name="list_pipelines",
        summary="List pipelines",
        description="The pipelines of deals: ordered stages, each with its kind and the "
        "probability of winning in percent.",
        responses=problems(), openapi_extra=operation("deals:read"),
    )  # fmt: skip
    async def pipelines(_ask: Annotated[Exchange, asks("deals:read")]) -> Response:
        return Response(_PIPELINES, media_type="application/json")

    return api
