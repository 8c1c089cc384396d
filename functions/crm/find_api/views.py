"""The routes of saved views, and of what they show."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, Union

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, create_model

from functions.crm.list_query import ListQuery
from functions.crm.search import MODELS, SEARCHED
from functions.crm.views import MAX_VIEWS, View, ViewedType, ViewFields, ViewPatch
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.shared.writes import Also

_PATH, _ONE = "/v1/views", "/v1/views/{id}"
_READ, _WRITE, _DELETE = (f"views:{act}" for act in ("read", "write", "delete"))
Reads = Annotated[Exchange, asks(_READ)]
Writes = Annotated[Exchange, asks(_WRITE)]
Deletes = Annotated[Exchange, asks(_DELETE)]
Id = Annotated[str, Path(alias="id", description="The view's id.")]
ColumnsAlone = Annotated[
    bool, Query(description="The view's columns alone, with `id` and `object`.")
]


class ViewStore(Protocol):
    """The views that the caller sees; errors as `shared.records` says, and ForbiddenError for a
    change of a view that is not the caller's."""

    def get(self, record_id: str) -> View: ...
    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[View]: ...
    def create(self, record: View, *, also: Also[View]) -> View: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[View], View],
        *,
        if_match: str | None = None,
        also: Also[View],
    ) -> View: ...
    def delete(self, record_id: str, *, if_match: str | None = None, also: Also[View]) -> None: ...


class Viewed(Protocol):
    """The lists of one type of record; errors as `shared.records` says."""

    def custom_fields(self, names: Iterable[str]) -> Mapping[str, tuple[str, bool]]: ...
    def query(self, asked: Mapping[str, str]) -> ListQuery: ...
    def listed(
        self, query: ListQuery, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Any]: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """How to reach views, and the lists that they stand for."""

    views: Callable[[Exchange], ViewStore]
    lists: Callable[[Exchange, str], Viewed]

    def checked(self, ask: Exchange, view: View) -> View:
        """Return the view itself; raises InvalidError for one that its list could not show."""
        return view.checked(ask.caller, self.lists(ask, view.record_type).custom_fields)


class ViewPage(BaseModel):
    """A page of views."""

    data: list[View]
    next_cursor: str | None


ViewRecordsPage = create_model(
    "ViewRecordsPage",
    __doc__="A page of a view's records, all of the view's type.",
    data=(list[Union[tuple(MODELS.values())]], ...),  # type: ignore[arg-type, misc]  # noqa: UP007
    next_cursor=(str | None, ...),
)


def routes(shelf: Shelf) -> APIRouter:
    """Return the routes of `/v1/views`."""
    api = router(tags=["views"])
    _add_collection(api, shelf)
    _add_view(api, shelf)
    _add_records(api, shelf)
    return api


def _add_collection(api: APIRouter, shelf: Shelf) -> None:
    @api.post(
        _PATH, response_model=View, status_code=201, name="create_view", summary="Save a view",
        description="Keeps filters, an order and columns of one type's list under a name. They are "
        "checked against what that list takes. A private view is there for its maker alone. Each "
        f"maker has at most {MAX_VIEWS}.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Writes, body: ViewFields) -> Response:
        return ask.created(
            lambda also: shelf.views(ask).create(
                shelf.checked(ask, View.of(body, ask.caller)), also=also
            ),
            _PATH,
        )

    @api.get(
        _PATH, response_model=ViewPage, name="list_views", summary="List views",
        description="The shared views and your own, newest first. With `record_type` those of one "
        "type: a page may then be short of `limit` while `next_cursor` is not null.",
        responses=problems(400, 422), openapi_extra=operation(_READ),
    )  # fmt: skip
    async def list_all(
        ask: Reads,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        record_type: Annotated[
            ViewedType | None, Query(description="Views of this type of record alone.")
        ] = None,
    ) -> Response:
        def page(start: Mapping[str, Any] | None) -> Page[View]:
            found = shelf.views(ask).page(limit=limit, start=start)
            kept = [each for each in found.items if record_type in (None, each.record_type)]
            return Page(kept, found.position)

        return ask.page(f"views?{record_type or ''}", cursor, page)


def _add_view(api: APIRouter, shelf: Shelf) -> None:
    @api.get(
        _ONE, response_model=View, name="get_view", summary="Get a view",
        description="One view, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation(_READ, "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Reads, view_id: Id) -> Response:
        return ask.show(shelf.views(ask).get(view_id))

    @api.patch(
        _ONE, response_model=View, name="update_view", summary="Update a view",
        description="JSON Merge Patch (RFC 7396), of `filters` too; the type stays. A shared view "
        "is changed by its maker, and by who may write pipelines and sees all records "
        "(403 `not_the_maker`).",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(ask: Writes, view_id: Id, body: ViewPatch) -> Response:
        def edited(old: View) -> View:
            new = old.patched(body)
            return old if new is old else shelf.checked(ask, new)

        return ask.changed(
            lambda also: shelf.views(ask).change(view_id, edited, if_match=ask.if_match, also=also)
        )

    @api.delete(
        _ONE, status_code=204, response_class=Response, name="delete_view",
        summary="Delete a view",
        description="Whoever may change it may delete it. The records that it shows stay.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation(_DELETE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(ask: Deletes, view_id: Id) -> Response:
        return ask.deleted(
            lambda also: shelf.views(ask).delete(view_id, if_match=ask.if_match, also=also)
        )


def _add_records(api: APIRouter, shelf: Shelf) -> None:
    @api.get(
        f"{_ONE}/records", response_model=ViewRecordsPage, name="list_view_records",
        summary="List a view's records",
        description="What the list of the view's type shows you under the view's filters and "
        "order: you need that type's read scope as well, see what you may see, and are the `me` of "
        "`owner`. With `columns=true` records have the view's columns alone. "
        "A cursor holds for one version of the view (400 after a change). 422 when the "
        "view names what is no longer there, such as a deleted custom field.",
        responses=problems(400, 404, 422), openapi_extra=operation(_READ),
    )  # fmt: skip
    async def records(
        ask: Reads,
        view_id: Id,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        columns: ColumnsAlone = False,  # noqa: FBT002 - a query parameter
    ) -> Response:
        view = shelf.views(ask).get(view_id)
        ask.caller.require(f"{SEARCHED[view.record_type]}:read")
        lists = shelf.lists(ask, view.record_type)
        query = view.read(lists.query)
        return ask.page(
            f"view:{view.id}:{view.version}",
            cursor,
            lambda start: lists.listed(query, limit=limit, start=start),
            (lambda record: json.dumps(view.shown(record.model_dump(mode="json"))))
            if columns
            else None,
        )
