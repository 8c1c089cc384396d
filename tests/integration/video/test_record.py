"""The record: change, list, delete."""

from functions.shared.events import envelope
from tests.integration.video.conftest import (
    Cloud,
)
from tests.integration.video.steps import NOT_MEDIA, later


def test_changing_title_and_links_is_an_update(cloud: Cloud) -> None:
    video = cloud.open()
    deal = cloud.crm.make("/v1/deals", {"name": "Deal"})
    path = f"/v1/videos/{video['id']}"

    linked = cloud.api.patch(path, {"links": [{"type": "deal", "id": deal["id"]}]})
    events = cloud.events(video)
    same = cloud.api.patch(path, {"title": "call"})
    cleared = cloud.api.patch(path, {"links": None, "title": None})
    broken = cloud.api.patch(path, {"links": [{"type": "deal", "id": "dea_1"}]})

    assert linked.json["links"] == [{"type": "deal", "id": deal["id"]}]
    assert events == ["video.updated"]
    assert same.json["version"] == linked.json["version"]
    assert (cleared.json["links"], cleared.json["title"]) == ([], "call")
    assert broken.status == 422
    assert cloud.api.patch(path, {"state": "ready"}).status == 422


def test_videos_are_listed_newest_first_without_their_runs(cloud: Cloud, other: Cloud) -> None:
    made = [cloud.open(title=f"Video {n}")["id"] for n in range(3)]
    other.open()

    first = cloud.api.get("/v1/videos?limit=2").json
    rest = cloud.api.get(f"/v1/videos?limit=2&cursor={first['next_cursor']}").json

    assert [video["id"] for video in first["data"] + rest["data"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert "run" not in first["data"][0]
    assert other.api.get(f"/v1/videos?cursor={first['next_cursor']}").status == 400


def test_a_stale_deletion_is_refused(cloud: Cloud) -> None:
    video = cloud.open()
    cloud.api.patch(f"/v1/videos/{video['id']}", {"title": "New"})

    reply = cloud.api.delete(f"/v1/videos/{video['id']}", if_match='"1.0.0"')

    assert reply.status == 412
    assert cloud.get(video)["title"] == "New"


def test_every_event_can_be_told_from_its_item_alone(cloud: Cloud) -> None:
    failed, expired = cloud.running(), cloud.open()
    cloud.expire(later(hours=25))
    cloud.fail(failed, NOT_MEDIA)
    videos = [failed, expired, cloud.open(), cloud.ready(), cloud.running()]

    told = {}
    for video in videos:
        item = cloud.record(video)
        for stamped in item["_events"]:
            told[stamped["type"]] = envelope("wsp_one", stamped, item, None)

    assert set(told) == {
        "video.created", "video.uploaded", "video.analysed", "video.failed", "video.expired"
    }  # fmt: skip
    assert told["video.analysed"]["data"]["analysis"]["topics"] == ["price"]
    assert told["video.analysed"]["source"] == "ai"
    assert told["video.analysed"]["evidence"] == {
        "video": told["video.analysed"]["subject"]["id"],
        "run": 1,
    }
    assert "evidence" not in told["video.created"]
    assert told["video.failed"]["data"]["reason"]["code"] == "not_media"
    assert all(each["subject"]["type"] == "video" for each in told.values())
    assert all("upload" not in each["data"] for each in told.values())
