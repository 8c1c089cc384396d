"""/v1/health, /v1/me, /v1/api-keys."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.api.schemas import ApiKeyCreate, ApiKeyList, ApiKeyView, Health, Me
from functions.identity.model import ApiKey
from functions.identity.ports import Keys
from functions.identity.service import draft_key
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Ask, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.shared.writes import Also

Reads = Annotated[Exchange, asks("api_keys:read")]
Makes = Annotated[Exchange, asks("api_keys:write")]
Revokes = Annotated[Exchange, asks("api_keys:delete")]
KeyId = Annotated[str, Path(alias="id", description="The key's id.")]


def routes(keys: Callable[[Exchange], Keys], clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes of this context over the caller's keys."""
    api = router(tags=["identity"])
    _add_open(api)
    _add_collection(api, keys, clock)
    _add_key(api, keys)
    return api


def _add_open(api: APIRouter) -> None:
    @api.get(
        "/v1/health", response_model=Health, name="get_health", summary="Is the API up?",
        description="Answers without looking at any data; needs no credential.",
        openapi_extra={"security": []},
    )  # fmt: skip
    async def health() -> Response:
        return Response('{"status":"ok"}', media_type="application/json")

    @api.get(
        "/v1/me", response_model=Me, name="get_me", summary="Who am I?",
        description="The workspace, role and scopes of the credential.",
        responses=problems(), openapi_extra=operation(),
    )  # fmt: skip
    async def me(ask: Ask) -> Response:
        caller = ask.caller
        shown = Me(
            workspace=caller.workspace,
            actor=caller.actor,
            role=caller.role,
            scopes=sorted(caller.scopes),
        )
        return Response(shown.model_dump_json(), media_type="application/json")


def _add_collection(
    api: APIRouter, keys: Callable[[Exchange], Keys], clock: Callable[[], datetime]
) -> None:
    @api.post(
        "/v1/api-keys", response_model=ApiKeyView, status_code=201,
        name="create_api_key", summary="Create an API key",
        description="Makes a key that may do no more than yours. Its text, `key`, is shown in "
        "this reply alone; a replay has it no more.",
        responses=problems(400, 413, 415, 422),
        openapi_extra=operation("api_keys:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create_api_key(ask: Makes, body: ApiKeyCreate) -> Response:
        texts: dict[str, str] = {}

        # Drafted inside the action, so that a replay is a replay whatever the time has become.
        def make(also: Also[ApiKey]) -> ApiKey:
            record, text = draft_key(
                ask.caller,
                clock(),
                name=body.name,
                role=body.role,
                scopes=body.scopes,
                expires_at=body.expires_at,
            )
            texts[record.id] = text
            return keys(ask).create(record, also=also)

        def reply(key: ApiKey, text: str | None) -> Reply:
            headers = {"location": f"/v1/api-keys/{key.id}", "etag": key.etag}
            return Reply(201, key.view(text), headers)

        return ask.once(
            make,
            lambda key: reply(key, texts[key.id]),
            kept_reply=lambda key: reply(key, None),
        )

    @api.get(
        "/v1/api-keys", response_model=ApiKeyList,
        name="list_api_keys", summary="List API keys",
        description="The workspace's keys, newest first, without their text.",
        responses=problems(400, 422), openapi_extra=operation("api_keys:read"),
    )  # fmt: skip
    async def list_api_keys(
        ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return ask.page(
            "api_keys", cursor, lambda start: keys(ask).page(limit=limit, start=start), ApiKey.view
        )


def _add_key(api: APIRouter, keys: Callable[[Exchange], Keys]) -> None:
    @api.get(
        "/v1/api-keys/{id}", response_model=ApiKeyView,
        name="get_api_key", summary="Get an API key",
        description="A key without its text, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("api_keys:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_api_key(ask: Reads, key_id: KeyId) -> Response:
        return ask.show(keys(ask).get(key_id), ApiKey.view)

    @api.delete(
        "/v1/api-keys/{id}", status_code=204, response_class=Response,
        name="delete_api_key", summary="Revoke an API key",
        description="The key stops working within 60 seconds, the authorizer's cache time.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("api_keys:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete_api_key(ask: Revokes, key_id: KeyId) -> Response:
        return ask.deleted(lambda also: keys(ask).delete(key_id, if_match=ask.if_match, also=also))
