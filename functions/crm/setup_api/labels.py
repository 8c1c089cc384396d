"""The routes of the labels of associations."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from functions.crm.labels import (
    BUILT_IN,
    MAX_LABELS,
    Label,
    LabelFields,
    LabelPatch,
    taken_by_built_in,
)
from functions.shared.caching import REVALIDATE
from functions.shared.errors import ConflictError, FieldProblem
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.shared.writes import Also

_PATH = "/v1/association-labels"
Id = Annotated[str, Path(alias="id", description="The label's id.")]


class LabelStore(Protocol):
    """The workspace's own labels; errors as `shared.records` says."""

    def every(self) -> list[Label]: ...
    def get(self, record_id: str) -> Label: ...
    def create(self, record: Label, *, also: Also[Label]) -> Label: ...
    def change(
        self,
        record_id: str,
        edit: Callable[[Label], Label],
        *,
        if_match: str | None = None,
        also: Also[Label],
    ) -> Label: ...
    def delete(self, record_id: str, *, if_match: str | None = None, also: Also[Label]) -> None: ...


class LabelPage(BaseModel):
    """All labels."""

    data: list[Label]
    next_cursor: str | None


def routes(store: Callable[[Exchange], LabelStore]) -> APIRouter:
    """Return the routes of `/v1/association-labels`."""
    api = router(tags=["associations"])
    _add_collection(api, store)
    _add_label(api, store)
    return api


def _add_collection(api: APIRouter, store: Callable[[Exchange], LabelStore]) -> None:
    @api.get(
        _PATH, response_model=LabelPage, name="list_association_labels",
        summary="List the labels of associations",
        description="The built-in labels, then the workspace's own, oldest first.",
        responses=problems(400), openapi_extra=operation("association_labels:read"),
    )  # fmt: skip
    async def list_all(
        ask: Annotated[Exchange, asks("association_labels:read")],
    ) -> Response:
        return ask.page(
            "association-labels", None, lambda _start: Page([*BUILT_IN, *store(ask).every()], None)
        )

    @api.post(
        _PATH, status_code=201, response_model=Label, name="create_association_label",
        summary="Create a label of associations",
        description="Names what one record is to another and, by `inverse_name`, what the other "
        "is to it; without an inverse it reads the same from both ends. Names cannot be changed "
        f"later, nor the types that it joins. A workspace has at most {MAX_LABELS} of its own.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("association_labels:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(
        ask: Annotated[Exchange, asks("association_labels:write")], body: LabelFields
    ) -> Response:
        for field in ("name", "inverse_name"):
            if taken_by_built_in(getattr(body, field) or ""):
                raise ConflictError(
                    "A built-in label has this name.",
                    code="duplicate_name",
                    errors=[FieldProblem(f"/{field}", "duplicate", "This value is taken.")],
                )
        fields = body.model_dump()
        fields["inverse_name"] = body.inverse_name or body.name
        fields["inverse_title"] = body.inverse_title or (
            body.title if body.inverse_name in (None, body.name) else body.inverse_name
        )
        return ask.created(
            lambda also: store(ask).create(Label.born(ask.caller, **fields), also=also), _PATH
        )


def _add_label(api: APIRouter, store: Callable[[Exchange], LabelStore]) -> None:
    path = f"{_PATH}/{{id}}"

    @api.get(
        path, response_model=Label, name="get_association_label",
        summary="Get a label of associations",
        description="One of the workspace's own labels, or 304 when `If-None-Match` names its "
        "version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("association_labels:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(
        ask: Annotated[Exchange, asks("association_labels:read")], label_id: Id
    ) -> Response:
        return ask.show(store(ask).get(label_id))

    @api.patch(
        path, response_model=Label, name="update_association_label",
        summary="Update a label of associations",
        description="JSON Merge Patch (RFC 7396) of what people read: the titles.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("association_labels:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(
        ask: Annotated[Exchange, asks("association_labels:write")],
        label_id: Id,
        body: LabelPatch,
    ) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                label_id, lambda old: old.patched(body), if_match=ask.if_match, also=also
            )
        )

    @api.delete(
        path, status_code=204, response_class=Response, name="delete_association_label",
        summary="Delete a label of associations",
        description="No association gets it any more, within 30 seconds everywhere; those that "
        "have it keep it. Its names are free again.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("association_labels:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(
        ask: Annotated[Exchange, asks("association_labels:delete")], label_id: Id
    ) -> Response:
        return ask.deleted(
            lambda also: store(ask).delete(label_id, if_match=ask.if_match, also=also)
        )
