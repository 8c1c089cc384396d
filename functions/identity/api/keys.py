"""/v1/api-keys."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.api.schemas import (
    ApiKeyCreate,
    ApiKeyList,
    ApiKeyPatch,
    ApiKeyView,
    Rotation,
)
from functions.identity.model import ApiKey, version_tags
from functions.identity.ports import Access, Store
from functions.identity.service import Order, draft_key, edited, rotate
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.shared.writes import Also

Reads = Annotated[Exchange, asks("api_keys:read")]
Makes = Annotated[Exchange, asks("api_keys:write")]
Revokes = Annotated[Exchange, asks("api_keys:delete")]
KeyId = Annotated[str, Path(alias="id", description="The key's id.")]

Keys = Callable[[Exchange], Store[ApiKey]]
Accesses = Callable[[Exchange], Access]
Clock = Callable[[], datetime]


def routes(keys: Keys, access: Accesses, clock: Clock) -> APIRouter:
    """Return the routes of the caller's workspace's keys."""
    api = router(tags=["identity"])
    _add_collection(api, keys, access, clock)
    _add_key(api, keys)
    _add_rotation(api, keys, access, clock)
    return api


class _Texts:
    """What a request that makes a secret answers with: the text once, and never in a replay.

    A change may be tried again when others get in between; the text that counts is that of the
    record that was stored, known by its digest.
    """

    def __init__(self, status: int) -> None:
        self._status = status
        self._texts: dict[str, str] = {}

    def take(self, made: tuple[ApiKey, str]) -> ApiKey:
        key, text = made
        self._texts[key.digest] = text
        return key

    def reply(self, key: ApiKey) -> Reply:
        return self._show(key, self._texts[key.digest])

    def kept(self, key: ApiKey) -> Reply:
        return self._show(key, None)

    def _show(self, key: ApiKey, text: str | None) -> Reply:
        headers = {"etag": key.etag}
        if self._status == 201:
            headers["location"] = f"/v1/api-keys/{key.id}"
        return Reply(self._status, key.view(text), headers)


def _add_collection(api: APIRouter, keys: Keys, access: Accesses, clock: Clock) -> None:
    @api.post(
        "/v1/api-keys", response_model=ApiKeyView, status_code=201,
        name="create_api_key", summary="Create an API key",
        description="Makes a key that may do no more than you. Its text, `key`, is shown in "
        "this reply alone; a replay has it no more. A workspace has at most 100 keys that are "
        "not revoked.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("api_keys:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create_api_key(ask: Makes, body: ApiKeyCreate) -> Response:
        texts = _Texts(201)
        order = Order(
            name=body.name,
            role=body.role,
            scopes=body.scopes,
            expires_at=body.expires_at,
            member_id=body.member_id if "member_id" in body.model_fields_set
            else ask.caller.member,
            mode=body.mode,
            api_version=body.api_version,
        )  # fmt: skip

        # Drafted inside the action, so that a replay is a replay whatever has become of the time,
        # the role or the member.
        def make(also: Also[ApiKey]) -> ApiKey:
            here = access(ask)
            made = draft_key(ask.caller, clock(), order, book=here.book(), standing=here.standing)
            return keys(ask).create(texts.take(made), also=also)

        return ask.once(make, texts.reply, kept_reply=texts.kept)

    @api.get(
        "/v1/api-keys", response_model=ApiKeyList,
        name="list_api_keys", summary="List API keys",
        description="The workspace's keys, test keys among them, newest first, without their "
        "text.",
        responses=problems(400, 422), openapi_extra=operation("api_keys:read"),
    )  # fmt: skip
    async def list_api_keys(
        ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return ask.page(
            "api_keys", cursor, lambda start: keys(ask).page(limit=limit, start=start), ApiKey.view
        )


def _add_key(api: APIRouter, keys: Keys) -> None:
    @api.get(
        "/v1/api-keys/{id}", response_model=ApiKeyView,
        name="get_api_key", summary="Get an API key",
        description="A key without its text, or 304 when `If-None-Match` names its version. "
        "`last_used_at` is the hour of its last use.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("api_keys:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_api_key(ask: Reads, key_id: KeyId) -> Response:
        key = keys(ask).get(key_id)
        return ask.show(key, ApiKey.view, etag=key.view_etag)

    @api.patch(
        "/v1/api-keys/{id}", response_model=ApiKeyView,
        name="update_api_key", summary="Update an API key",
        description="Gives a key another name, or pins it to another version of the API.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("api_keys:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update_api_key(ask: Makes, key_id: KeyId, body: ApiKeyPatch) -> Response:
        wanted = body.model_dump(exclude_unset=True)
        return ask.changed(
            lambda also: keys(ask).change(
                key_id,
                lambda key: edited(key, wanted),
                if_match=version_tags(ask.if_match),
                also=also,
            ),
            ApiKey.view,
        )

    @api.delete(
        "/v1/api-keys/{id}", status_code=204, response_class=Response,
        name="delete_api_key", summary="Revoke an API key",
        description="All texts of the key stop working within 60 seconds, the authorizer's cache "
        "time.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("api_keys:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete_api_key(ask: Revokes, key_id: KeyId) -> Response:
        return ask.deleted(
            lambda also: keys(ask).delete(key_id, if_match=version_tags(ask.if_match), also=also)
        )


def _add_rotation(api: APIRouter, keys: Keys, access: Accesses, clock: Clock) -> None:
    @api.post(
        "/v1/api-keys/{id}/rotate", response_model=ApiKeyView,
        name="rotate_api_key", summary="Give an API key a new text",
        description="The new text, `key`, is shown in this reply alone; a replay has it no more "
        "and makes no other. The text until now works until the overlap ends. Rotated again "
        "meanwhile, each former text keeps its own end or gets the new one, whichever is earlier; "
        "at most 5 are in overlap. You can rotate only what you could have made.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("api_keys:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def rotate_api_key(ask: Makes, key_id: KeyId, body: Rotation | None = None) -> Response:
        texts = _Texts(200)
        overlap = timedelta(seconds=(body or Rotation()).overlap_seconds)

        def turn(also: Also[ApiKey]) -> ApiKey:
            book = access(ask).book()
            return keys(ask).change(
                key_id,
                lambda key: texts.take(rotate(key, ask.caller, clock(), overlap, book)),
                event="rotated",
                if_match=version_tags(ask.if_match),
                also=also,
            )

        return ask.once(turn, texts.reply, kept_reply=texts.kept)
