"""/v1/health, /v1/me, /v1/api-keys."""

from typing import Annotated

from fastapi import Response

from functions.identity.api.schemas import ApiKeyCreate, ApiKeyList, ApiKeyView, Health, Me
from functions.identity.dynamodb import ApiKeys
from functions.identity.model import ApiKey
from functions.identity.service import draft_key
from functions.identity.settings import ApiSettings
from functions.shared.clock import iso, now
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import DEFAULT_LIMIT, Ask, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.web import router

routes = router(tags=["identity"])

Reads = Annotated[Exchange, asks("api_keys:read")]
Writes = Annotated[Exchange, asks("api_keys:write")]
Deletes = Annotated[Exchange, asks("api_keys:delete")]


def _keys(ask: Exchange) -> ApiKeys:
    return ApiKeys(ask.table(ApiSettings.from_env().identity_table), ask.caller)


@routes.get("/v1/health", response_model=Health, summary="Is the API up?")
async def health() -> Response:
    """Answer without looking at any data; needs no credential."""
    return Response('{"status":"ok"}', media_type="application/json")


@routes.get("/v1/me", response_model=Me, summary="Who am I?")
async def me(ask: Ask) -> Response:
    """Show the workspace, role and scopes of the credential."""
    caller = ask.caller
    shown = Me(
        workspace=caller.workspace,
        principal=caller.principal,
        kind=caller.kind,
        role=caller.role,
        scopes=sorted(caller.scopes),
    )
    return Response(shown.model_dump_json(), media_type="application/json")


@routes.post(
    "/v1/api-keys", response_model=ApiKeyView, status_code=201, summary="Create an API key"
)
async def create_api_key(body: ApiKeyCreate, ask: Writes) -> Response:
    """Make a key. Its text, `key`, is shown in this reply alone; a replay has it no more."""
    if body.expires_at is not None and body.expires_at <= now():
        raise InvalidError(
            "The key would be expired from the start.",
            errors=[FieldProblem("/expires_at", "in_the_past", "Choose a time to come.")],
        )
    record, token = draft_key(
        ask.caller,
        name=body.name,
        role=body.role,
        scopes=body.scopes,
        expires_at=iso(body.expires_at) if body.expires_at else None,
    )
    headers = {"location": f"/v1/api-keys/{record.id}", "etag": record.etag}
    return ask.once(
        lambda also: _keys(ask).create(record, also=also),
        lambda key: Reply(201, key.view(token), headers),
        kept_reply=lambda key: Reply(201, key.view(), headers),
    )


@routes.get("/v1/api-keys", response_model=ApiKeyList, summary="List API keys")
async def list_api_keys(
    ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    """List keys, newest first, without their text."""
    return ask.page(
        "api_keys", cursor, lambda start: _keys(ask).page(limit=limit, start=start), ApiKey.view
    )


@routes.get("/v1/api-keys/{key_id}", response_model=ApiKeyView, summary="Get an API key")
async def get_api_key(key_id: str, ask: Reads) -> Response:
    """Show a key without its text."""
    return ask.show(_keys(ask).get(key_id), ApiKey.view)


@routes.delete("/v1/api-keys/{key_id}", status_code=204, summary="Revoke an API key")
async def delete_api_key(key_id: str, ask: Deletes) -> Response:
    """Revoke a key. It stops working within 60 seconds, the authorizer's cache time."""
    return ask.deleted(lambda also: _keys(ask).delete(key_id, if_match=ask.if_match, also=also))
