"""/v1/clients: programs that sign in, and what is left of them when the making stops half-way."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

from functions.identity.api import clients
from functions.identity.api.handler import _directory
from functions.identity.roles import RoleBook
from functions.identity.token_claims.logic import UnknownClientError
from functions.shared import aws
from functions.shared.policy import ROLES
from functions.shared.web import build_app, lambda_handler
from tests.integration.cloud import ENVIRONMENT, environment, furnish, furnish_sign_in
from tests.integration.gateway import Api, Member
from tests.integration.identity.conftest import Door, everything
from tests.integration.identity.people import allowed, decide, machine_token

CLIENTS = "/v1/clients"
Found = Callable[[str], dict[str, str]]


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        furnish_sign_in()
        yield


def _made(door: Door, **more: Any) -> Any:
    reply = door.request("POST", CLIENTS, {"name": "Warehouse", "role": "viewer", **more})
    assert reply.status == 201, reply.body
    return reply.json


def _in_cognito() -> list[str]:
    pool = {"UserPoolId": ENVIRONMENT["USER_POOL"], "MaxResults": 60}
    listed = aws.client("cognito-idp").list_user_pool_clients(**pool)["UserPoolClients"]
    return [each["ClientId"] for each in listed]


def test_a_client_acts_as_what_it_was_granted(admin: Door) -> None:
    made = _made(admin, role="rep", scopes=["deals:read"])

    context = decide(machine_token(made["client_id"]))["context"]

    assert context["kind"] == "client"
    assert context["principal"] == made["id"]
    assert context["workspace"] == admin.request("GET", "/v1/me").json["workspace"]
    assert context["scopes"] == "deals:read"


def test_a_client_of_cognito_can_do_client_credentials_alone(admin: Door) -> None:
    made = _made(admin)

    found = aws.client("cognito-idp").describe_user_pool_client(
        UserPoolId=ENVIRONMENT["USER_POOL"], ClientId=made["client_id"]
    )["UserPoolClient"]

    assert found["AllowedOAuthFlows"] == ["client_credentials"]
    assert found["AllowedOAuthScopes"] == ["reelate/api"]
    assert found["ClientSecret"] == made["client_secret"]


def test_the_secret_is_shown_once_and_kept_nowhere_here(admin: Door) -> None:
    again = {"Idempotency-Key": "make"}
    body = {"name": "Warehouse", "role": "viewer"}

    first, second = (admin.request("POST", CLIENTS, body, again) for _ in range(2))

    assert second.headers["idempotency-replayed"] == "true"
    assert second.json == {k: v for k, v in first.json.items() if k != "client_secret"}
    assert _in_cognito() == [first.json["client_id"]]  # the replay made none
    assert first.json["client_secret"] not in everything()
    assert admin.request("GET", first.headers["location"]).json == second.json


def test_a_deleted_client_is_refused_and_gone_from_cognito(admin: Door) -> None:
    made = _made(admin)
    token = machine_token(made["client_id"])

    stale = admin.request("DELETE", f"{CLIENTS}/{made['id']}", None, {"If-Match": '"7"'})
    assert (stale.status, _in_cognito()) == (412, [made["client_id"]])
    assert admin.request("DELETE", f"{CLIENTS}/{made['id']}").status == 204

    assert not allowed(token)
    assert _in_cognito() == []
    assert admin.request("GET", f"{CLIENTS}/{made['id']}").status == 404
    with pytest.raises(UnknownClientError):
        machine_token(made["client_id"])


def test_a_making_that_stops_half_way_leaves_nothing_that_works(admin: Door) -> None:
    """Cognito has the client, the table has no record: the process died in between."""
    orphan, _secret = _directory().create_client("ws_x")

    with pytest.raises(UnknownClientError):
        machine_token(orphan)


class _Unrecorded:
    """A store that cannot be written to."""

    def create(self, *_: Any, **__: Any) -> Any:
        raise TimeoutError


def test_a_record_that_cannot_be_written_takes_the_account_back(cloud: None) -> None:
    store: Any = _Unrecorded()
    unlucky = clients.routes(lambda _ask: store, lambda _ask: RoleBook(), _directory)
    api = Api(lambda_handler(build_app("unlucky", unlucky)), Member())

    assert api.request("POST", CLIENTS, {"name": "x", "role": "viewer"}).status == 500
    assert _in_cognito() == []


def test_a_deletion_that_stopped_half_way_can_be_repeated(admin: Door) -> None:
    made = _made(admin)
    _directory().delete_client(made["client_id"])

    assert admin.request("GET", f"{CLIENTS}/{made['id']}").status == 200
    assert admin.request("DELETE", f"{CLIENTS}/{made['id']}").status == 204


def test_a_client_cannot_do_more_than_its_maker(admin: Door) -> None:
    scopes = sorted({"clients:write", *ROLES["viewer"]})
    maker = {"name": "K", "role": "admin", "scopes": scopes}
    weak = Door(admin.request("POST", "/v1/api-keys", maker).json["key"])

    refused = weak.request("POST", CLIENTS, {"name": "x", "role": "rep"})

    assert (refused.status, refused.json["code"]) == (403, "privilege_escalation")
    assert _in_cognito() == []
    assert weak.request("POST", CLIENTS, {"name": "x", "role": "viewer"}).status == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "wizard"}, "/role"),
        ({"role": "viewer", "scopes": ["deals:write"]}, "/scopes"),
        ({"name": ""}, "/name"),
        ({"client_id": "mine"}, "/client_id"),
    ],
)
def test_what_is_wrong_is_named(admin: Door, body: dict[str, Any], pointer: str) -> None:
    refused = admin.request("POST", CLIENTS, {"name": "x", "role": "viewer", **body})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert _in_cognito() == []


def test_clients_are_listed_without_secrets(admin: Door) -> None:
    made = [_made(admin)["id"] for _ in range(2)]

    listed = admin.request("GET", CLIENTS).json["data"]

    assert [each["id"] for each in listed] == made[::-1]
    assert all("client_secret" not in each for each in listed)


def test_one_workspace_s_token_does_not_carry_another_s_client(admin: Door, found: Found) -> None:
    mine, other = _made(admin), Door(found("Other")["api_key"])
    _made(other)

    assert other.request("GET", f"{CLIENTS}/{mine['id']}").status == 404
    assert other.request("DELETE", f"{CLIENTS}/{mine['id']}").status == 404
    assert allowed(machine_token(mine["client_id"]))
