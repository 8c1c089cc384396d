"""The routes that the record types share: create, list, read, change, delete,
many of these at once, and the timeline of those that have one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, create_model

from functions.crm.api import keys, lifecycle, list_parameters
from functions.crm.api.newcomers import flagged, told
from functions.crm.api.resource import CHANGE, LIST, READ, WRITE, History, Id, Resource, a
from functions.crm.declared_lists import LISTINGS
from functions.crm.ports import R
from functions.crm.service import read_timeline
from functions.crm.timeline import GROUPS, KIND, Choice, TimelineEntry
from functions.shared import batch
from functions.shared.batch import Acts
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

AmongDeleted = Annotated[bool, Query(description="Deleted records instead of the others.")]

_ONE = f"({'|'.join(GROUPS)}|{KIND.pattern})"
Kinds = Annotated[
    str | None,
    Query(
        max_length=500,
        json_schema_extra={"pattern": f"^{_ONE}(,{_ONE})*$"},
        description="Only entries of these kinds, divided by commas: groups ("
        + "; ".join(f"`{name}`: {what}" for name, what in GROUPS.items())
        + ") and types of events, such as `deal.stage_moved`.",
    ),
]


class TimelinePage(BaseModel):
    """A page of a timeline, newest first."""

    data: list[TimelineEntry]
    next_cursor: str | None


def routes(resource: Resource[Any]) -> APIRouter:
    """Return a resource's routes."""
    api = router(tags=[resource.name])
    acts = resource.acts()
    _add_collection(api, resource, acts)
    keys.add(api, resource, acts)
    _add_batch(api, resource, acts)
    _add_record(api, resource, acts)
    lifecycle.add(api, resource)
    if resource.history:
        _add_timeline(api, resource, resource.history)
    return api


def _add_collection(api: APIRouter, resource: Resource[R], acts: Acts) -> None:
    one = resource.kind.OBJECT
    kind, open_store, path = resource.kind, resource.store, resource.path
    read, write = f"{resource.name}:read", f"{resource.name}:write"
    page = create_model(
        f"{kind.__name__}Page",
        __doc__=f"A page of {resource.name}.",
        data=(list[kind], ...),  # type: ignore[valid-type]
        next_cursor=(str | None, ...),
    )

    async def create(ask: Annotated[Exchange, asks(write)], body: Any) -> Response:
        return acts.create(ask, body)

    # FastAPI reads the body's model from here; it differs from resource to resource.
    create.__annotations__["body"] = resource.new

    async def list_all(
        ask: Annotated[Exchange, asks(read)],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        deleted: AmongDeleted = False,  # noqa: FBT002 - a query parameter
    ) -> Response:
        store = open_store(ask)
        asked = list_parameters.asked(ask.request)
        if not asked:
            read_page = store.deleted if deleted else store.page
            return ask.page(
                f"{resource.name}:deleted" if deleted else resource.name,
                cursor,
                lambda start: read_page(limit=limit, start=start),
                related=resource.related,
            )
        query = store.query(asked, deleted=deleted)
        return ask.page(
            f"{resource.name}?{query.text}",
            cursor,
            lambda start: store.listed(query, limit=limit, start=start),
            related=resource.related,
        )

    api.add_api_route(
        path, create, methods=["POST"], status_code=201, response_model=kind,
        name=f"create_{one}", summary=f"Create {a(one)}",
        description=told(
            f"Makes {a(one)}; the reply carries its `ETag` and `Location`.", resource.look
        ),
        responses=WRITE,
        openapi_extra=flagged(operation(write, "IdempotencyKey"), resource.look),
    )  # fmt: skip
    api.add_api_route(
        path, list_all, methods=["GET"], response_model=page,
        name=f"list_{resource.name}", summary=f"List {resource.name}",
        description=f"The workspace's {resource.name}, newest first unless `sort` or a range says "
        "otherwise; `next_cursor` leads on. Filters hold together. One filter or the order is read "
        "from an index, the others are checked within 500 records a request: a page may be short "
        "of `limit` while `next_cursor` is not null. Lists follow a change within seconds. "
        "With `deleted=true` those that were deleted in the last 30 days, the last deleted first.",
        responses=LIST,
        openapi_extra=list_parameters.added(
            operation(read, expands=resource.expands), LISTINGS[one]
        ),
    )  # fmt: skip


