"""Records by the values that are theirs alone: an e-mail address, a domain, another system's id."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from functions.crm.api.newcomers import flagged, told
from functions.crm.api.resource import READ, WRITE, Resource, a
from functions.crm.ports import R
from functions.shared.batch import Acts
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems

_PATTERN = r"^([a-z_]{1,32}|custom\.[a-z][a-z0-9_]{0,63})$"


def add(api: APIRouter, resource: Resource[R], acts: Acts) -> None:
    """Add `GET …/lookup` and `POST …/upsert` to a resource's routes."""
    one, upserted = resource.kind.OBJECT, acts.upsert
    read, write = f"{resource.name}:read", f"{resource.name}:write"
    by_key = Annotated[
        str,
        Query(
            pattern=_PATTERN,
            description=f"A field whose values occur once: {', '.join(resource.keys)}, or "
            "`custom.<name>` of a unique custom field.",
        ),
    ]
    value_of_it = Annotated[
        str, Query(min_length=1, max_length=2_000, description="Its value, in any form.")
    ]

    async def lookup(ask: Annotated[Exchange, asks(read)], by: Any, value: Any) -> Response:
        return ask.show(resource.store(ask).find(by, value), related=resource.related)

    lookup.__annotations__ |= {"by": by_key, "value": value_of_it}

    async def upsert(ask: Annotated[Exchange, asks(write)], by: Any, body: Any) -> Response:
        assert upserted is not None  # noqa: S101 - every resource of the CRM has it
        return upserted(ask, by, body)

    upsert.__annotations__ |= {"by": by_key, "body": resource.upserted}

    api.add_api_route(
        f"{resource.path}/lookup", lookup, methods=["GET"], response_model=resource.kind,
        name=f"lookup_{one}", summary=f"Look {a(one)} up by a key",
        description=f"The {one} whose key has this value: one that was written a moment ago, too.",
        responses={
            **READ, **problems(400, 404, 422), 304: {"description": "You have this version."},
        },
        openapi_extra=operation(
            read, "IfNoneMatch", cache=REVALIDATE, expands=resource.expands
        ),
    )  # fmt: skip
    api.add_api_route(
        f"{resource.path}/upsert", upsert, methods=["POST"], response_model=resource.kind,
        name=f"upsert_{one}", summary=f"Create or update {a(one)} by a key",
        description=told(
            f"Looks for the {one} that has the body's value of the key `by`. If there is one, the "
            "body is merged into it as by PATCH: 200 (what only a new record takes must be as it "
            "is). If not, it is made of the body: 201. Of several at once that name one value, one "
            "makes it and the others change it.",
            resource.look,
        ),
        responses={**WRITE, 201: {"model": resource.kind, "description": "It was made."}},
        openapi_extra=flagged(operation(write, "IdempotencyKey"), resource.look),
    )  # fmt: skip
