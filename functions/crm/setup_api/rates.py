"""/v1/exchange-rates."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Response

from functions.crm.exchange_rates import ExchangeRates, RatesPatch, rates_id
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.shared.writes import Also


class RateStore(Protocol):
    """The exchange rates of the caller's workspace."""

    def get(self, record_id: str) -> ExchangeRates: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[ExchangeRates], ExchangeRates],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[ExchangeRates],
    ) -> ExchangeRates: ...


def routes(store: Callable[[Exchange], RateStore]) -> APIRouter:
    """Return the routes of the caller's workspace's exchange rates."""
    api = router(tags=["pipelines"])

    @api.get(
        "/v1/exchange-rates", response_model=ExchangeRates,
        name="get_exchange_rates", summary="Get the exchange rates",
        description="The workspace's base currency, and what one unit of each other currency is "
        "worth in it.",
        responses={**problems(), 304: {"description": "You have this version."}},
        openapi_extra=operation("pipelines:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Annotated[Exchange, asks("pipelines:read")]) -> Response:
        return ask.show(store(ask).get(rates_id(ask.caller.workspace)))

    @api.patch(
        "/v1/exchange-rates", response_model=ExchangeRates,
        name="update_exchange_rates", summary="Set the base currency and exchange rates",
        description="JSON Merge Patch (RFC 7396): null takes a rate away. With another base "
        "currency the old rates go. A deal takes the rate that holds when its amount is written, "
        "and once more when it is won or lost, within 30 seconds of a change here; what is "
        "written already stays.",
        responses=problems(400, 409, 412, 413, 415, 422),
        openapi_extra=operation("pipelines:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(
        ask: Annotated[Exchange, asks("pipelines:write")], body: RatesPatch
    ) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                rates_id(ask.caller.workspace),
                lambda old: old.patched(body),
                if_match=ask.if_match,
                also=also,
            )
        )

    return api
