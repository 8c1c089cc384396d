"""/v1/api-keys/{id}: renamed, rotated with overlap; its power never changes."""

from datetime import timedelta

import pytest

from functions.shared.clock import parse
from tests.integration.identity.conftest import Door, authorize, effect, everything

KEYS = "/v1/api-keys"


def test_a_key_is_renamed_and_keeps_its_text(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"})
    target = made.headers["location"]

    changed = admin.request("PATCH", target, {"name": "Nightly"}, {"If-Match": made.etag})

    assert (changed.status, changed.json["name"], changed.json["version"]) == (200, "Nightly", 2)
    assert "key" not in changed.json
    assert effect(authorize(f"Bearer {made.json['key']}")) == "Allow"
    assert admin.request("PATCH", target, {"name": "B"}, {"If-Match": made.etag}).status == 412
    assert admin.request("PATCH", target, {"name": "Nightly"}).json["version"] == 2


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"api_version": "1999-01-01"}, "/api_version"),
        ({"role": "admin"}, "/role"),
        ({"scopes": ["contacts:read"]}, "/scopes"),
        ({"member_id": None}, "/member_id"),
        ({"mode": "live"}, "/mode"),
        ({"expires_at": None}, "/expires_at"),
        ({"digest": "0" * 64}, "/digest"),
        ({"last_used_at": None}, "/last_used_at"),
    ],
)
def test_a_key_s_power_is_not_changed(admin: Door, patch: dict[str, object], pointer: str) -> None:
    target = admin.request("POST", KEYS, {"name": "A", "role": "viewer"}).headers["location"]

    refused = admin.request("PATCH", target, patch)

    assert refused.status == 422
    assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]


def test_a_new_text_is_shown_once_and_a_replay_makes_no_other(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"}).json
    target, again = f"{KEYS}/{made['id']}/rotate", {"Idempotency-Key": "turn"}

    first = admin.request("POST", target, {}, again)
    second = admin.request("POST", target, {}, again)

    assert (first.status, second.status) == (200, 200)
    assert first.json["hint"] == first.json["key"][-4:] != made["hint"]
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json == {name: value for name, value in first.json.items() if name != "key"}
    assert second.headers["etag"] == first.headers["etag"]
    assert admin.request("GET", f"{KEYS}/{made['id']}").json["version"] == 2
    assert first.json["key"] not in everything()
    assert first.json["key"][-49:-6] not in everything()
    for text in (made["key"], first.json["key"]):
        assert effect(authorize(f"Bearer {text}")) == "Allow"


def test_a_rotation_heeds_if_match_and_needs_no_body(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"})
    target = f"{made.headers['location']}/rotate"

    assert admin.request("POST", target, None, {"If-Match": '"7"'}).status == 412
    turned = admin.request("POST", target, None, {"If-Match": made.etag})

    assert turned.status == 200
    overlap = parse(turned.json["overlap_ends_at"]) - parse(turned.json["rotated_at"])
    assert overlap == timedelta(days=1)
    assert admin.request("POST", target, {}, {"If-Match": made.etag}).status == 412


@pytest.mark.parametrize(
    "body",
    [{"overlap_seconds": -1}, {"overlap_seconds": 604_801}, {"overlap_seconds": "60"},
     {"overlap_seconds": 1.5}, {"overlap_seconds": True}, {"overlap": 60}],
)  # fmt: skip
def test_an_overlap_is_a_number_of_seconds_up_to_a_week(
    admin: Door, body: dict[str, object]
) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"}).json

    assert admin.request("POST", f"{KEYS}/{made['id']}/rotate", body).status == 422
    assert admin.request("GET", f"{KEYS}/{made['id']}").json["version"] == 1


def test_whoever_rotates_a_stronger_key_would_rise(admin: Door) -> None:
    """The reply shows the text: a narrow key must not turn itself into an admin's."""
    scopes = ["api_keys:read", "api_keys:write"]
    narrow = admin.request("POST", KEYS, {"name": "A", "role": "admin", "scopes": scopes}).json
    admins = admin.decision()["principalId"]

    refused = Door(narrow["key"]).request("POST", f"{KEYS}/{admins}/rotate", {})

    assert (refused.status, refused.json["code"]) == (403, "privilege_escalation")
    assert effect(authorize(f"Bearer {admin.key}")) == "Allow"
    assert Door(narrow["key"]).request("POST", f"{KEYS}/{narrow['id']}/rotate", {}).status == 200
