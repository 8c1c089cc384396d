"""Views: what is counted of what players tell, and who may read it."""

import json
from typing import Any

from functions.crm.dynamodb_timelines import Timelines
from functions.crm.timeline import project
from functions.outbox.publish.logic import events_of
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import Member, call, event
from tests.integration.video.conftest import Cloud
from tests.integration.video.player import link, playable
from tests.integration.video.recipient import knock, opened, share
from tests.integration.video.renditions import manifest
from tests.integration.video.telling import counted, deliver, queued, sent, tell


def test_what_a_player_tells_becomes_heat_quartiles_and_a_viewer(cloud: Cloud) -> None:
    video, made, url = sent(cloud)
    assert knock(cloud, made).json["views_url"].endswith("/views")

    replies = [tell(cloud, url, 1, (0, 10_000)), tell(cloud, url, 2, (10_000, 20_000), (0, 5_000))]
    total = counted(cloud, video)
    sessions = cloud.api.get(f"/v1/videos/{video['id']}/views/sessions").json["data"]
    viewers = cloud.api.get(f"/v1/videos/{video['id']}/views/viewers").json["data"]

    assert [each.status for each in replies] == [202, 202]
    assert replies[0].headers["access-control-allow-origin"] == "*"
    assert (total["sessions"], total["watched_ms"], total["duration_ms"]) == (1, 25_000, 61_000)
    assert total["quartiles"] == {
        "started": 1, "percent_25": 1, "percent_50": 0, "percent_75": 0, "completed": 0,
    }  # fmt: skip
    assert total["heat"]["bucket_starts_ms"][:3] == [0, 1_000, 2_000]
    assert total["heat"]["watched_ms"][:6] == [2_000] * 5 + [1_000]
    assert sum(total["heat"]["sessions"]) == 20
    assert len(total["heat"]["watched_ms"]) == 61
    (session,) = sessions
    assert (session["percent"], session["quartile"]) == (32, 25)
    assert session["viewer"] == {
        "type": "share_link", "id": made["id"], "contact_id": None,
        "email": "dana@harbor.example", "name": "Dana Reed",
    }  # fmt: skip
    (viewer,) = viewers
    assert viewer["viewer"]["name"] == "Dana Reed"
    assert viewer["heat"] == total["heat"]


def test_nobody_has_watched_a_new_video(cloud: Cloud) -> None:
    video = playable(cloud)

    total = counted(cloud, video)

    assert (total["sessions"], total["watched_ms"], total["first_at"]) == (0, 0, None)
    assert total["heat"] == {"bucket_starts_ms": [], "watched_ms": [], "sessions": []}


def test_two_sessions_of_a_viewer_are_one_viewer_and_a_member_s_link_another(
    cloud: Cloud,
) -> None:
    video, made, url = sent(cloud)
    again, own = opened(cloud, made), link(cloud, video)
    for each in (url, again, own):
        tell(cloud, each, 1, (0, 59_000))

    total = counted(cloud, video)
    page = cloud.api.get(f"/v1/videos/{video['id']}/views/sessions?limit=2").json
    rest = cloud.api.get(
        f"/v1/videos/{video['id']}/views/sessions?limit=2&cursor={page['next_cursor']}"
    ).json
    viewers = cloud.api.get(f"/v1/videos/{video['id']}/views/viewers").json["data"]

    assert (total["sessions"], total["quartiles"]["completed"]) == (3, 3)
    assert len({each["id"] for each in page["data"] + rest["data"]}) == 3
    assert {(v["viewer"]["type"], v["viewer"]["id"], v["sessions"]) for v in viewers} == {
        ("share_link", made["id"], 2), ("playback_link", "key_one", 1),
    }  # fmt: skip


def test_nothing_is_counted_of_a_video_that_is_gone_and_nothing_stays_of_it(cloud: Cloud) -> None:
    video, _, url = sent(cloud)
    tell(cloud, url, 1, (0, 1_000))
    counted(cloud, video)
    tell(cloud, url, 2, (1_000, 2_000))
    cloud.api.delete(f"/v1/videos/{video['id']}")

    assert deliver(queued()) == []
    cloud.expire("2099-01-01T00:00:00Z")  # 30 days are over
    cloud.expire("2099-01-02T00:00:00Z")  # and what came after the purge is swept

    assert not [each for each in cloud.items() if "VIEWS" in each["pk"]]
    assert cloud.api.get(f"/v1/videos/{video['id']}/views").status == 404


