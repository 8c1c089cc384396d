"""What shows a record besides its own route: timelines, transcripts, playback links, kept replies;
and what each costs who sees only some records."""

import json
from typing import Any

import pytest

from functions.crm.project_timeline.handler import handler as project
from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.events import envelope
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import message
from tests.integration.gateway import CONTEXT, Api, Reply, call, event
from tests.integration.video.renditions import manifest
from tests.integration.visibility.conftest import (
    MATE,
    ME,
    MEDIA,
    MINE,
    OWNERSHIPS,
    SECOND,
    STRANGER,
    World,
    caller,
    neutral,
    route,
)


def published(table: str, record_id: str) -> None:
    """Put a record's last event on the timelines, as the bus would."""
    reply = aws.client("dynamodb").get_item(
        TableName=ENVIRONMENT[table],
        Key={"pk": {"S": f"W#wsp_one#{record_id}"}, "sk": {"S": "RECORD"}},
    )
    new = unmarshal_item(reply["Item"])
    detail = envelope("wsp_one", new["_events"][0], new, None)
    assert project({"Records": [message(detail)]}, CONTEXT) == {"batchItemFailures": []}


@pytest.fixture
def story(world: World) -> tuple[str, dict[str, str]]:
    """A contact of mine, and on its timeline a note and a video of everybody's; returns the
    timeline's path and who sees each subject."""
    contact = world.make("contacts", ME)
    published("CRM_TABLE", contact["id"])
    links = [{"type": "contact", "id": contact["id"]}]
    told = {contact["id"]: "own team all"}
    for (owner, team), seen in OWNERSHIPS.items():
        whose = {"owner_id": owner, "team_id": team, "links": links}
        note = world.admin.make("/v1/activities", whose | {"type": "note", "body": "b"})
        file = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 100}
        video = world.admin.make("/v1/videos", whose | file)
        published("CRM_TABLE", note["id"])
        published("VIDEO_TABLE", video["id"])
        told |= {note["id"]: seen, video["id"]: seen}
    return f"/v1/contacts/{contact['id']}/timeline", told


def subjects(api: Api, path: str) -> set[str]:
    reply = api.get(f"{path}?limit=100")
    assert reply.status == 200, reply.body
    return {each["subject"]["id"] for each in reply.json["data"]}


@pytest.mark.parametrize("visibility", ["own", "team", "all"])
def test_a_timeline_tells_of_what_the_reader_sees(
    story: tuple[str, dict[str, str]], visibility: str
) -> None:
    path, told = story

    expected = {each for each, seen in told.items() if visibility in seen.split()}

    assert subjects(caller(visibility), path) == expected


def test_an_entry_follows_its_subject_to_other_hands(
    world: World, story: tuple[str, dict[str, str]]
) -> None:
    """Whose it was when it happened does not count, nor that it was deleted since."""
    path, told = story
    mine = {each for each, seen in told.items() if "own" in seen}
    note = next(each for each in mine if each.startswith("act_"))
    video = next(each for each in mine if each.startswith("vid_"))
    theirs = next(each for each, seen in told.items() if seen == "all")

    world.give("activities", {"id": note}, STRANGER)
    world.give("activities", {"id": theirs}, ME)
    world.admin.delete(f"/v1/videos/{video}")

    assert subjects(caller("own"), path) == mine - {note} | {theirs}


def test_a_timeline_costs_all_one_request_and_others_their_looks(
    story: tuple[str, dict[str, str]], calls: Calls, invokes: Calls
) -> None:
    path, told = story
    calls.clear()
    invokes.clear()

    assert len(subjects(caller("all"), path)) == len(told)
    assert (calls.take(), invokes.take()) == (["Query"], [])
    subjects(caller("own"), path)
    # the record, its timeline, the notes; and the videos, by their context's door
    assert calls.take() == ["GetItem", "Query", "BatchGetItem", "BatchGetItem"]
    assert invokes.take() == ["Invoke"]


def test_each_act_costs_who_sees_some_what_it_costs_who_sees_all(
    world: World, calls: Calls, invokes: Calls
) -> None:
    for visibility in ("own", "team", "all"):
        who = caller(visibility)
        video = who.make(
            "/v1/videos", {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 100}
        )
        calls.clear()
        path = f"/v1/contacts/{who.make('/v1/contacts', {'name': 'Ada'})['id']}"
        assert calls.take() == ["TransactWriteItems"]
        who.get(path)
        who.get(f"/v1/videos/{video['id']}")
        assert calls.take() == ["GetItem", "Query"]
        who.patch(path, {"name": "New"})
        assert calls.take() == ["GetItem", "TransactWriteItems"]
        for each in ("contacts", "videos"):
            who.get(f"/v1/{each}?limit=20")
            assert calls.take() == ["Query"] * (3 if visibility == "team" else 1)
        who.delete(path)
        assert calls.take() == ["GetItem", "TransactWriteItems"]
    assert invokes == []


