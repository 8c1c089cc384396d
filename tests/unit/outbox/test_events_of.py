"""What a stream record means: the events its write has stamped, once, with what was before."""

import json
from typing import Any

import pytest

from functions.outbox.publish.logic import entries_of, events_of
from functions.shared.attributes import marshal_item

WORKSPACE = "ws_06b1qz3v1w7g2m5n8p0r4t6x9a"
CONTACT = "con_06b1qz3v1w7g2m5n8p0r4t6x9c"


def stamped(number: int, kind: str = "contact.updated") -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "type": kind,
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "actor": {"type": "api_key", "id": "key_1"},
        "request_id": "req-1",
        "source": "api",
    }


def item(version: int, *events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "pk": f"W#{WORKSPACE}#{CONTACT}",
        "sk": "RECORD",
        "id": CONTACT,
        "object": "contact",
        "version": version,
        "name": "Ada",
        "custom": {"diagnosis": "F32"},
        "_sensitive": ["diagnosis"],
        "_events": list(events),
        **fields,
    }


def record(new: dict[str, Any] | None, old: dict[str, Any] | None = None) -> dict[str, Any]:
    images = {"NewImage": new, "OldImage": old}
    return {
        "eventName": "MODIFY",
        "dynamodb": {name: marshal_item(image) for name, image in images.items() if image},
    }


def details(*records: dict[str, Any]) -> list[dict[str, Any]]:
    return [detail for each in records for _, detail in events_of(each)]


def test_a_stamped_write_is_an_event() -> None:
    ((source, detail),) = events_of(record(item(1, stamped(1, "contact.created"))))

    assert source == "reelate.crm"
    assert detail == {
        "id": "evt_1",
        "type": "contact.created",
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "workspace": WORKSPACE,
        "actor": {"type": "api_key", "id": "key_1"},
        "source": "api",
        "subject": {"type": "contact", "id": CONTACT},
        "data": {
            "id": CONTACT, "version": 1, "name": "Ada", "email": None, "company_id": None,
            "owner_id": None, "team_id": None, "phone": None, "title": None,
            "external_id": None, "tags": [], "custom": {}, "merged_into": None, "merged_ids": [],
        },
        "request_id": "req-1",
    }  # fmt: skip


def test_a_stamp_that_another_write_leaves_in_place_is_no_second_event() -> None:
    before = item(1, stamped(1))

    assert details(record({**before, "touched": True}, before)) == []


def test_of_two_stamps_only_the_new_one_is_an_event() -> None:
    found = details(record(item(2, stamped(1), stamped(2)), item(1, stamped(1))))

    assert [each["id"] for each in found] == ["evt_2"]


def test_one_write_may_mean_several_things() -> None:
    found = details(record(item(2, stamped(2), stamped(3, "contact.deleted")), item(1)))

    assert [each["type"] for each in found] == ["contact.updated", "contact.deleted"]


def test_a_change_tells_the_old_values_of_what_changed() -> None:
    found = details(record(item(2, stamped(2), email="new@x.example"), item(1, name="Eda")))

    assert found[0]["previous"] == {"name": "Eda", "email": None}


def test_a_change_of_nothing_public_has_no_previous() -> None:
    found = details(record(item(2, stamped(2), custom={}), item(1)))

    assert "previous" not in found[0]


def test_a_value_that_has_become_sensitive_does_not_leave_as_the_value_before() -> None:
    after = item(2, stamped(2), custom={"tier": "gold", "diagnosis": "F33"})
    before = item(1, custom={"tier": "lead", "diagnosis": "F32"})
    del before["_sensitive"]
    (found,) = details(record(after, before))

    assert (found["data"]["custom"], found["previous"]["custom"]) == (
        {"tier": "gold"}, {"tier": "lead"},
    )  # fmt: skip


def test_what_is_not_of_the_payload_stays_inside() -> None:
    (found,) = details(record(item(1, stamped(1), digest="0f3c", gsi1pk="W#x")))

    assert set(found["data"]) == {
        "id", "version", "name", "email", "company_id", "owner_id", "team_id", "phone", "title",
        "external_id", "tags", "custom", "merged_into", "merged_ids",
    }  # fmt: skip


@pytest.mark.parametrize(
    "silent",
    [
        record(None, item(1, stamped(1))),  # gone for good: the stamped update came before
        record(item(1)),
        record({"pk": f"W#{WORKSPACE}#UNIQUE#x", "sk": "UNIQUE", "owner": CONTACT}),
    ],
)
def test_a_write_without_a_stamp_is_no_event(silent: dict[str, Any]) -> None:
    assert details(silent) == []


def test_an_event_that_the_catalogue_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        details(record(item(1, stamped(1, "contact.painted"))))


def test_entries_keep_the_stream_s_order() -> None:
    records = [record(item(n, stamped(n)), item(n - 1, stamped(n - 1))) for n in range(1, 30)]

    entries = list(entries_of(records, "reelate-test"))

    assert [json.loads(each["Detail"])["id"] for each in entries] == [
        f"evt_{n}" for n in range(1, 30)
    ]
    assert {(each["EventBusName"], each["Source"], each["DetailType"]) for each in entries} == {
        ("reelate-test", "reelate.crm", "contact.updated.v1")
    }


def test_text_of_any_script_travels_as_it_is() -> None:
    """Escaped it would be six times as long, and EventBridge counts."""
    (entry,) = entries_of([record(item(1, stamped(1), name="語💥"))], "bus")

    assert "語💥" in entry["Detail"]
