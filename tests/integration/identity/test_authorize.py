"""A key opens its own workspace, and nothing else opens any."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from functions.identity.model import NOT_IN_TEST_MODE
from functions.shared import aws
from functions.shared.clock import now, parse
from functions.shared.ids import sandbox_of
from functions.shared.policy import ROLES, SCOPES
from functions.shared.versions import LEDGER
from tests.integration.cloud import Calls
from tests.integration.identity.conftest import Door, authorize, effect, seat

Found = Callable[[str], dict[str, str]]
KEYS = "/v1/api-keys"


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


def test_a_decision_costs_one_read_and_once_an_hour_a_note(admin: Door, calls: Calls) -> None:
    admin.decision()
    assert calls.take() == ["BatchGetItem", "UpdateItem"]
    admin.decision()
    assert calls.take() == ["BatchGetItem"]


def test_its_last_use_is_seen_to_the_hour(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"})
    assert made.json["last_used_at"] is None
    before = now()

    Door(made.json["key"]).decision()

    shown = admin.request("GET", made.headers["location"], None, {"If-None-Match": made.etag})
    assert shown.status == 200, "another representation of the same version"
    assert shown.json["version"] == 1
    used = parse(shown.json["last_used_at"])
    assert (used.minute, used.second, used.microsecond) == (0, 0, 0)
    assert timedelta(0) <= before - used <= timedelta(hours=1)
    since_read = {"If-Match": shown.etag}
    assert admin.request("PATCH", made.headers["location"], {"name": "B"}, since_read).status == 200
    assert parse(admin.request("GET", made.headers["location"]).json["last_used_at"]) == used


def test_a_database_that_takes_no_note_turns_nobody_away(
    admin: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> tuple[object, dict[str, object]]:
        error = {"Code": "ThrottlingException", "Message": "slow down"}
        return SimpleNamespace(status_code=400), {"Error": error}

    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb.UpdateItem", refuse)
    try:
        assert effect(admin.decision()) == "Allow"
    finally:
        events.unregister("before-call.dynamodb.UpdateItem", refuse)
    assert "use of a key was not noted" in capfd.readouterr().out


def test_a_member_s_key_may_what_the_member_may_now(admin: Door) -> None:
    member = seat(admin, role="rep", team_ids=["tea_1", "tea_2"])
    made = admin.request("POST", KEYS, {"name": "A", "role": "admin", "member_id": member}).json
    door = Door(made["key"])

    context = door.decision()["context"]
    assert set(context["scopes"].split()) == ROLES["rep"]
    assert (context["member"], context["teams"]) == (member, "tea_1 tea_2")

    seat(admin, member, role="viewer")
    assert set(door.decision()["context"]["scopes"].split()) == ROLES["viewer"]
    seat(admin, member, role="admin")
    assert set(door.decision()["context"]["scopes"].split()) == SCOPES
    for state in ("deactivated", "invited"):
        seat(admin, member, role="admin", state=state)
        assert effect(door.decision()) == "Deny"


def test_a_member_s_key_costs_one_read_too(admin: Door, calls: Calls) -> None:
    member = seat(admin, role="rep")
    made = admin.request("POST", KEYS, {"name": "A", "role": "rep", "member_id": member}).json
    Door(made["key"]).decision()
    calls.clear()

    Door(made["key"]).decision()

    assert calls.take() == ["BatchGetItem"]


def test_a_key_made_with_a_member_s_key_is_that_member_s(admin: Door) -> None:
    member = seat(admin, role="admin")
    wanted = {"name": "A", "role": "admin"}
    hers = Door(admin.request("POST", KEYS, {**wanted, "member_id": member}).json["key"])

    made = hers.request("POST", KEYS, wanted)

    assert made.json["member_id"] == member
    unbound = hers.request("POST", KEYS, {**wanted, "member_id": None})
    assert (unbound.status, unbound.json["code"]) == (403, "privilege_escalation")
    seat(admin, member, role="admin", state="deactivated")
    assert effect(Door(made.json["key"]).decision()) == "Deny"


def test_a_key_is_pinned_to_a_version(admin: Door) -> None:
    oldest, newest = LEDGER.versions[0].date, LEDGER.newest.date
    made = admin.request("POST", KEYS, {"name": "A", "role": "rep", "api_version": oldest}).json
    door = Door(made["key"])

    assert door.decision()["context"]["version"] == oldest == made["api_version"]
    assert door.request("GET", "/v1/me").headers["reelate-version"] == oldest
    admin.request("PATCH", f"{KEYS}/{made['id']}", {"api_version": newest})
    assert door.request("GET", "/v1/me").headers["reelate-version"] == newest


def test_a_test_key_acts_in_a_sandbox_and_administers_nothing(admin: Door) -> None:
    live = admin.decision()["context"]["workspace"]
    made = admin.request("POST", KEYS, {"name": "Trial", "role": "admin", "mode": "test"}).json
    door = Door(made["key"])

    context = door.decision()["context"]

    assert made["key"].startswith(f"rl_test_{live.removeprefix('ws_')}_")
    assert context["workspace"] == sandbox_of(live)
    assert set(context["scopes"].split()) == SCOPES - NOT_IN_TEST_MODE
    assert door.request("GET", KEYS).status == 403
    assert door.request("POST", KEYS, {"name": "x", "role": "viewer"}).status == 403
    assert [key["mode"] for key in admin.request("GET", KEYS).json["data"]] == ["test", "live"]
    assert admin.request("DELETE", f"{KEYS}/{made['id']}").status == 204
    assert effect(door.decision()) == "Deny"


def test_after_a_rotation_both_texts_work_and_after_a_revocation_none(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"}).json
    turned = admin.request("POST", f"{KEYS}/{made['id']}/rotate", {"overlap_seconds": 60}).json
    doors = [Door(made["key"]), Door(turned["key"])]

    assert [effect(door.decision()) for door in doors] == ["Allow", "Allow"]
    assert {door.decision()["principalId"] for door in doors} == {made["id"]}
    assert admin.request("DELETE", f"{KEYS}/{made['id']}").status == 204
    assert [effect(door.decision()) for door in doors] == ["Deny", "Deny"]


def test_after_a_rotation_without_overlap_the_old_text_is_dead(admin: Door) -> None:
    made = admin.request("POST", KEYS, {"name": "Sync", "role": "viewer"}).json

    turned = admin.request("POST", f"{KEYS}/{made['id']}/rotate", {"overlap_seconds": 0}).json

    assert effect(authorize(f"Bearer {made['key']}")) == "Deny"
    assert effect(authorize(f"Bearer {turned['key']}")) == "Allow"


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
