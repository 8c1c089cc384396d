"""/v1/fields."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from functions.crm.definition_fields import FieldPatch, NewField
from functions.crm.definitions import Definitions, FieldDefinition
from functions.crm.ports import DefinitionStore
from functions.crm.values import RecordType
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router

Reads = Annotated[Exchange, asks("fields:read")]
Writes = Annotated[Exchange, asks("fields:write")]
Deletes = Annotated[Exchange, asks("fields:delete")]
FieldId = Annotated[str, Path(alias="id", description="The field's id.")]
Of = Annotated[RecordType | None, Query(description="Only the fields of this type of record.")]
Store = Callable[[Exchange], DefinitionStore]


class FieldPage(BaseModel):
    """A page of custom fields."""

    data: list[FieldDefinition]
    next_cursor: str | None


def routes(store: Store, definitions: Callable[[Exchange], Definitions]) -> APIRouter:
    """Return the routes of the workspace's custom fields."""
    api = router(tags=["fields"])
    _add_collection(api, store, definitions)
    _add_field(api, store)
    return api


def _add_collection(
    api: APIRouter, store: Store, definitions: Callable[[Exchange], Definitions]
) -> None:
    @api.post(
        "/v1/fields", response_model=FieldDefinition, status_code=201,
        name="create_field", summary="Define a custom field",
        description="Records of the type can have it in `custom` at once. A record type has at "
        "most 100 fields; 10 of them indexed, 10 unique, 20 references. `required` is asked of "
        "new records; one that is older and has no value may still be changed. Event: "
        "`field.created`.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("fields:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create_field(ask: Writes, body: NewField) -> Response:
        return ask.created(
            lambda also: store(ask).create(FieldDefinition.of(body, ask.caller), also=also),
            "/v1/fields",
        )

    @api.get(
        "/v1/fields", response_model=FieldPage, name="list_fields", summary="List custom fields",
        description="The workspace's custom fields by record type and name.",
        responses=problems(400, 422), openapi_extra=operation("fields:read"),
    )  # fmt: skip
    async def list_fields(
        ask: Reads, record_type: Of = None, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return ask.page(
            f"fields:{record_type or ''}",
            cursor,
            lambda start: _page(definitions(ask).all(record_type), limit, start),
        )


def _page(
    found: list[FieldDefinition], limit: int, start: Mapping[str, Any] | None
) -> Page[FieldDefinition]:
    """Return a page of fields, of which there are a few hundred at the most."""
    after = [each for each in found if start is None or each.place > start["place"]]
    more = len(after) > limit
    return Page(after[:limit], {"place": after[limit - 1].place} if more else None)


def _add_field(api: APIRouter, store: Store) -> None:
    @api.get(
        "/v1/fields/{id}", response_model=FieldDefinition,
        name="get_field", summary="Get a custom field",
        description="One custom field, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("fields:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_field(ask: Reads, field_id: FieldId) -> Response:
        return ask.show(store(ask).get(field_id))

    @api.patch(
        "/v1/fields/{id}", response_model=FieldDefinition,
        name="update_field", summary="Update a custom field",
        description="JSON Merge Patch (RFC 7396). Name, record type, type, uniqueness and what it "
        "references never change, so values that are there stay good. `options` replaces the "
        "list: it keeps every value that was in it, archived or not. Writers hold to the change "
        "within 30 seconds. Event: `field.updated`.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("fields:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update_field(ask: Writes, field_id: FieldId, body: FieldPatch) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                field_id, lambda old: old.patched(body), if_match=ask.if_match, also=also
            )
        )

    @api.delete(
        "/v1/fields/{id}", status_code=204, response_class=Response,
        name="delete_field", summary="Delete a custom field",
        description="Its values are hidden within 30 seconds, and go from each record with its "
        "next change. The name can be used again only for a field of the same type, references "
        "and uniqueness; records not changed since then have their values still. Event: "
        "`field.deleted`.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("fields:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete_field(ask: Deletes, field_id: FieldId) -> Response:
        return ask.deleted(
            lambda also: store(ask).delete(field_id, if_match=ask.if_match, also=also)
        )
