"""What was done becomes an entry: who, what, when, from where, and what it changed."""

import json
import logging
from typing import Any

import pytest

from functions.identity.authorize.handler import handler as authorize
from functions.identity.create_workspace.handler import handler as create_workspace
from functions.shared import aws
from functions.shared.audit import act, audit_stamp
from functions.shared.caller import Caller
from functions.shared.table import Table
from functions.shared.writes import Put, Update
from tests.integration.audit.desk import WORKSPACE, Desk, platform, stored
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT

ADA = {"name": "Ada", "email": "ada@harbor.example", "title": "Head"}


def test_a_change_by_a_key_is_entered_with_what_was_before_and_after(desk: Desk) -> None:
    contact = desk.crm.make("/v1/contacts", ADA)
    desk.pump()
    reply = desk.crm.patch(
        f"/v1/contacts/{contact['id']}", {"title": None, "phone": "+49 30 5550142"},
        X_Request_Id="req-00001",
    )  # fmt: skip
    assert reply.status == 200
    desk.pump()

    updated, created = desk.entries()

    assert updated["type"] == "contact.updated"
    assert updated["actor"] == {"type": "api_key", "id": "key_one"}
    assert updated["subject"] == {"type": "contact", "id": contact["id"]}
    assert updated["request_id"] == "req-00001"
    assert (updated["address"], updated["agent"]) == ("192.0.2.7", "tests")
    assert updated["occurred_at"] <= updated["recorded_at"]
    assert updated["changed"] == ["phone", "title"]
    assert updated["values"] == "shown"
    assert updated["before"] == {"title": "Head"}
    assert updated["after"] == {"phone": "+49305550142"}
    assert created["type"] == "contact.created"
    assert created["before"] == {}
    assert {name: created["after"][name] for name in ADA} == ADA


def test_a_deletion_is_entered_with_what_was_there(desk: Desk) -> None:
    contact = desk.crm.make("/v1/contacts", ADA)
    desk.pump()
    assert desk.crm.delete(f"/v1/contacts/{contact['id']}").status == 204
    desk.pump()

    deleted = desk.entries()[0]

    assert (deleted["type"], deleted["after"]) == ("contact.deleted", {})
    assert {name: deleted["before"][name] for name in ADA} == ADA


def test_values_lie_in_the_table_encrypted_only(desk: Desk) -> None:
    contact = desk.crm.make("/v1/contacts", ADA)
    desk.pump()
    desk.crm.patch(f"/v1/contacts/{contact['id']}", {"title": "Countess"})
    desk.pump()

    text = json.dumps(stored(f"{WORKSPACE}#AUDIT"), default=str)

    assert "email" in text  # names of fields are in clear
    for value in ("ada@harbor.example", "Countess", "Head"):
        assert value not in text


def test_a_key_is_entered_without_its_secret_or_its_digest(desk: Desk) -> None:
    made = create_workspace({"name": "Harbor"}, CONTEXT)
    desk.pump()

    entries = {
        entry["type"]: entry
        for entry in Desk(desk.as_member(workspace=made["workspace"]).member).entries()
    }

    created = entries["api_key.created"]
    assert created["actor"] == {"type": "system", "id": "operator"}
    assert "digest" in created["changed"]
    assert "digest" not in created["after"]
    assert created["after"]["role"] == "admin"
    assert entries["workspace.created"]["after"] == {"name": "Harbor", "allowed_origins": []}


def test_a_sign_in_is_entered_though_no_record_changes(desk: Desk) -> None:
    person = Caller(
        WORKSPACE, "mem_one", "rep", frozenset(), "req-00002", kind="user", member="mem_one",
        address="198.51.100.4", agent="Firefox",
    )  # fmt: skip
    member = {"type": "member", "id": "mem_one"}
    platform().write(act("member.signed_in", person, member, detail={"flow": "code"}))
    desk.pump()

    (entry,) = desk.entries("subject=mem_one")

    assert (entry["type"], entry["subject"]) == ("member.signed_in", member)
    assert (entry["actor"]["type"], entry["member"]) == ("user", "mem_one")
    assert (entry["address"], entry["agent"]) == ("198.51.100.4", "Firefox")
    assert (entry["detail"], entry["changed"], entry["values"]) == ({"flow": "code"}, [], "none")
    assert (entry["before"], entry["after"]) == (None, None)


