"""Share links: for whom, what they open, when they die."""

import base64
import json
from typing import Any

import pytest

from functions.shared import aws
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member
from tests.integration.video.conftest import TABLE, Cloud
from tests.integration.video.player import beside, follow, playable, token_of
from tests.integration.video.recipient import DANA, PASSCODE, knock, opened, path_of, share


def test_a_recipient_without_an_account_watches_what_was_shared(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video)

    reply = knock(cloud, made)
    url = reply.json["url"]

    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json["title"] == video["title"]
    assert reply.json["recipient_name"] == "Dana Reed"
    assert made["recipient"]["email"] == "dana@harbor.example"
    assert follow(cloud, url).status == 200
    rung = follow(cloud, beside(url, "720p.m3u8"))
    assert f"/wsp_one/{video['id']}/1/v/720p/" in rung.body
    assert follow(cloud, beside(url, "poster.jpg")).status == 302


def test_a_share_is_listed_without_its_token_and_says_how_often_it_was_opened(
    cloud: Cloud,
) -> None:
    video = playable(cloud)
    first, second = share(cloud, video), share(cloud, video, passcode=PASSCODE)
    for _ in range(2):
        opened(cloud, first)

    page = cloud.api.get(f"/v1/videos/{video['id']}/shares?limit=1")
    rest = cloud.api.get(f"/v1/videos/{video['id']}/shares?cursor={page.json['next_cursor']}")
    one = cloud.api.get(path_of(first))

    assert [each["id"] for each in page.json["data"]] == [second["id"]]
    assert [each["id"] for each in rest.json["data"]] == [first["id"]]
    assert one.json["opened_count"] == 2
    assert one.json["last_opened_at"] is not None
    assert one.json["version"] == 3
    for reply in (page, rest, one):
        assert first["token"] not in reply.body
        assert second["token"] not in reply.body
        assert "token" not in reply.json
    assert page.json["data"][0]["has_passcode"] is True


def test_every_share_made_opened_and_revoked_is_an_event(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video)

    def stamps() -> list[tuple[str, str]]:
        item = next(i for i in cloud.items() if i.get("id") == made["id"])
        return [(each["type"], each["actor"]["type"]) for each in item["_events"]]

    seen = stamps()
    opened(cloud, made)
    seen += stamps()
    cloud.api.delete(path_of(made))
    seen += stamps()

    assert seen == [
        ("share.created", "api_key"), ("share.opened", "share_link"), ("share.revoked", "api_key"),
    ]  # fmt: skip


def test_a_contact_s_name_and_address_are_taken_from_the_record(cloud: Cloud) -> None:
    video = playable(cloud)
    contact = cloud.crm.make("/v1/contacts", {"name": "Dana Reed", "email": "d@harbor.example"})

    made = share(cloud, video, recipient={"contact_id": contact["id"]})
    item = next(i for i in cloud.items() if i.get("id") == made["id"])

    assert made["recipient"] == {
        "contact_id": contact["id"], "name": "Dana Reed", "email": "d@harbor.example",
    }  # fmt: skip
    assert {"type": "contact", "id": contact["id"]} in item["links"]


def test_a_contact_that_was_merged_stands_for_what_it_is_now(cloud: Cloud) -> None:
    from functions.crm.find_api.handler import handler as find

    video = playable(cloud)
    loser = cloud.crm.make("/v1/contacts", {"name": "D. Reed"})
    winner = cloud.crm.make("/v1/contacts", {"name": "Dana Reed"})
    before = share(cloud, video, recipient={"contact_id": loser["id"]})
    merged = Api(find).post("/v1/contacts/merge", {"ids": [winner["id"], loser["id"]]})
    assert merged.status == 201, merged.body

    after = share(cloud, video, recipient={"contact_id": loser["id"]})

    assert after["recipient"]["contact_id"] == merged.json["winner_id"]
    assert knock(cloud, before).status == 200, "what was sent to a person goes on working"


def test_a_recipient_must_be_somebody_and_a_contact_one_that_the_caller_may_read(
    cloud: Cloud, other: Cloud
) -> None:
    video = playable(cloud)
    foreign = other.crm.make("/v1/contacts", {"name": "Dana"})
    path = f"/v1/videos/{video['id']}/shares"

    nobody = cloud.api.post(path, {"recipient": {}})
    theirs = cloud.api.post(path, {"recipient": {"contact_id": foreign["id"]}})

    assert (nobody.status, nobody.json["code"]) == (422, "recipient_required")
    assert (theirs.status, theirs.json["code"]) == (422, "broken_link")
    assert not [each for each in cloud.items() if each.get("object") == "share"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"passcode": "12345"},
        {"passcode": "x" * 129},
        {"expires_in_s": 59},
        {"expires_in_s": 367 * 86_400},
        {"domains": ["https://harbor.example"]},
        {"domains": ["harbor.example/x"]},
        {"domains": ["*"]},
        {"domains": ["*."]},
        {"domains": ["a..b"]},
        {"domains": ["harbor.example"] * 21},
        {"recipient": {"email": "nobody"}},
        {"recipient": {"name": "x\nBcc: y"}},
        {"recipient": {"name": "Dana", "role": "buyer"}},
        {"token": "mine"},
    ],
)
def test_what_is_no_share_is_refused(cloud: Cloud, wrong: dict[str, Any]) -> None:
    video = playable(cloud)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/shares", {**DANA, **wrong})

    assert reply.status == 422, reply.body


