"""/v1/roles."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.api.schemas import ROLE_PATTERN, RoleCreate, RoleList, RolePatch
from functions.identity.ports import Store
from functions.identity.role_service import RoleDesk
from functions.identity.roles import Role
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Reads = Annotated[Exchange, asks("roles:read")]
Writes = Annotated[Exchange, asks("roles:write")]
Deletes = Annotated[Exchange, asks("roles:delete")]
RoleId = Annotated[
    str,
    Path(
        alias="id",
        description="A custom role's id, or a built-in role's name.",
        json_schema_extra={"pattern": ROLE_PATTERN},
    ),
]


def routes(roles: Callable[[Exchange], Store[Role]]) -> APIRouter:
    """Return the routes of the caller's workspace's roles."""
    api = router(tags=["identity"])

    def desk(ask: Exchange) -> RoleDesk:
        return RoleDesk(ask.caller, roles(ask))

    _add_collection(api, desk)
    _add_role(api, desk)
    return api


def _add_collection(api: APIRouter, desk: Callable[[Exchange], RoleDesk]) -> None:
    @api.post(
        "/v1/roles", response_model=Role, status_code=201,
        name="create_role", summary="Create a role",
        description="Makes a custom role of some of your own scopes. It sees no more than you "
        "do. A workspace has at most 50, with different names.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("roles:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create_role(ask: Writes, body: RoleCreate) -> Response:
        return ask.created(lambda also: desk(ask).create(body.model_dump(), also), "/v1/roles")

    @api.get(
        "/v1/roles", response_model=RoleList,
        name="list_roles", summary="List roles",
        description="The built-in roles, then the workspace's own, newest first.",
        responses=problems(400, 422), openapi_extra=operation("roles:read"),
    )  # fmt: skip
    async def list_roles(
        ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return ask.page("roles", cursor, lambda start: desk(ask).page(limit, start))


def _add_role(api: APIRouter, desk: Callable[[Exchange], RoleDesk]) -> None:
    @api.get(
        "/v1/roles/{id}", response_model=Role,
        name="get_role", summary="Get a role",
        description="One role, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("roles:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_role(ask: Reads, role_id: RoleId) -> Response:
        return ask.show(desk(ask).get(role_id))

    @api.patch(
        "/v1/roles/{id}", response_model=Role,
        name="update_role", summary="Update a role",
        description="JSON Merge Patch (RFC 7396). Whoever has the role may do what it says now "
        "within 60 seconds. A role that exceeds you is not yours to change; built-in ones are "
        "nobody's.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("roles:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update_role(ask: Writes, role_id: RoleId, body: RolePatch) -> Response:
        wanted = body.model_dump(exclude_unset=True)
        return ask.changed(
            lambda also: desk(ask).change(role_id, wanted, if_match=ask.if_match, also=also)
        )

    @api.delete(
        "/v1/roles/{id}", status_code=204, response_class=Response,
        name="delete_role", summary="Delete a role",
        description="Only a role that no member, key or client has can be deleted; else 409.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("roles:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete_role(ask: Deletes, role_id: RoleId) -> Response:
        return ask.deleted(lambda also: desk(ask).delete(role_id, if_match=ask.if_match, also=also))
