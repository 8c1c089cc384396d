"""/v1/api-keys: made within their maker's power, shown once, listed, revoked."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from functions.identity.api import keys
from functions.identity.api.handler import _access, _keys, handler
from functions.shared.policy import ROLES
from functions.shared.versions import LEDGER
from functions.shared.web import build_app, lambda_handler
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member
from tests.integration.identity.conftest import Door, authorize, effect, everything, seat

Found = Callable[[str], dict[str, str]]
KEYS = "/v1/api-keys"
_2100 = datetime(2100, 1, 1, tzinfo=UTC)


def test_a_new_key_s_text_is_shown_once(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "rep"})

    assert made.status == 201
    assert made.headers["location"] == f"/v1/api-keys/{made.json['id']}"
    assert made.json["key"].startswith("rl_live_")
    assert made.json["hint"] == made.json["key"][-4:]
    assert made.json["api_version"] == LEDGER.newest.date
    shown = admin.request("GET", made.headers["location"])
    assert shown.headers["etag"] == made.headers["etag"]
    assert shown.json == {name: value for name, value in made.json.items() if name != "key"}


def test_no_secret_lies_in_a_table(admin: Door) -> None:
    key = admin.request("POST", KEYS, {"name": "Sync", "role": "rep"}, {"Idempotency-Key": "k"})

    kept = everything()
    for text in (admin.key, key.json["key"]):
        assert text not in kept
        assert text[-43:] not in kept


def test_a_replay_does_not_show_the_text_again(admin: Door) -> None:
    again = {"Idempotency-Key": "make-sync"}
    first = admin.request("POST", KEYS, {"name": "Sync", "role": "rep"}, again)

    second = admin.request("POST", KEYS, {"role": "rep", "name": "Sync"}, again)

    assert second.status == 201
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json == {name: value for name, value in first.json.items() if name != "key"}
    assert len(admin.request("GET", KEYS).json["data"]) == 2


def test_a_replay_after_the_key_s_end_is_still_the_stored_reply(cloud: None) -> None:
    """The body is the same; that its time is over by now is no reason to refuse it."""
    body = {"name": "Sync", "role": "rep", "expires_at": "2099-01-01T00:00:00Z"}
    again = {"Idempotency-Key": "make-sync"}
    assert Api(handler).request("POST", KEYS, body, again).status == 201

    in_2100 = Api(lambda_handler(build_app("later", keys.routes(_keys, _access, lambda: _2100))))

    assert in_2100.request("POST", KEYS, body, again).status == 201
    assert in_2100.request("POST", KEYS, body).status == 422


@pytest.mark.parametrize(
    ("maker", "wanted"),
    [
        ({"role": "admin", "scopes": ["api_keys:write"]}, {"role": "admin"}),
        ({"role": "admin", "scopes": ["api_keys:write"]}, {"role": "viewer"}),
        ({"role": "admin", "scopes": ["api_keys:write", "contacts:read"]},
         {"role": "rep", "scopes": ["contacts:read", "contacts:write"]}),
    ],
)  # fmt: skip
def test_a_key_cannot_make_a_stronger_one(
    admin: Door, maker: dict[str, object], wanted: dict[str, object]
) -> None:
    key = admin.request("POST", KEYS, {"name": "Maker", **maker}).json["key"]

    refused = Door(key).request("POST", KEYS, {"name": "Stronger", **wanted})

    assert refused.status == 403
    assert refused.json["code"] == "privilege_escalation"


def test_a_key_can_make_one_as_strong_as_itself(admin: Door) -> None:
    scopes = ["api_keys:write", "contacts:read"]
    key = admin.request("POST", KEYS, {"name": "A", "role": "admin", "scopes": scopes}).json["key"]

    made = Door(key).request("POST", KEYS, {"name": "B", "role": "admin", "scopes": scopes})

    assert made.status == 201
    assert set(authorize(f"Bearer {made.json['key']}")["context"]["scopes"].split()) == set(scopes)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", KEYS, None),
        ("POST", KEYS, {"name": "x", "role": "viewer"}),
        ("POST", KEYS, {"not": "valid"}),
        ("GET", f"{KEYS}/key_00000000000000000000000000", None),
        ("PATCH", f"{KEYS}/key_00000000000000000000000000", {"name": "x"}),
        ("POST", f"{KEYS}/key_00000000000000000000000000/rotate", {}),
        ("DELETE", f"{KEYS}/key_00000000000000000000000000", None),
    ],
)
def test_only_an_admin_touches_keys(
    cloud: None, role: str, method: str, path: str, body: object
) -> None:
    """A refusal comes before the body is looked at and before anything is looked up."""
    api = Api(handler, Member(role=role))

    assert api.request(method, path, body).status == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "rep"}, "/name"),
        ({"name": " ", "role": "rep"}, "/name"),
        ({"name": "x" * 201, "role": "rep"}, "/name"),
        ({"name": "x", "role": "owner"}, "/role"),
        ({"name": "x", "role": "rol_00000000000000000000000000"}, "/role"),
        ({"name": "x", "role": "rep", "member_id": "mem_00000000000000000000000000"}, "/member_id"),
        ({"name": "x", "role": "rep", "mode": "sandbox"}, "/mode"),
        ({"name": "x", "role": "admin", "mode": "test", "scopes": ["api_keys:read"]}, "/scopes"),
        ({"name": "x", "role": "rep", "api_version": "1999-01-01"}, "/api_version"),
        ({"name": "x", "role": "viewer", "scopes": ["contacts:write"]}, "/scopes"),
        ({"name": "x", "role": "viewer", "scopes": ["root"]}, "/scopes"),
        ({"name": "x", "role": "viewer", "scopes": "contacts:read"}, "/scopes"),
        ({"name": "x", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "x", "role": "viewer", "expires_at": "2099-01-01T00:00:00"}, "/expires_at"),
        ({"name": "x", "role": "viewer", "expires_at": 4_070_908_800}, "/expires_at"),
        ({"name": "x", "role": "viewer", "digest": "0" * 64}, "/digest"),
        ({"name": "x", "role": "viewer", "workspace": "ws_other"}, "/workspace"),
    ],
)
def test_what_is_wrong_is_named(admin: Door, body: dict[str, object], pointer: str) -> None:
    refused = admin.request("POST", KEYS, body)

    assert refused.status == 422
    assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]


def test_keys_are_listed_newest_first_page_by_page(admin: Door) -> None:
    names = ["First admin key"]
    for number in range(4):
        admin.request("POST", KEYS, {"name": f"Key {number}", "role": "viewer"})
        names.append(f"Key {number}")

    seen, target = [], f"{KEYS}?limit=2"
    while target:
        page = admin.request("GET", target).json
        seen += page["data"]
        assert len(page["data"]) <= 2
        target = page["next_cursor"] and f"{KEYS}?limit=2&cursor={page['next_cursor']}"

    assert [key["name"] for key in seen] == names[::-1]
    assert all("key" not in key and "digest" not in key for key in seen)


def test_a_cursor_is_of_one_workspace(admin: Door, found: Found) -> None:
    for number in range(2):
        admin.request("POST", KEYS, {"name": f"Key {number}", "role": "viewer"})
    cursor = admin.request("GET", f"{KEYS}?limit=1").json["next_cursor"]
    stranger = Door(found("Another")["api_key"])

    refused = stranger.request("GET", f"{KEYS}?cursor={cursor}")

    assert refused.status == 400
    assert refused.json["code"] == "invalid_cursor"


def test_another_workspace_s_key_does_not_exist(admin: Door, found: Found) -> None:
    made = admin.request("POST", KEYS, {"name": "Mine", "role": "viewer"}).json
    stranger = Door(found("Another")["api_key"])
    absent = "key_" + "0" * 26

    foreign = [stranger.request(method, f"{KEYS}/{made['id']}") for method in ("GET", "DELETE")]
    nothing = [stranger.request(method, f"{KEYS}/{absent}") for method in ("GET", "DELETE")]

    assert [reply.status for reply in foreign + nothing] == [404] * 4
    assert [reply.json["detail"] for reply in foreign] == [r.json["detail"] for r in nothing]
    assert effect(authorize(f"Bearer {made['key']}")) == "Allow"


def test_a_key_is_not_sent_again_to_whom_has_it(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"})
    target = made.headers["location"]

    for tag in (made.etag, f'"9", {made.etag}', f"W/{made.etag}", "*"):
        unchanged = admin.request("GET", target, None, {"If-None-Match": tag})
        assert (unchanged.status, unchanged.body) == (304, "")
        assert unchanged.headers["etag"] == made.etag
    assert admin.request("GET", target, None, {"If-None-Match": '"9"'}).status == 200


def test_revoking_heeds_if_match_and_happens_once(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"})
    target = made.headers["location"]

    assert admin.request("DELETE", target, None, {"If-Match": '"7"'}).status == 412
    assert effect(authorize(f"Bearer {made.json['key']}")) == "Allow"
    assert admin.request("DELETE", target, None, {"If-Match": made.etag}).status == 204
    assert admin.request("DELETE", target).status == 404
    assert admin.request("GET", target).status == 404
    assert made.json["id"] not in admin.request("GET", KEYS).body


def test_a_repeated_revocation_is_replayed(admin: Door) -> None:
    target = admin.request("POST", KEYS, {"name": "A", "role": "viewer"}).headers["location"]
    again = {"Idempotency-Key": "revoke"}

    replies = [admin.request("DELETE", target, None, again) for _ in range(2)]

    assert [reply.status for reply in replies] == [204, 204]
    assert replies[1].headers["idempotency-replayed"] == "true"


def test_me_shows_who_asks(admin: Door) -> None:
    me = admin.request("GET", "/v1/me").json

    assert me["role"] == "admin"
    assert me["actor"]["type"] == "api_key"
    assert admin.request("GET", f"{KEYS}/{me['actor']['id']}").json["name"] == "First admin key"


def test_health_needs_no_credential(cloud: None) -> None:
    assert Api(handler, None).get("/v1/health").json == {"status": "ok"}


def test_what_each_act_costs(admin: Door, calls: Calls) -> None:
    admin.decision()
    headers = {"Idempotency-Key": "k"}
    member = seat(admin, role="rep")
    decided = admin.decision()["context"]
    api = Api(handler, Member(decided["workspace"], decided["principal"]))
    calls.clear()

    made = api.request("POST", KEYS, {"name": "A", "role": "rep"}, headers).json
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.request("POST", KEYS, {"name": "A", "role": "rep", "member_id": member})
    assert calls.take() == ["GetItem", "GetItem", "TransactWriteItems"]
    api.request("GET", f"{KEYS}/{made['id']}")
    assert calls.take() == ["GetItem"]
    api.request("PATCH", f"{KEYS}/{made['id']}", {"name": "B"}, headers)
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.request("POST", f"{KEYS}/{made['id']}/rotate", {}, headers)
    assert calls.take() == ["GetItem", "GetItem", "TransactWriteItems"]
    api.request("DELETE", f"{KEYS}/{made['id']}", None, headers)
    assert calls.take() == ["GetItem", "TransactWriteItems"]
