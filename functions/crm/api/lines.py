"""/v1/deals/{id}/line-items."""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from functions.crm.api.resources import CHANGE, Id
from functions.crm.lines import (
    MAX_LINES,
    Line,
    LineFields,
    LinePatch,
    Priced,
    added,
    found,
    new_line,
    patched,
    without,
)
from functions.crm.model import Deal
from functions.shared.exchange import Exchange, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.shared.writes import Also

Reads = Annotated[Exchange, asks("deals:read")]
Writes = Annotated[Exchange, asks("deals:write")]
LineId = Annotated[
    str,
    Path(
        alias="line",
        description="The line item's id.",
        examples=["lin_06b1qz3v1w7g2m5n8p0r4t6x9h"],
    ),
]


class Changed(Protocol):
    """A deal and its lines after a change."""

    @property
    def deal(self) -> Deal: ...
    @property
    def lines(self) -> Sequence[Line]: ...


class LineStore(Protocol):
    """The lines of the workspace's deals."""

    def lines(self, deal_id: str) -> list[Line]: ...
    def change_lines(
        self,
        deal_id: str,
        edit: Callable[[Sequence[Line]], list[Line]],
        *,
        if_match: str | None = None,
        also: Also[Changed],
    ) -> Changed: ...


class LinePage(BaseModel):
    """A deal's line items; there are so few that they are one page."""

    data: list[Line]
    next_cursor: str | None


def routes(
    store: Callable[[Exchange], LineStore], product: Callable[[Exchange, str], Priced]
) -> APIRouter:
    """Return the routes of deals' line items. `product` returns one that may be put on a deal;
    raises InvalidError."""
    api = router(tags=["deals"])
    _add_collection(api, store, product)
    _add_line(api, store)
    return api


def _add_collection(
    api: APIRouter,
    store: Callable[[Exchange], LineStore],
    product: Callable[[Exchange, str], Priced],
) -> None:
    @api.get(
        "/v1/deals/{id}/line-items", response_model=LinePage, name="list_line_items",
        summary="List a deal's line items",
        description="What the deal sells, in the order in which it was added.",
        responses=problems(400, 404, 422), openapi_extra=operation("deals:read"),
    )  # fmt: skip
    async def list_all(ask: Reads, deal_id: Id) -> Response:
        return ask.page("line-items", None, lambda _start: Page(store(ask).lines(deal_id), None))

    @api.post(
        "/v1/deals/{id}/line-items", response_model=Line, status_code=201,
        name="create_line_item", summary="Add a line item to a deal",
        description="Of a product, or of your own words and price. The deal's amount is the sum of "
        "its line items from then on: quantity x unit price less the discount, each line rounded "
        "once to the minor unit, halves away from zero; tax is told beside it. All are in one "
        f"currency. A deal has at most {MAX_LINES}. The `ETag` is the deal's.",
        responses=CHANGE, openapi_extra=operation("deals:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def create(ask: Writes, deal_id: Id, body: LineFields) -> Response:
        priced = product(ask, body.product_id) if body.product_id else None
        line = new_line(deal_id, body, priced)

        def reply(made: Changed) -> Reply:
            where = f"/v1/deals/{deal_id}/line-items/{line.id}"
            headers = {"etag": made.deal.etag, "location": where}
            return Reply(201, line.model_dump_json(), headers)

        return ask.once(
            lambda also: store(ask).change_lines(
                deal_id, lambda lines: added(lines, line), if_match=ask.if_match, also=also
            ),
            reply,
        )


def _add_line(api: APIRouter, store: Callable[[Exchange], LineStore]) -> None:
    @api.patch(
        "/v1/deals/{id}/line-items/{line}", response_model=Line, name="update_line_item",
        summary="Change a line item",
        description="JSON Merge Patch (RFC 7396). The deal's amount changes with it.",
        responses=CHANGE, openapi_extra=operation("deals:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(ask: Writes, deal_id: Id, line_id: LineId, body: LinePatch) -> Response:
        def reply(made: Changed) -> Reply:
            shown = found(made.lines, line_id).model_dump_json()
            return Reply(200, shown, {"etag": made.deal.etag})

        return ask.once(
            lambda also: store(ask).change_lines(
                deal_id,
                lambda lines: patched(lines, line_id, body),
                if_match=ask.if_match,
                also=also,
            ),
            reply,
        )

    @api.delete(
        "/v1/deals/{id}/line-items/{line}", status_code=204, response_class=Response,
        name="delete_line_item", summary="Delete a line item",
        description="The deal's amount is that of the others; none when this was the last.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("deals:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(ask: Writes, deal_id: Id, line_id: LineId) -> Response:
        return ask.once(
            lambda also: store(ask).change_lines(
                deal_id, lambda lines: without(lines, line_id), if_match=ask.if_match, also=also
            ),
            lambda _made: Reply(204, "", {}),
        )