@pytest.mark.parametrize("artefact", ["transcript", "analysis"])
def test_a_transcript_is_there_for_who_sees_the_video_and_one_invoke_more_for_some(
    world: World, invokes: Calls, artefact: str
) -> None:
    video = world.make("videos", STRANGER, SECOND)
    world.analysed(video)
    path = f"/v1/videos/{video['id']}/{artefact}"
    invokes.clear()

    asked = {
        visibility: (caller(visibility).get(path).status, invokes.take())
        for visibility in ("own", "team", "all")
    }

    assert asked == {"own": (404, ["Invoke"]), "team": (200, ["Invoke"]), "all": (200, [])}
    # one that has none says the same to who sees it as one that cannot be seen
    bare = world.make("videos", ME)
    unseen = caller("own").get(path)
    assert neutral(unseen) == neutral(caller("own").get(f"/v1/videos/{bare['id']}/{artefact}"))
    world.admin.delete(f"/v1/videos/{video['id']}")
    assert caller("team").get(path).status == 404


def playable(world: World, owner: str | None, team: str | None = None) -> Any:
    """Return a video with renditions."""
    video = world.make("videos", owner, team)
    artefacts = {"renditions": {"M": {"state": {"S": "ready"}, "run": {"N": "1"}}}}
    aws.client("dynamodb").update_item(
        TableName=ENVIRONMENT["VIDEO_TABLE"],
        Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET artefacts = :made",
        ExpressionAttributeValues={":made": {"M": artefacts}},
    )
    aws.client("s3").put_object(
        Bucket=MEDIA,
        Key=f"wsp_one/{video['id']}/1/manifest.json",
        Body=json.dumps(manifest()).encode(),
    )
    return video


def follow(url: str, name: str = "master.m3u8") -> Reply:
    path = url.partition("/v1/")[2].replace("master.m3u8", name)
    return call(route, event("GET", f"/v1/{path}", member=None))


def test_a_link_plays_what_its_viewer_may_see_at_that_moment(world: World) -> None:
    video = playable(world, ME, MINE)
    path = f"/v1/videos/{video['id']}/playback"
    links = {each: str(caller(each).post(path).json["url"]) for each in ("own", "team", "all")}

    def plays() -> str:
        statuses = {each: follow(url).status for each, url in links.items()}
        for each, url in links.items():
            for name in ("720p.m3u8", "poster.jpg", "segments/1/v/720p/init.mp4"):
                assert (follow(url, name).status in (200, 302)) is (statuses[each] == 200)
        assert set(statuses.values()) <= {200, 404}
        return " ".join(each for each, status in statuses.items() if status == 200)

    assert plays() == "own team all"
    world.give("videos", video, MATE, SECOND)
    assert plays() == "team all"
    world.give("videos", video, STRANGER, None)
    assert plays() == "all"
    absent = follow(links["own"])
    world.give("videos", video, ME, None)
    assert plays() == "own team all"
    world.admin.delete(f"/v1/videos/{video['id']}")
    assert neutral(follow(links["own"])) == neutral(absent)


def test_who_may_not_see_a_video_gets_no_link_to_it(world: World) -> None:
    video = playable(world, STRANGER)

    assert caller("own").post(f"/v1/videos/{video['id']}/playback").status == 404
    assert caller("all").post(f"/v1/videos/{video['id']}/playback").status == 200


@pytest.mark.parametrize("resource", ["contacts", "videos"])
def test_a_kept_reply_is_shown_again_only_to_who_sees_as_much(world: World, resource: str) -> None:
    body = {"name": "Ada"} if resource == "contacts" else {
        "filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 100,
    }  # fmt: skip
    path, key = f"/v1/{resource}", {"idempotency_key": "once"}
    first = caller("team").post(path, body, **key)

    again = caller("team").post(path, body, **key)
    wider = caller("all").post(path, body, **key)
    narrower = caller("own").post(path, body, **key)

    assert (again.body, wider.body) == (first.body, first.body)
    assert (narrower.status, narrower.json["code"]) == (409, "idempotency_key_outlived")
    assert first.json["id"] not in narrower.body
    assert len(caller("all").get(path).json["data"]) == 1


def test_giving_a_record_away_can_be_repeated_when_the_reply_got_lost(world: World) -> None:
    who = caller("own")
    path = f"/v1/contacts/{who.make('/v1/contacts', {'name': 'Ada'})['id']}"

    first = who.patch(path, {"owner_id": MATE}, idempotency_key="give")
    again = who.patch(path, {"owner_id": MATE}, idempotency_key="give")

    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert who.patch(path, {"owner_id": MATE}).status == 404