def _add_batch(api: APIRouter, resource: Resource[R], acts: Acts) -> None:
    write = f"{resource.name}:write"

    async def run_batch(ask: Annotated[Exchange, asks(write, cost=batch.COST)]) -> Response:
        return batch.run(ask, acts)

    api.add_api_route(
        f"{resource.path}/batch", run_batch, methods=["POST"], status_code=207,
        response_class=Response,
        name=f"batch_{resource.name}", summary=f"Create, update and delete {resource.name}",
        description="Up to 100 operations, done in their order, each as a request of its own: it "
        "succeeds or is refused alone, and needs the scope it would need there. A `delete` names "
        "the `if_match` it is based on, or `*`. Under an `Idempotency-Key` a batch may be sent "
        "again whatever became of it: only what is not done yet is done.",
        responses=problems(400, 413, 415, 422),
        openapi_extra=flagged(operation(write, "IdempotencyKey", batch=(
            resource.new.__name__, resource.patch.__name__, resource.kind.__name__,
            resource.upserted.__name__)), resource.look),
    )  # fmt: skip


def _add_record(api: APIRouter, resource: Resource[R], acts: Acts) -> None:
    one = resource.kind.OBJECT
    kind, open_store, path = resource.kind, resource.store, f"{resource.path}/{{id}}"
    read, write, erase = (f"{resource.name}:{act}" for act in ("read", "write", "delete"))

    async def get(ask: Annotated[Exchange, asks(read)], record_id: Id) -> Response:
        return ask.show(open_store(ask).get(record_id), related=resource.related)

    async def patch(ask: Annotated[Exchange, asks(write)], record_id: Id, body: Any) -> Response:
        return acts.update(ask, record_id, body)

    patch.__annotations__["body"] = resource.patch

    async def delete(ask: Annotated[Exchange, asks(erase)], record_id: Id) -> Response:
        return acts.delete(ask, record_id)

    api.add_api_route(
        path, get, methods=["GET"], response_model=kind,
        name=f"get_{one}", summary=f"Get {a(one)}",
        description=f"One {one}, or 304 when `If-None-Match` names its version.",
        responses={**READ, 304: {"description": "You have this version."}},
        openapi_extra=operation(
            read, "IfNoneMatch", cache=REVALIDATE, expands=resource.expands
        ),
    )  # fmt: skip
    api.add_api_route(
        path, patch, methods=["PATCH"], response_model=kind,
        name=f"update_{one}", summary=f"Update {a(one)}",
        description="JSON Merge Patch (RFC 7396): what is left out stays, null clears.",
        responses=CHANGE, openapi_extra=operation(write, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    api.add_api_route(
        path, delete, methods=["DELETE"], status_code=204, response_class=Response,
        name=f"delete_{one}", summary=f"Delete {a(one)}",
        description=f"The {one} is gone from lists and lookups at once, and for good in 30 days.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation(erase, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip


def _add_timeline(api: APIRouter, resource: Resource[R], history: History) -> None:
    one, read = resource.kind.OBJECT, f"{resource.name}:read"

    async def timeline(
        ask: Annotated[Exchange, asks(read)],
        record_id: Id,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        kind: Kinds = None,
    ) -> Response:
        choice = None if kind is None else Choice.of(kind)
        return ask.page(
            f"timeline:{record_id}:{kind or ''}",
            cursor,
            lambda start: read_timeline(
                resource.kind, record_id, ask.caller, history.timelines(ask),
                resource.store(ask), history.subjects(ask), limit=limit, start=start,
                choice=choice,
            ),
        )  # fmt: skip

    api.add_api_route(
        f"{resource.path}/{{id}}/timeline", timeline, methods=["GET"],
        response_model=TimelinePage,
        name=f"get_{one}_timeline", summary=f"Read a {one}'s timeline",
        description="What happened to the record, newest first: changes, activities, videos and "
        "their analyses. Entries about things that you may not read are left out, so a page may be "
        "short; follow `next_cursor` until it is null.",
        responses=problems(400, 404, 422), openapi_extra=operation(read),
    )  # fmt: skip


__all__ = ["CHANGE", "LIST", "READ", "WRITE", "History", "Id", "Resource", "a", "routes"]