def test_the_use_of_a_key_is_entered_once_an_hour_with_where_it_came_from(desk: Desk) -> None:
    made = create_workspace({"name": "Harbor"}, CONTEXT)
    desk.pump()
    asked = {
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/local/GET/v1/me",
        "headers": {"Authorization": f"Bearer {made['api_key']}"},
        "requestContext": {
            "requestId": "req-00009",
            "identity": {"sourceIp": "203.0.113.9", "userAgent": "curl"},
        },
    }
    for _ in range(3):
        authorize(asked, CONTEXT)
        desk.pump()

    admin = Desk(desk.as_member(workspace=made["workspace"]).member)
    (used,) = [each for each in admin.entries() if each["type"] == "api_key.used"]

    assert (used["actor"]["id"], used["changed"]) == (used["subject"]["id"], ["last_used_at"])
    assert (used["address"], used["agent"], used["request_id"]) == (
        "203.0.113.9", "curl", "req-00009",
    )  # fmt: skip
    assert made["api_key"] not in str(used)


def test_a_stamp_on_an_item_that_is_no_record_makes_an_entry_each_time_it_is_new(
    desk: Desk,
) -> None:
    identity = Table(aws.client("dynamodb"), ENVIRONMENT["IDENTITY_TABLE"], WORKSPACE)
    caller = Caller(WORKSPACE, "key_one", "admin", frozenset(), "req-00003")
    place = {"pk": identity.key("KEY", "abc"), "sk": "KEY"}
    identity.write(Put({**place, "key_id": "key_one", "role": "admin"}))

    def use() -> None:
        stamp = audit_stamp("api_key.used", caller, subject={"type": "api_key", "id": "key_one"})
        expression = "SET last_used_at = :at, #audit = :stamps"
        values: dict[str, Any] = {":at": stamp["occurred_at"], ":stamps": [stamp]}
        identity.write(Update(place, expression, names={"#audit": "_audit"}, values=values))
        desk.pump()

    use()
    identity.write(Update(place, "SET another = :x", values={":x": 1}))
    desk.pump()
    use()

    entries = desk.entries("subject=key_one")
    assert [entry["type"] for entry in entries] == ["api_key.used"] * 2
    assert {entry["values"] for entry in entries} == {"none"}


def test_reading_values_is_an_entry_of_its_own_and_reading_none_is_not(desk: Desk) -> None:
    assert desk.identity.get("/v1/audit").json["data"] == []
    desk.pump()
    assert desk.identity.get("/v1/audit").json["data"] == []
    desk.crm.make("/v1/contacts", ADA)
    desk.pump()

    reader = desk.as_member(principal="key_auditor")
    assert len(reader.identity.get("/v1/audit?from=2026-01-01T00:00:00Z").json["data"]) == 1
    desk.pump()

    read = desk.entries("actor=key_auditor")[0]
    assert (read["type"], read["values"]) == ("audit.read", "none")
    assert read["subject"] == {"type": "workspace", "id": WORKSPACE}
    assert read["detail"] == {"from": "2026-01-01T00:00:00.000Z", "entries": "1"}


def test_a_refusal_for_want_of_a_scope_is_entered_once_an_hour(desk: Desk) -> None:
    viewer = desk.as_member(principal="key_viewer", role="viewer")

    for _ in range(3):
        assert viewer.crm.post("/v1/contacts", ADA).status == 403
    assert viewer.crm.delete("/v1/deals/dea_06b1qz3v1w7g2m5n8p0r4t6x9d").status == 403
    desk.pump()

    entries = desk.entries("actor=key_viewer")
    assert {entry["type"] for entry in entries} == {"request.refused"}
    # in no order: both may be recorded in one millisecond
    deletion, creation = sorted(entries, key=lambda entry: entry["detail"]["method"])
    assert deletion["subject"]["id"] == "deals:delete"
    assert creation["subject"]["id"] == "contacts:write"
    assert creation["detail"] == {"method": "POST", "route": "/v1/contacts"}
    assert creation["address"] == "192.0.2.7"


def test_what_a_write_of_a_very_long_text_changed_is_told_by_its_length(desk: Desk) -> None:
    deal = desk.crm.make("/v1/deals", {"name": "Rollout"})
    link = {"type": "deal", "id": deal["id"]}
    desk.crm.make("/v1/activities", {"type": "note", "body": "x" * 9_000, "links": [link]})
    desk.pump()

    created = next(each for each in desk.entries() if each["type"] == "activity.created")

    assert created["after"]["body"] == {"omitted_characters": 9_002}
    assert created["after"]["links"] == [link]


def test_nothing_of_what_was_written_is_in_the_logs(
    desk: Desk, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="reelate")
    desk.crm.make("/v1/contacts", ADA)
    capsys.readouterr()
    desk.pump()
    desk.entries()

    said = "".join(capsys.readouterr())
    assert '"entered": 1' in said
    assert "ada@harbor" not in said
    assert "192.0.2.7" not in said
