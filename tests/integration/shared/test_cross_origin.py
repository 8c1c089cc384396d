"""Browsers on other origins: preflights by the deployment's list, replies by the workspace's."""

from collections.abc import Iterator

import pytest

from functions.crm.api.handler import handler as crm
from functions.identity.api.handler import handler as identity
from functions.shared import workspace_settings
from functions.shared.aws import client
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import Api, Reply

CONTACTS = "/v1/contacts"
APP, OTHER = "https://app.example", "http://localhost:3000"
pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Workspaces' settings as they stand in the table. The stage names two origins (`cloud`)."""
    workspace_settings.forget()
    yield
    workspace_settings.forget()


def preflight(origin: str) -> Reply:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    return Api(crm, None).request("OPTIONS", f"{CONTACTS}/con_1", None, asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("origin", [APP, OTHER])
def test_a_preflight_needs_no_credential_and_names_the_origin(origin: str) -> None:
    reply = preflight(origin)

    assert (reply.status, reply.body) == (204, "")
    assert reply.headers["access-control-allow-origin"] == origin
    assert "PATCH" in reply.headers["access-control-allow-methods"]
    for name in ("authorization", "idempotency-key", "if-match", "reelate-version"):
        assert name in reply.headers["access-control-allow-headers"].lower()
    assert reply.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://app.example.evil", f"{APP}/", "null", "", "*"]
)
def test_a_preflight_of_an_unknown_origin_is_not_allowed(origin: str) -> None:
    reply = preflight(origin)

    assert reply.status == 204
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_a_page_of_the_deployment_may_read_replies_and_refusals(api: Api) -> None:
    made = api.request("POST", CONTACTS, {"name": "Ada"}, {"Origin": APP})
    refused = api.request("GET", f"{CONTACTS}/con_x", None, {"Origin": APP})

    for reply in (made, refused):
        assert reply.headers["access-control-allow-origin"] == APP
        assert "Origin" in reply.headers["vary"]
    exposed = made.headers["access-control-expose-headers"]
    for name in ("ETag", "Location", "X-Request-Id", "RateLimit", "Reelate-Version",
                 "Idempotency-Replayed", "Retry-After"):  # fmt: skip
        assert name in exposed.split(", ")


def test_a_workspace_s_own_list_stands_for_the_deployment_s(api: Api) -> None:
    table = Table(client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], api.member.workspace)
    workspace_settings.change(table, {"allowed_origins": [OTHER]})

    allowed = {
        origin: api.request("GET", CONTACTS, None, {"Origin": origin}).headers.get(
            "access-control-allow-origin"
        )
        for origin in (APP, OTHER, "https://evil.example")
    }

    assert allowed == {APP: None, OTHER: OTHER, "https://evil.example": None}


def test_a_request_with_an_origin_costs_no_request_more(api: Api) -> None:
    api.get(CONTACTS)
    with Calls("dynamodb") as calls:
        api.request("GET", CONTACTS, None, {"Origin": APP})

    assert calls == ["Query"]


def test_what_is_open_to_all_is_shown_to_the_deployment_s_pages() -> None:
    health = Api(identity, None).request("GET", "/v1/health", None, {"Origin": APP})  # type: ignore[arg-type]

    assert health.headers["access-control-allow-origin"] == APP


def test_without_an_origin_nothing_is_said_of_it(api: Api) -> None:
    assert not [name for name in api.get(CONTACTS).headers if name.startswith("access-control")]
