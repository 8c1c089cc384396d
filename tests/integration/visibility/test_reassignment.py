"""`member.deactivated` at both consumers: the member's records become the heir's."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.crm.reassign.handler import handler as crm
from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.caller import Caller
from functions.shared.events import envelope
from functions.shared.record import stamp
from functions.video.reassign.handler import handler as video
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.doors import put_member
from tests.integration.gateway import CONTEXT
from tests.integration.visibility.conftest import (
    MATE,
    ME,
    MINE,
    RESOURCES,
    STRANGER,
    TEAMS,
    World,
    caller,
)


def deactivated(heir: str | None, member: str = ME, workspace: str = "wsp_one") -> dict[str, Any]:
    """Return the queue's message."""
    stamped = stamp("member.deactivated", Caller.pipeline(workspace, "req_one"))
    left = {"id": member, "object": "member", "version": 2, "name": "Me", "role": "rep",
            "state": "deactivated", "reassign_to": heir}  # fmt: skip
    detail = envelope(workspace, stamped, left, None)
    return {"messageId": detail["id"], "body": json.dumps({"detail": detail}), "attributes": {}}


def deliver(*messages: dict[str, Any], milliseconds: list[int] | None = None) -> list[str]:
    """Deliver messages to both consumers; return the ids of those that are to come back."""
    left = iter(milliseconds or [])
    clock = {"get_remaining_time_in_millis": lambda: next(left, 600_000)}
    context = SimpleNamespace(**{**vars(CONTEXT), **clock})
    replies = [consumer({"Records": list(messages)}, context) for consumer in (crm, video)]
    return [each["itemIdentifier"] for reply in replies for each in reply["batchItemFailures"]]


def owners(world: World) -> dict[str, list[str | None]]:
    return {
        each: [x["owner_id"] for x in world.admin.get(f"/v1/{each}?limit=100").json["data"]]
        for each in RESOURCES
    }


def test_every_record_of_the_member_and_no_other_becomes_the_heir_s(world: World) -> None:
    mine = {each: world.make(each, ME, MINE) for each in RESOURCES}
    others = {each: world.make(each, STRANGER) for each in RESOURCES}
    put_member(ME, *TEAMS, state="deactivated")

    assert deliver(deactivated(MATE)) == []

    for resource, record in mine.items():
        now = world.get(resource, record)
        changed = {"owner_id": MATE, "version": 2, "updated_at": now["updated_at"]}
        assert now == record | changed | {x: now[x] for x in ("run", "upload") if x in now}
        assert [x["id"] for x in caller("own", MATE).get(f"/v1/{resource}").json["data"]] == [
            record["id"]
        ]
        assert caller("own", ME).get(f"/v1/{resource}").json["data"] == []
        assert world.get(resource, others[resource])["owner_id"] == STRANGER


def test_each_move_is_told_as_a_change_by_the_system(world: World) -> None:
    made = {"crm": world.make("deals", ME), "video": world.make("videos", ME)}
    put_member(ME, state="deactivated")
    sent = deactivated(MATE)
    deliver(sent)

    for context, record in made.items():
        reply = aws.client("dynamodb").get_item(
            TableName=ENVIRONMENT[f"{context.upper()}_TABLE"],
            Key={"pk": {"S": f"W#wsp_one#{record['id']}"}, "sk": {"S": "RECORD"}},
        )
        (stamp,) = unmarshal_item(reply["Item"])["_events"]
        assert stamp["type"] == f"{record['object']}.updated"
        assert stamp["actor"]["type"] == "system"
        assert stamp["request_id"] == sent["messageId"]  # the event's id: what caused it


def test_the_message_delivered_again_and_again_has_the_effect_of_one(
    world: World, calls: Calls
) -> None:
    made = {each: world.make(each, ME) for each in RESOURCES}
    put_member(ME, state="deactivated")
    message = deactivated(MATE)
    deliver(message, message)
    calls.clear()
    deliver(message)

    # one look at who is there and one page of each kind of record
    assert calls.take() == ["BatchGetItem", *["Query"] * 5, "BatchGetItem", "Query"]
    assert {world.get(each, record)["version"] for each, record in made.items()} == {2}


def test_more_records_than_a_page_and_than_the_time_allows_move_in_turns(world: World) -> None:
    for number in range(103):
        world.admin.make("/v1/companies", {"name": f"C{number}", "owner_id": ME})
    put_member(ME, state="deactivated")
    message = deactivated(MATE)

    assert deliver(message, milliseconds=[600_000] * 101 + [19_000]) == [message["messageId"]]
    found, cursor = [], ""
    while cursor is not None:
        page = world.admin.get(f"/v1/companies?limit=100{cursor and '&cursor='}{cursor}").json
        found += [each["owner_id"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert (found.count(MATE), found.count(ME)) == (101, 2)
    assert deliver(message) == []
    assert caller("own", ME).get("/v1/companies").json["data"] == []


@pytest.mark.parametrize("heir", [None, MATE])
def test_records_stay_when_nobody_is_named_or_the_member_is_back(
    world: World, heir: str | None
) -> None:
    for each in RESOURCES:
        world.make(each, ME)
    before = owners(world)
    if heir is None:
        put_member(ME, state="deactivated")

    assert deliver(deactivated(heir)) == []
    assert owners(world) == before


def test_another_workspace_s_member_of_the_same_name_keeps_its_records(world: World) -> None:
    record = world.make("contacts", ME)
    put_member(ME, state="deactivated", workspace="wsp_two")
    put_member(MATE, workspace="wsp_two")

    assert deliver(deactivated(MATE, workspace="wsp_two")) == []
    assert world.get("contacts", record) == record