def test_nobody_reads_the_views_of_a_foreign_video(cloud: Cloud, other: Cloud) -> None:
    video = playable(cloud)

    for what in ("views", "views/sessions", "views/viewers"):
        assert other.api.get(f"/v1/videos/{video['id']}/{what}").status == 404


def _stream(cloud: Cloud, before: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of the session's last write."""
    item = next(i for i in cloud.items() if i["sk"].startswith("SESSION#"))
    images = {"NewImage": marshal_item(item)}
    if before is not None:
        images["OldImage"] = marshal_item(before)
    return list(events_of({"dynamodb": images}))


def _session_item(cloud: Cloud) -> dict[str, Any]:
    return next(i for i in cloud.items() if i["sk"].startswith("SESSION#"))


def test_who_watched_stands_once_on_each_timeline_and_is_an_event_at_each_quarter(
    cloud: Cloud,
) -> None:
    deal = cloud.crm.make("/v1/deals", {"name": "Rollout"})
    contact = cloud.crm.make("/v1/contacts", {"name": "Dana Reed"})
    video = cloud.ready(links=[{"type": "deal", "id": deal["id"]}])
    cloud.put_media(video, "manifest.json", manifest())
    made = share(cloud, video, recipient={"contact_id": contact["id"]})
    url = opened(cloud, made)
    told, old = [], None
    for number, span in enumerate(
        ((0, 2_000), (2_000, 4_000), (4_000, 20_000), (20_000, 59_000)), 1
    ):
        tell(cloud, url, number, span)
        assert deliver(queued()) == []
        told += _stream(cloud, old)
        old = _session_item(cloud)

    details = [detail for _, detail in told]
    assert [each["data"]["view"]["quartile"] for each in details] == [0, 25, 100]
    assert {each["type"] for each in details} == {"video.viewed"}
    assert details[0]["subject"] == {"type": "video", "id": video["id"]}
    assert details[0]["actor"] == {"type": "share_link", "id": made["id"]}
    assert len({each["id"] for each in details}) == 3

    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    for detail in (details[0], details[2], details[1], details[2], details[0]):  # as SQS may
        projected = project(detail)
        Timelines(table).add(projected.entry, projected.record_ids)
    for record in (f"/v1/deals/{deal['id']}", f"/v1/contacts/{contact['id']}"):
        entries = cloud.crm.get(f"{record}/timeline?kind=views").json["data"]
        assert [each["kind"] for each in entries] == ["video.viewed"]
        assert entries[0]["data"]["view"]["quartile"] == 100
        assert entries[0]["data"]["view"]["viewer"]["name"] == "Dana Reed"


def test_a_share_s_doings_stand_on_timelines_for_those_who_may_see_the_video(
    cloud: Cloud,
) -> None:
    contact = cloud.crm.make("/v1/contacts", {"name": "Dana Reed"})
    video = playable(cloud)
    made = share(cloud, video, recipient={"contact_id": contact["id"]})
    opened(cloud, made)
    item = next(i for i in cloud.items() if i.get("id") == made["id"])
    ((_, detail),) = events_of({"dynamodb": {"NewImage": marshal_item(item)}})
    projected = project(detail)
    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    Timelines(table).add(projected.entry, projected.record_ids)

    path = f"/v1/contacts/{contact['id']}/timeline"
    entries = cloud.crm.get(path).json["data"]
    blind = Member(scopes=("contacts:read",))
    unseen = call(cloud.crm.handler, event("GET", path, member=blind)).json["data"]

    assert [(each["kind"], each["group"]) for each in entries][-1:] == [("share.opened", "views")]
    assert "share.opened" not in [each["kind"] for each in unseen]
    assert made["token"] not in json.dumps(entries)


def test_views_before_a_video_is_ready_are_not_counted(cloud: Cloud) -> None:
    video = cloud.running()
    url = link(cloud, video)
    tell(cloud, url, 1, (0, 1_000))

    assert counted(cloud, video)["sessions"] == 0
    assert not [each for each in cloud.items() if each["pk"].endswith("#VIEWS")]
