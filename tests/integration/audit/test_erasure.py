"""A subject that is forgotten: nobody reads what its fields were; that they changed stays."""

import base64
import json
from typing import Any

from functions.shared import aws
from functions.shared.audit import forgotten, key_of
from tests.integration.audit.desk import PLATFORM, WORKSPACE, Desk, fresh_process, platform, stored


def history(desk: Desk, contact: dict[str, Any]) -> list[dict[str, Any]]:
    return desk.entries(f"subject={contact['id']}")


def written(desk: Desk, name: str) -> dict[str, Any]:
    made: dict[str, Any] = desk.crm.make("/v1/contacts", {"name": name})
    desk.pump()
    desk.crm.patch(f"/v1/contacts/{made['id']}", {"title": "Countess"})
    desk.pump()
    return made


def test_forgetting_a_subject_hides_its_values_at_once_and_no_other_s(desk: Desk) -> None:
    ada, bob = written(desk, "Ada"), written(desk, "Bob")
    assert {each["values"] for each in history(desk, ada)} == {"shown"}
    texts = [item["entry"]["S"] for item in stored(f"{WORKSPACE}#AUDIT#0")]

    platform().write(forgotten(WORKSPACE, ada["id"]))

    for entry in history(desk, ada):
        assert (entry["values"], entry["before"], entry["after"]) == ("erased", None, None)
        assert entry["changed"]
    assert {each["values"] for each in history(desk, bob)} == {"shown"}
    # and the log itself is untouched, so that its digests still fit
    assert texts == [item["entry"]["S"] for item in stored(f"{WORKSPACE}#AUDIT#0")]


def test_no_key_of_a_forgotten_subject_is_left_anywhere(desk: Desk) -> None:
    ada = written(desk, "Ada")
    key = key_of(WORKSPACE, ada["id"])
    place = {name: {"S": value} for name, value in key.items()}
    wrapped = aws.client("dynamodb").get_item(TableName=PLATFORM, Key=place)["Item"]["wrapped"]["B"]

    platform().write(forgotten(WORKSPACE, ada["id"]))

    left = json.dumps(stored(), default=lambda value: base64.b64encode(value).decode())
    assert base64.b64encode(wrapped).decode() not in left


def test_what_comes_late_of_a_forgotten_subject_is_entered_without_values(desk: Desk) -> None:
    """From a recorder that still holds the key, and from one that never had it."""
    ada = written(desk, "Ada")
    platform().write(forgotten(WORKSPACE, ada["id"]))
    desk.crm.patch(f"/v1/contacts/{ada['id']}", {"title": "Lady"})
    desk.pump()
    fresh_process()
    desk.crm.delete(f"/v1/contacts/{ada['id']}")
    desk.pump()

    entries = history(desk, ada)

    assert [each["type"] for each in entries][:2] == ["contact.deleted", "contact.updated"]
    assert {each["after"] is None for each in entries} == {True}
    assert "title" in entries[1]["changed"]


def test_values_cannot_be_moved_to_another_entry_or_subject(desk: Desk) -> None:
    """Each ciphertext is bound to its workspace, subject and entry."""
    ada = written(desk, "Ada")
    first, second = stored(f"{WORKSPACE}#AUDIT#0")
    swapped = json.loads(second["entry"]["S"]) | {
        "values": json.loads(first["entry"]["S"])["values"]
    }
    second["entry"] = {"S": json.dumps(swapped)}
    aws.client("dynamodb").put_item(TableName=PLATFORM, Item=second)

    states = {each["type"]: each["values"] for each in history(desk, ada)}

    assert sorted(states.values()) == ["damaged", "shown"]
