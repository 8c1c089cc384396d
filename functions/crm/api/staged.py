"""What records that move through pipelines have besides the common routes: moving, and where they
have been."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from functions.crm.api.resources import CHANGE, Id
from functions.crm.model import StagedRecord
from functions.crm.pipeline_fields import MoveFields
from functions.crm.ports import StagedStore
from functions.crm.staged import Move, Visit
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router


class VisitPage(BaseModel):
    """A page of the stages that a record has been in, the present one first."""

    data: list[Visit]
    next_cursor: str | None


def routes(
    name: str, kind: type[StagedRecord], store: Callable[[Exchange], StagedStore[Any]]
) -> APIRouter:
    """Return the routes `POST /v1/<name>/{id}/move` and `GET /v1/<name>/{id}/stage-history`."""
    api = router(tags=[name])
    one, path = kind.OBJECT, f"/v1/{name}/{{id}}"
    read, write = f"{name}:read", f"{name}:write"

    async def move(ask: Annotated[Exchange, asks(write)], record_id: Id, body: Any) -> Response:
        position = body.position
        wanted = Move(
            stage=body.stage,
            pipeline_id=body.pipeline_id,
            after=position and position.after,
            before=position and position.before,
            loss_reason=body.loss_reason,
        )
        return ask.changed(
            lambda also: store(ask).move(record_id, wanted, if_match=ask.if_match, also=also)
        )

    move.__annotations__["body"] = MoveFields

    async def history(
        ask: Annotated[Exchange, asks(read)],
        record_id: Id,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return ask.page(
            f"visits:{record_id}",
            cursor,
            lambda start: store(ask).visits(record_id, limit=limit, start=start),
        )

    api.add_api_route(
        f"{path}/move", move, methods=["POST"], response_model=kind,
        name=f"move_{one}", summary=f"Move a {one}",
        description=f"Puts a {one} into another stage of its pipeline or of another one, on top of "
        "the column or beside a record that you name; to where it is already changes nothing. A "
        "stage refuses what lacks a field that it requires (422 `missing_required_field`, one "
        f"pointer for each). Events: `{one}.stage_moved`, and `{one}.won` or `{one}.lost`; within "
        f"its column `{one}.reordered`.",
        responses=CHANGE, openapi_extra=operation(write, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    api.add_api_route(
        f"{path}/stage-history", history, methods=["GET"], response_model=VisitPage,
        name=f"get_{one}_stage_history", summary=f"Read where a {one} has been",
        description=f"The stages that the {one} has been in, the present one first: when it came, "
        "when it left, how long it stayed, who brought it there and how.",
        responses=problems(400, 404, 422), openapi_extra=operation(read),
    )  # fmt: skip
    return api
