"""/v1/clients: programs that sign in with an id and a secret of their own (OAuth2)."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.admission import check_client, draft_client
from functions.identity.api.people import ClientCreate, ClientList, ClientView
from functions.identity.directory import Directory
from functions.identity.machines import MachineClient
from functions.identity.ports import ClientStore
from functions.identity.roles import RoleBook
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.records import check_match
from functions.shared.web import router
from functions.shared.writes import Also

Reads = Annotated[Exchange, asks("clients:read")]
Makes = Annotated[Exchange, asks("clients:write")]
Removes = Annotated[Exchange, asks("clients:delete")]
ClientId = Annotated[str, Path(alias="id", description="The client's id.")]
Stores = Callable[[Exchange], ClientStore]


def routes(
    clients: Stores, books: Callable[[Exchange], RoleBook], directory: Callable[[], Directory]
) -> APIRouter:
    """Return the routes of OAuth2 clients."""
    api = router(tags=["clients"])
    _add_making(api, clients, books, directory)
    _add_reading(api, clients)
    _add_deleting(api, clients, directory)
    return api


def _add_making(
    api: APIRouter,
    clients: Stores,
    books: Callable[[Exchange], RoleBook],
    directory: Callable[[], Directory],
) -> None:
    @api.post(
        "/v1/clients", response_model=ClientView, status_code=201,
        name="create_client", summary="Create an OAuth2 client",
        description="Makes a program's account that may do no more than you. It gets tokens by "
        "client credentials, with the scope `reelate/api`. `client_secret` is shown in this reply "
        "alone; a replay has it no more.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("clients:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create_client(ask: Makes, body: ClientCreate) -> Response:
        given: dict[str, str] = {}

        def make(also: Also[MachineClient]) -> MachineClient:
            check_client(ask.caller, books(ask), role=body.role, scopes=body.scopes)
            # The account first: without its record it gets no token and is believed none.
            client_id, secret = directory().create_client(ask.caller.workspace)
            record = draft_client(
                ask.caller, client_id, name=body.name, role=body.role, scopes=body.scopes
            )
            given[record.id] = secret
            try:
                return clients(ask).create(record, also=also)
            except Exception:
                directory().delete_client(client_id)
                raise

        def reply(client: MachineClient, secret: str | None) -> Reply:
            headers = {"location": f"/v1/clients/{client.id}", "etag": client.etag}
            return Reply(201, client.view(secret), headers)

        return ask.once(
            make,
            lambda client: reply(client, given[client.id]),
            kept_reply=lambda client: reply(client, None),
            recall_first=True,
        )


def _add_reading(api: APIRouter, clients: Stores) -> None:
    @api.get(
        "/v1/clients", response_model=ClientList,
        name="list_clients", summary="List OAuth2 clients",
        description="The workspace's clients, newest first, without their secrets.",
        responses=problems(400, 422), openapi_extra=operation("clients:read"),
    )  # fmt: skip
    async def list_clients(
        ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        store = clients(ask)
        return ask.page(
            "clients", cursor, lambda start: store.page(limit=limit, start=start),
            MachineClient.view,
        )  # fmt: skip

    @api.get(
        "/v1/clients/{id}", response_model=ClientView,
        name="get_client", summary="Get an OAuth2 client",
        description="A client without its secret, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("clients:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_client(ask: Reads, client_id: ClientId) -> Response:
        return ask.show(clients(ask).get(client_id), MachineClient.view)


def _add_deleting(api: APIRouter, clients: Stores, directory: Callable[[], Directory]) -> None:
    @api.delete(
        "/v1/clients/{id}", status_code=204, response_class=Response,
        name="delete_client", summary="Delete an OAuth2 client",
        description="It gets no more tokens; those it has stop working within 60 seconds.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("clients:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete_client(ask: Removes, client_id: ClientId) -> Response:
        def delete(also: Also[MachineClient]) -> None:
            store = clients(ask)
            client = store.get(client_id, consistent=True)
            check_match(client.etag, ask.if_match)
            # The account first: if the record stays, it is seen, and can be deleted again.
            directory().delete_client(client.client_id)
            store.delete(client_id, if_match=ask.if_match, also=also)

        return ask.deleted(delete)
