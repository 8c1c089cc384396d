"""/v1/schemas: what a workspace's records are like, as JSON Schema."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict

from functions.crm.definitions import Definitions
from functions.crm.product import RECORDS
from functions.crm.record_schema import record_schema
from functions.shared.errors import NotFoundError
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Kind = Annotated[
    str,
    Path(
        alias="object",
        description="A record's `object`, such as `contact`.",
        json_schema_extra={"pattern": "^[a-z_]{1,32}$"},
    ),
]


class RecordSchema(BaseModel):
    """A JSON Schema (draft 2020-12), which is an OpenAPI 3.1 schema object too."""

    model_config = ConfigDict(extra="allow")

    title: str
    type: str
    properties: dict[str, Any]
    required: list[str]


def routes(definitions: Callable[[Exchange], Definitions]) -> APIRouter:
    """Return the route `GET /v1/schemas/{object}`."""
    api = router(tags=["fields"])

    @api.get(
        "/v1/schemas/{object}", response_model=RecordSchema,
        name="get_record_schema", summary="Get the schema of a type of record",
        description="A record of this workspace as JSON Schema 2020-12 (and so as a schema of "
        "OpenAPI 3.1), its custom fields included; `x-sensitivity` says where a custom field's "
        "values may go, `x-unique` and `x-indexed` what else holds.",
        responses=problems(404), openapi_extra=operation("fields:read"),
    )  # fmt: skip
    async def get_record_schema(
        ask: Annotated[Exchange, asks("fields:read")], kind: Kind
    ) -> Response:
        if kind not in RECORDS:
            raise NotFoundError("There is no such type of record.")
        schema = record_schema(RECORDS[kind], definitions(ask))
        return Response(json.dumps(schema, ensure_ascii=False), media_type="application/json")

    return api
