"""The routes of duplicates: of a record, and of a body that is not saved."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Response

from functions.crm.duplicates import SEARCHED, SOUGHT, Duplicates, Finder, Match
from functions.crm.likeness import LIKELY, POSSIBLE
from functions.shared.exchange import DEFAULT_LIMIT, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Of = Annotated[str, Query(max_length=64, description="The id of the record that is looked at.")]
MinScore = Annotated[
    int, Query(ge=POSSIBLE, le=100, description="Only candidates that score as much.")
]
_TOLD = {"score", "likely", "reasons"}
_HOW = (
    "Each has its score (0 to 100), whether that makes it `likely` "
    f"({LIKELY} or more), and the reasons whose points it is the sum of; the README of the CRM has "
    "the table. Only records of the same type that you may see are found, the likeliest first, and "
    "a change is followed within seconds."
)


class Readable(Protocol):
    """Records of one type, of which one is looked at."""

    def get(self, record_id: str) -> Any: ...


def routes(
    finder: Callable[[Exchange], Finder], store: Callable[[Exchange, str], Readable]
) -> APIRouter:
    """Return the routes `GET` and `POST /v1/<resource>/duplicates`; `store` reads records of a
    type."""
    api = router(tags=["duplicates"])
    for name in SEARCHED:
        _add_duplicates(api, name, finder, store)
    return api


def _add_duplicates(
    api: APIRouter,
    name: str,
    finder: Callable[[Exchange], Finder],
    store: Callable[[Exchange, str], Readable],
) -> None:
    one, read = SEARCHED[name].OBJECT, f"{name}:read"

    async def of_record(
        ask: Annotated[Exchange, asks(read)],
        of: Of,
        min_score: MinScore = POSSIBLE,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response:
        record = store(ask, one).get(of)
        return _shown(finder(ask).match(record.model_dump(mode="json")), min_score, limit)

    async def of_body(
        ask: Annotated[Exchange, asks(read)],
        body: Any,
        min_score: MinScore = POSSIBLE,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response:
        return _shown(finder(ask).sought(one, body), min_score, limit)

    # FastAPI reads the body's model from here; it differs from resource to resource.
    of_body.__annotations__["body"] = SOUGHT[name]
    path = f"/v1/{name}/duplicates"
    api.add_api_route(
        path, of_record, methods=["GET"], response_model=Duplicates,
        name=f"list_{one}_duplicates", summary=f"Find a {one}'s duplicates",
        description=f"The {name} that may be the same as one of them. {_HOW}",
        responses=problems(404, 422), openapi_extra=operation(read),
    )  # fmt: skip
    api.add_api_route(
        path, of_body, methods=["POST"], response_model=Duplicates,
        name=f"find_{one}_duplicates", summary=f"Find {name} by what is known of one",
        description=f"The {name} that one may be of which this is known; nothing is written. "
        + _HOW,
        responses=problems(400, 413, 415, 422), openapi_extra=operation(read),
    )  # fmt: skip


def _shown(match: Match, min_score: int, limit: int) -> Response:
    data = [
        {"record": record, **candidate.model_dump(mode="json", include=_TOLD)}
        for candidate, record in match.candidates
        if candidate.score >= min_score
    ]
    told = {"data": data[:limit], "complete": match.complete, "overfull": list(match.overfull)}
    return Response(json.dumps(told, ensure_ascii=False), media_type="application/json")