def test_revoking_ends_the_link_and_its_sessions_at_once_and_no_other(cloud: Cloud) -> None:
    video = playable(cloud)
    mine, other_one = share(cloud, video), share(cloud, video)
    urls = [opened(cloud, mine), opened(cloud, other_one)]

    reply = cloud.api.delete(path_of(mine))
    again = cloud.api.delete(path_of(mine))
    after = [follow(cloud, beside(urls[0], name)) for name in ("master.m3u8", "720p.m3u8")]

    assert (reply.status, again.status) == (204, 404)
    assert cloud.api.get(path_of(mine)).status == 404
    assert [(each.status, each.json["code"]) for each in after] == [(401, "share_link_ended")] * 2
    refused = knock(cloud, mine)
    assert (refused.status, refused.json["code"]) == (401, "share_link_ended")
    assert follow(cloud, urls[1]).status == 200
    assert not [i for i in cloud.items() if i["sk"] == "LOCK" and mine["id"] in i["pk"]]


def test_whoever_holds_a_real_token_of_what_is_gone_hears_one_thing(cloud: Cloud) -> None:
    revoked, expired, deleted = (share(cloud, playable(cloud)) for _ in range(3))
    url = opened(cloud, deleted)
    cloud.api.delete(path_of(revoked))
    cloud.api.delete(f"/v1/videos/{deleted['video_id']}")
    key = {"pk": {"S": f"W#wsp_one#{expired['id']}"}, "sk": {"S": "RECORD"}}
    aws.client("dynamodb").update_item(
        TableName=TABLE, Key=key, UpdateExpression="SET expires_at = :then",
        ExpressionAttributeValues={":then": {"S": "2026-01-01T00:00:00.000Z"}},
    )  # fmt: skip

    told = []
    for made in (revoked, expired, deleted):
        reply = knock(cloud, made)
        told.append({k: v for k, v in reply.json.items() if k != "request_id"})

    assert told[0]["code"] == "share_link_ended"
    assert told[0] == told[1] == told[2]
    assert follow(cloud, url).status == 404


def test_a_purged_video_s_shares_are_deleted_with_what_is_kept_of_them(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video, passcode=PASSCODE)
    cloud.api.delete(f"/v1/videos/{video['id']}")

    assert cloud.expire("2099-01-01T00:00:00Z") == {"over": 1}
    assert cloud.expire("2099-01-01T01:00:00Z") == {"purged": 1}

    assert not [each for each in cloud.items() if made["id"] in each["pk"]]


def test_files_are_given_where_the_share_says_so(cloud: Cloud) -> None:
    video = playable(cloud)
    watch = opened(cloud, share(cloud, video))
    fetch = opened(cloud, share(cloud, video, allow_download=True))

    for name in ("video.mp4", "audio.m4a"):
        refused = follow(cloud, beside(watch, name))
        assert (refused.status, refused.json["code"]) == (403, "download_not_allowed")
        assert follow(cloud, beside(fetch, name)).status == 302
    assert follow(cloud, beside(watch, "storyboard.jpg")).status == 302


def test_a_session_lives_no_longer_than_its_share(cloud: Cloud) -> None:
    made = share(cloud, playable(cloud), expires_in_s=600)

    reply = knock(cloud, made)

    assert reply.json["expires_at"] == made["expires_at"]
    claims = token_of(reply.json["url"]).split(".")[0]
    assert set(json.loads(base64.urlsafe_b64decode(claims + "=="))) == {
        "w", "v", "p", "i", "x", "n", "k",
    }  # fmt: skip


def test_a_share_ends_when_its_maker_would_see_the_video_no_more(cloud: Cloud) -> None:
    video = playable(cloud)
    me, you = "mem_06b1qz3v1w7g2m5n8p0r4t6x9a", "mem_06b1qz3v1w7g2m5n8p0r4t6x9b"
    _give(video, me)
    mine = Api(cloud.api.handler, Member(member=me, visibility="own"))
    made = mine.make(f"/v1/videos/{video['id']}/shares", DANA)
    url = opened(cloud, made)
    assert follow(cloud, url).status == 200

    _give(video, you)

    assert knock(cloud, made).json["code"] == "share_link_ended"
    assert follow(cloud, url).status == 404


def _give(video: Any, member: str) -> None:
    aws.client("dynamodb").update_item(
        TableName=TABLE, Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET owner_id = :m", ExpressionAttributeValues={":m": {"S": member}},
    )  # fmt: skip


def test_a_video_without_anything_to_play_is_shared_and_opens_later(cloud: Cloud) -> None:
    video = cloud.running()
    made = share(cloud, video)
    waiting = share(cloud, cloud.open())

    assert knock(cloud, made).status == 200, "it can be watched while it is encoded"
    reply = knock(cloud, waiting)
    assert (reply.status, reply.json["code"]) == (409, "not_playable")
    assert cloud.api.get(path_of(waiting)).json["opened_count"] == 0


def test_what_a_playlist_of_a_share_costs(cloud: Cloud) -> None:

    url = opened(cloud, share(cloud, playable(cloud)))
    follow(cloud, url)

    with Calls("dynamodb") as calls:
        follow(cloud, beside(url, "720p.m3u8"))

    assert calls == ["GetItem", "Query"]


def test_ending_all_playback_links_ends_sessions_and_leaves_shares(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video)
    url = opened(cloud, made)

    cloud.api.post(f"/v1/videos/{video['id']}/playback/revoke")

    reply = follow(cloud, url)
    assert (reply.status, reply.json["code"]) == (401, "playback_link_revoked")
    assert follow(cloud, opened(cloud, made)).status == 200
