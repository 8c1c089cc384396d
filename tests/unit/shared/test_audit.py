"""What is handed to the audit log, and what of it the published events must not show."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.shared.audit import ACT, act, audit_stamp, forgotten, key_of
from functions.shared.caller import Caller
from functions.shared.events import envelope
from functions.shared.record import stamp

AT = datetime(2026, 11, 22, 21, 59, 17, 123_000, tzinfo=UTC)
CALLER = Caller(
    "ws_one", "key_one", "admin", frozenset(), "req-00001", member="mem_one",
    address="192.0.2.7", agent="curl/8.9",
)  # fmt: skip
SUBJECT = {"type": "member", "id": "mem_one"}


def test_a_stamp_says_from_where_its_caller_acts() -> None:
    stamped = stamp("contact.created", CALLER, at=AT)

    assert stamped.pop("id").startswith("evt_")
    assert stamped == {
        "type": "contact.created",
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "actor": {"type": "api_key", "id": "key_one"},
        "request_id": "req-00001",
        "source": "api",
        "address": "192.0.2.7",
        "agent": "curl/8.9",
        "member": "mem_one",
    }


def test_what_is_unknown_of_the_caller_is_left_out() -> None:
    stamped = stamp("video.ready", Caller.pipeline("ws_one", "run-1"))

    assert stamped.keys() == {"id", "type", "occurred_at", "actor", "request_id", "source"}


def test_an_endless_user_agent_is_cut() -> None:
    assert len(stamp("contact.created", replace(CALLER, agent="x" * 5_000))["agent"]) == 256


def test_a_published_event_shows_nothing_of_where_it_came_from() -> None:
    item = {"id": "con_1", "object": "contact", "version": 1, "name": "Ada"}

    detail = envelope("ws_one", stamp("contact.created", CALLER), item, None)

    assert detail.keys() == {
        "id", "type", "occurred_at", "workspace", "actor", "source", "subject", "data",
        "request_id",
    }  # fmt: skip
    assert "192.0.2.7" not in json.dumps(detail)


def test_an_act_is_an_item_of_its_own_that_goes_away_by_itself() -> None:
    put = act("member.signed_in", CALLER, SUBJECT, detail={"method": "password"}, at=AT)

    (stamped,) = put.item["_audit"]
    assert put.item["pk"] == f"W#ws_one#ACT#member.signed_in#{stamped['id']}"
    assert (put.item["sk"], put.item["object"], put.condition) == ("ACT", ACT, None)
    assert put.item["expires_at_epoch"] == int((AT + timedelta(days=2)).timestamp())
    assert stamped["subject"] == SUBJECT
    assert stamped["detail"] == {"method": "password"}
    assert stamped["address"] == "192.0.2.7"


def test_two_acts_are_two_items_unless_they_are_to_count_once() -> None:
    twice = [act("member.signed_in", CALLER, SUBJECT) for _ in range(2)]
    once = [act("video.played", CALLER, SUBJECT, once="link#21") for _ in range(2)]

    assert len({put.item["pk"] for put in twice}) == 2
    assert len({put.item["pk"] for put in once}) == 1
    assert {put.condition for put in once} == {"attribute_not_exists(pk)"}
    assert "link#21" not in str(once)


def test_an_act_can_join_the_transaction_of_another_table() -> None:
    assert act("member.signed_in", CALLER, SUBJECT, table="platform").table == "platform"


def test_a_stamp_without_subject_is_of_the_item_it_lies_on() -> None:
    assert "subject" not in audit_stamp("api_key.used", CALLER)


def test_forgetting_a_subject_puts_a_mark_in_the_place_of_its_key() -> None:
    put = forgotten("ws_one", "con_1")

    assert {name: put.item[name] for name in ("pk", "sk")} == key_of("ws_one", "con_1")
    assert put.item.keys() == {"pk", "sk", "erased_at"}
