"""/v1/usage and /v1/limits: what a workspace may do, and what it has used of it."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from functions.identity.api.limits_schemas import (
    Costs,
    QuotaUsage,
    QuotaView,
    Rates,
    RateView,
    Sizes,
    WorkspaceLimits,
    WorkspaceUsage,
)
from functions.shared.admission import READ_COST, WRITE_COST
from functions.shared.caching import REVALIDATE
from functions.shared.clock import iso
from functions.shared.errors import InvalidError
from functions.shared.exchange import Ask, Exchange, asks
from functions.shared.limits import (
    BATCH_COST,
    MAX_BATCH,
    QUOTAS,
    START_COST,
    Kind,
    Rate,
    WorkspaceSettings,
)
from functions.shared.openapi import operation, problems
from functions.shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from functions.shared.quotas import next_month
from functions.shared.web import router
from functions.shared.web_event import MAX_BODY_BYTES

Reads = Annotated[Exchange, asks("usage:read")]
Month = Annotated[
    str | None,
    Query(
        pattern=r"^20\d\d-(0[1-9]|1[0-2])$",
        description="A month (UTC) such as `2026-11`; the present one when left out.",
    ),
]
_SHOWN: dict[int | str, dict[str, Any]] = {304: {"description": "You have this state."}}


class Counters(Protocol):
    """One workspace's counters."""

    def usage(self, month: str, *, standing: bool) -> Mapping[Kind, tuple[int, int]]:
        """Return what is used and what is reserved of each kind."""


def routes(
    counters: Callable[[Exchange], Counters],
    settings: Callable[[Exchange], WorkspaceSettings],
    clock: Callable[[], datetime],
) -> APIRouter:
    """Return the routes over the caller's workspace."""
    api = router(tags=["identity"])

    @api.get(
        "/v1/usage", response_model=WorkspaceUsage, name="get_usage", summary="What has been used?",
        description="What the workspace has used of its quotas in a month, and what is reserved "
        "for what is going on. What stands at any time (`stored_bytes`) is in the present month "
        "alone; limits are those of today.",
        responses={**problems(422), **_SHOWN},
        openapi_extra=operation("usage:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def usage(ask: Reads, month: Month = None) -> Response:
        moment = clock()
        present = f"{moment:%Y-%m}"
        wanted = month or present
        if wanted > present:
            raise InvalidError("This month has not begun.", code="month_ahead")
        begun = datetime.strptime(f"{wanted}-01T00:00:00+0000", "%Y-%m-%dT%H:%M:%S%z")
        limits, ends = settings(ask).quotas, iso(next_month(begun))
        found = counters(ask).usage(wanted, standing=wanted == present)
        rows = [
            QuotaUsage(
                kind=kind, period=QUOTAS[kind], used=used, reserved=reserved, limit=limits[kind],
                reset_at=None if QUOTAS[kind] == "standing" else ends,
            )
            for kind, (used, reserved) in found.items()
        ]  # fmt: skip
        return _shown(ask, WorkspaceUsage(month=wanted, data=rows))

    @api.get(
        "/v1/limits", response_model=WorkspaceLimits, name="get_limits",
        summary="What are my limits?",
        description="Rates with their bursts, what requests cost, quotas and sizes: all that "
        "holds for the workspace. Any credential may ask; the operators of the deployment set it.",
        responses={**problems(), **_SHOWN},
        openapi_extra=operation(None, "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def limits(ask: Ask) -> Response:
        chosen = settings(ask)
        shown = WorkspaceLimits(
            rates=Rates(
                principal=_rate(chosen.principal_rate),
                workspace=_rate(chosen.workspace_rate),
            ),
            costs=Costs(
                read=READ_COST,
                write=WRITE_COST,
                batch=BATCH_COST,
                open_upload=START_COST,
                start_run=START_COST,
            ),
            quotas=[
                QuotaView(kind=kind, period=period, limit=chosen.quotas[kind])
                for kind, period in QUOTAS.items()
            ],
            sizes=Sizes(
                body_bytes=MAX_BODY_BYTES,
                batch_operations=MAX_BATCH,
                page_default=DEFAULT_LIMIT,
                page_max=MAX_LIMIT,
            ),
        )
        return _shown(ask, shown)

    return api


def _rate(rate: Rate) -> RateView:
    return RateView(burst=rate.burst, per_second=rate.per_second)


def _shown(ask: Exchange, model: BaseModel) -> Response:
    body = model.model_dump_json()
    # no record, so no version: its content is its identity
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    if ask.has(etag):
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, headers={"etag": etag}, media_type="application/json")
