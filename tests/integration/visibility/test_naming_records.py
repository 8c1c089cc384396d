"""Naming records that one may not see: in references, links, and through the doors."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.check import RecordName
from functions.shared.door import LambdaDoor
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.doors import put_member
from tests.integration.gateway import Reply
from tests.integration.visibility.conftest import (
    MATE,
    ME,
    MINE,
    OTHER,
    OWNERSHIPS,
    RESOURCES,
    SECOND,
    STRANGER,
    TEAMS,
    World,
    caller,
)

KINDS = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "activities": "activity",
    "videos": "video",
}


def refusal(reply: Reply) -> Any:
    assert reply.status == 422, reply.body
    return reply.json["code"], reply.json["errors"]


@pytest.mark.parametrize("visibility", ["own", "team", "all"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_reference_to_what_one_may_not_see_is_one_to_nothing(
    world: World, calls: Calls, visibility: str, method: str
) -> None:
    who = caller(visibility)
    deal = who.make("/v1/deals", {"name": "Mine"})["id"]
    path, body = ("/v1/deals", {"name": "D"}) if method == "POST" else (f"/v1/deals/{deal}", {})

    def naming(company: str, contact: str) -> Reply:
        named = {"company_id": company, "contact_ids": [contact]}
        return who.request(method, path, body | named)

    absent = refusal(naming(new_id("com"), new_id("con")))
    for (owner, team), seen in OWNERSHIPS.items():
        company, contact = (world.make(x, owner, team)["id"] for x in ("companies", "contacts"))
        calls.clear()
        reply = naming(company, contact)
        assert calls.take() == ["GetItem", "TransactWriteItems"][method == "POST" :]
        if visibility in seen.split():
            assert reply.status in (200, 201), reply.body
        else:
            assert refusal(reply) == absent


@pytest.mark.parametrize("visibility", ["own", "team"])
def test_what_was_named_by_others_does_not_stand_in_the_way(world: World, visibility: str) -> None:
    """A record may name some that its owner cannot see; changing it goes on."""
    company, contact = (world.make(each, STRANGER) for each in ("companies", "contacts"))
    link = {"type": "contact", "id": contact["id"]}
    deal = world.admin.make("/v1/deals", {"name": "D", "owner_id": ME, "company_id": company["id"]})
    video = world.make("videos", ME)
    assert world.admin.patch(f"/v1/videos/{video['id']}", {"links": [link]}).status == 200
    mine = world.make("contacts", ME)
    who, more = caller(visibility), {"type": "contact", "id": mine["id"]}

    assert who.patch(f"/v1/deals/{deal['id']}", {"name": "New"}).status == 200
    changed = who.patch(f"/v1/videos/{video['id']}", {"links": [link, more]})
    assert (changed.status, changed.json["links"]) == (200, [link, more])
    assert who.patch(f"/v1/videos/{video['id']}", {"links": [more]}).status == 200
    assert who.patch(f"/v1/videos/{video['id']}", {"links": [link]}).status == 422


@pytest.mark.parametrize("visibility", ["own", "team", "all"])
def test_a_video_links_only_to_what_its_maker_sees(world: World, visibility: str) -> None:
    who = caller(visibility)
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 100}

    def linking(kind: str, record_id: str) -> Reply:
        return who.post("/v1/videos", body | {"links": [{"type": kind, "id": record_id}]})

    absent = refusal(linking("deal", new_id("dea")))
    for (owner, team), seen in OWNERSHIPS.items():
        reply = linking("deal", world.make("deals", owner, team)["id"])
        if visibility in seen.split():
            assert reply.status == 201
        else:
            assert refusal(reply) == absent


@pytest.mark.parametrize("visibility", ["own", "team", "all"])
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_context_s_door_answers_as_its_routes_do(
    world: World, calls: Calls, resource: str, visibility: str
) -> None:
    function = "VIDEO_CHECK_FUNCTION" if resource == "videos" else "CRM_CHECK_FUNCTION"
    asking = Caller(
        "wsp_one", ME, "rep", ROLES["rep"], "req_one",
        member=ME, teams=TEAMS, visibility=visibility,  # type: ignore[arg-type]
    )  # fmt: skip
    door = LambdaDoor(ENVIRONMENT[function], asking)
    made = {
        RecordName(type=KINDS[resource], id=world.make(resource, *ownership)["id"]): seen
        for ownership, seen in OWNERSHIPS.items()
    }
    unseen = [name for name, seen in made.items() if visibility not in seen.split()]
    calls.clear()

    assert door.missing(list(made)) == unseen
    assert calls.take() == ["BatchGetItem"]
    gone = next(iter(made))
    world.admin.delete(f"/v1/{resource}/{gone.id}")
    assert door.missing([gone]) == [gone]
    assert door.missing(list(made), deleted=True) == unseen
    assert door.missing([]) == []


def test_a_record_goes_to_those_who_are_there(world: World, invokes: Calls) -> None:
    """Who sees everything reaches everybody; the others their teams' members. Nobody is asked
    about oneself."""
    left = put_member("mem_01m82w1qmze42t2y2smsnt8yx9", MINE, state="deactivated")
    for resource in ("contacts", "videos"):
        record = world.make(resource, ME, MINE)
        path = f"/v1/{resource}/{record['id']}"
        codes = {}
        for visibility in ("own", "team", "all"):
            who = caller(visibility)
            for field, value in (
                ("owner_id", left),
                ("owner_id", new_id("mem")),
                ("owner_id", STRANGER),
                ("owner_id", None),
                ("team_id", OTHER),
                ("team_id", new_id("tea")),
            ):
                world.give(resource, record, ME, MINE)
                reply = who.patch(path, {field: value})
                codes[visibility, field, value] = reply.json.get("code", "given")
            world.give(resource, record, ME, MINE)
            invokes.clear()
            assert who.patch(path, {"owner_id": ME, "team_id": SECOND}).status == 200
            assert invokes.take() == []
            assert who.patch(path, {"owner_id": MATE, "team_id": None}).status == 200
            assert invokes.take() == ["Invoke"]
        for visibility in ("own", "team"):
            outcome = [code for (who_, _, _), code in codes.items() if who_ == visibility]
            member, team = "unknown_member", "unknown_team"
            assert outcome == [member, member, member, "owner_required", team, team]
        outcome = [code for (who_, _, _), code in codes.items() if who_ == "all"]
        assert outcome == ["unknown_member", "unknown_member", "given", "given", "given",
                           "unknown_team"]  # fmt: skip


def test_a_record_given_away_is_out_of_its_giver_s_sight(world: World) -> None:
    who = caller("own")
    path = f"/v1/contacts/{who.make('/v1/contacts', {'name': 'Ada'})['id']}"

    reply = who.patch(path, {"owner_id": MATE})

    assert (reply.status, reply.json["owner_id"]) == (200, MATE)
    assert who.get(path).status == 404
    assert caller("own", MATE).get(path).status == 200


def test_an_absent_record_is_refused_before_it_is_asked_who_shall_have_it(
    world: World, invokes: Calls
) -> None:
    for path in (f"/v1/contacts/{new_id('con')}", f"/v1/videos/{new_id('vid')}"):
        assert world.admin.patch(path, {"owner_id": STRANGER}).status == 404
    assert invokes == []


def test_a_door_that_does_not_answer_is_a_clean_503(world: World) -> None:
    events = aws.client("lambda").meta.events

    def failing(**_: Any) -> Any:
        return SimpleNamespace(status_code=503), {"Error": {"Code": "ServiceException"}}

    events.register_first("before-call.lambda.Invoke", failing)
    try:
        reply = world.admin.post("/v1/contacts", {"name": "Ada", "owner_id": STRANGER})
    finally:
        events.unregister("before-call.lambda.Invoke", failing)

    assert (reply.status, reply.json["code"]) == (503, "unavailable")
    assert reply.headers["retry-after"]
    assert world.admin.get("/v1/contacts").json["data"] == []


def test_a_new_record_is_its_maker_s(world: World) -> None:
    who = caller("all")
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 100}
    for path, fields in (("/v1/contacts", {"name": "A"}), ("/v1/videos", body)):
        made = who.make(path, fields)
        nobody = who.make(path, fields | {"owner_id": None, "team_id": None})

        assert (made["owner_id"], made["team_id"]) == (ME, MINE)
        assert (nobody["owner_id"], nobody["team_id"]) == (None, None)
        for wrong in ("mem_x", "tea_" + "0" * 26, 5, ""):
            assert who.post(path, fields | {"owner_id": wrong}).status == 422


@pytest.mark.parametrize("visibility", ["own", "team"])
def test_a_batch_reaches_what_the_caller_reaches_one_by_one(world: World, visibility: str) -> None:
    hidden, mine = (world.make("contacts", each)["id"] for each in (STRANGER, ME))
    operations: list[dict[str, Any]] = [
        act
        for each in (hidden, new_id("con"), mine)
        for act in (
            {"op": "update", "id": each, "body": {"name": "New"}},
            {"op": "delete", "id": each, "if_match": "*"},
        )
    ]
    operations.append({"op": "create", "body": {"name": "A", "owner_id": STRANGER}})

    reply = caller(visibility).post("/v1/contacts/batch", {"operations": operations})

    results = reply.json["data"]
    assert [each["status"] for each in results] == [404] * 4 + [200, 204, 422]
    told = [each["problem"]["detail"] for each in results if each["status"] == 404]
    assert set(told) == {"There is no such contact."}
    assert world.admin.get(f"/v1/contacts/{hidden}").json["version"] == 1
