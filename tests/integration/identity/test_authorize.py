"""A key opens its own workspace, and nothing else opens any."""

from collections.abc import Callable

import pytest

from functions.shared import aws
from functions.shared.policy import ROLES, SCOPES
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.identity.conftest import Door, authorize, effect

Found = Callable[[str], dict[str, str]]


def test_a_founded_workspace_s_first_key_is_its_admin(found: Found) -> None:
    made = found("Harbor Foods")

    decision = authorize(f"Bearer {made['api_key']}")

    assert effect(decision) == "Allow"
    assert decision["context"]["workspace"] == made["workspace"]
    assert decision["context"]["role"] == "admin"
    assert set(decision["context"]["scopes"].split()) == SCOPES
    assert decision["principalId"] == decision["context"]["principal"]


def test_the_context_holds_strings_alone(admin: Door) -> None:
    """API Gateway refuses a context with anything else in it."""
    assert all(isinstance(value, str) for value in admin.decision()["context"].values())


def test_an_allowance_covers_the_whole_api(admin: Door) -> None:
    """Its answer is cached for the credential, whatever method comes next."""
    (statement,) = admin.decision()["policyDocument"]["Statement"]

    assert statement["Resource"] == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/local/*/*"


def test_a_decision_costs_one_read(admin: Door, calls: Calls) -> None:
    admin.decision()

    assert calls == ["GetItem"]


def _bend(key: str, at: int) -> str:
    return key[:at] + ("A" if key[at] != "A" else "B") + key[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda key: key[:-1], id="truncated"),
        pytest.param(lambda key: key + "A", id="longer"),
        pytest.param(lambda key: _bend(key, len(key) - 1), id="last character"),
        pytest.param(lambda key: _bend(key, len(key) - 20), id="a character in the middle"),
        pytest.param(lambda key: key.upper(), id="upper case"),
        pytest.param(lambda key: key.replace("rl_live", "rl_test"), id="another prefix"),
        pytest.param(lambda key: key.replace("rl_live_", ""), id="no prefix"),
        pytest.param(lambda key: key.replace("_", "#", 2), id="a separator of table keys"),
    ],
)
def test_a_changed_key_is_denied(admin: Door, change: Callable[[str], str]) -> None:
    decision = authorize(f"Bearer {change(admin.key)}")

    assert effect(decision) == "Deny"
    assert decision["context"] == {}


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic cmw6cmw=", "rl_live_x", "Bearer null", "Bearer " * 500,
     "Bearer rl_live_\u0000", "Bearer \U0001f511"],
)  # fmt: skip
def test_what_is_no_key_is_denied_without_a_read(
    cloud: None, header: str | None, calls: Calls
) -> None:
    assert effect(authorize(header)) == "Deny"
    assert calls == []


def test_a_key_does_not_open_another_workspace(found: Found) -> None:
    """The workspace in a key's text only says where to look; the secret is not there."""
    mine, theirs = found("Mine"), found("Theirs")
    secret = mine["api_key"][-43:]
    forged = f"rl_live_{theirs['workspace'].removeprefix('ws_')}_{secret}"

    assert effect(authorize(f"Bearer {forged}")) == "Deny"


def test_a_revoked_key_is_denied(admin: Door) -> None:
    made = admin.request("POST", "/v1/api-keys", {"name": "Gone soon", "role": "viewer"}).json
    assert effect(authorize(f"Bearer {made['key']}")) == "Allow"

    assert admin.request("DELETE", f"/v1/api-keys/{made['id']}").status == 204

    assert effect(authorize(f"Bearer {made['key']}")) == "Deny"


def test_an_expired_key_is_denied(admin: Door) -> None:
    made = admin.request(
        "POST",
        "/v1/api-keys",
        {"name": "Short", "role": "viewer", "expires_at": "2099-01-01T00:00:00Z"},
    ).json
    assert effect(authorize(f"Bearer {made['key']}")) == "Allow"

    _expire(made["id"])

    assert effect(authorize(f"Bearer {made['key']}")) == "Deny"


@pytest.mark.parametrize("role", ROLES)
def test_a_key_may_do_what_its_role_may(admin: Door, role: str) -> None:
    made = admin.request("POST", "/v1/api-keys", {"name": "One", "role": role}).json

    decision = authorize(f"Bearer {made['key']}")

    assert set(decision["context"]["scopes"].split()) == ROLES[role]


def test_a_key_may_be_narrower_than_its_role(admin: Door) -> None:
    made = admin.request(
        "POST", "/v1/api-keys", {"name": "Reader", "role": "rep", "scopes": ["contacts:read"]}
    ).json

    assert authorize(f"Bearer {made['key']}")["context"]["scopes"] == "contacts:read"


def test_a_key_of_no_scopes_may_do_nothing(admin: Door) -> None:
    made = admin.request("POST", "/v1/api-keys", {"name": "Idle", "role": "rep", "scopes": []}).json

    decision = authorize(f"Bearer {made['key']}")

    assert effect(decision) == "Allow"
    assert decision["context"]["scopes"] == ""
    assert Door(made["key"]).request("GET", "/v1/api-keys").status == 403


def _expire(key_id: str) -> None:
    """Move a stored credential's end into the past: the test does not wait for it."""
    table = ENVIRONMENT["IDENTITY_TABLE"]
    database = aws.client("dynamodb")
    (item,) = [
        each
        for each in database.scan(TableName=table)["Items"]
        if each["sk"]["S"] == "KEY" and each["key_id"]["S"] == key_id
    ]
    database.put_item(
        TableName=table, Item={**item, "expires_at": {"S": "2020-01-01T00:00:00.000Z"}}
    )
