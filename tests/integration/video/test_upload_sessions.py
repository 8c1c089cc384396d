"""Uploads as a resource of their own: get, list, cancel, and what each state is called."""

from tests.integration.cloud import Calls
from tests.integration.video.conftest import Cloud


def state(cloud: Cloud, upload: str) -> str:
    reply = cloud.api.get(f"/v1/uploads/{upload}")
    assert reply.status == 200, reply.body
    return str(reply.json["state"])


def test_an_upload_is_shown_by_itself(cloud: Cloud) -> None:
    video = cloud.open(title="Call")

    reply = cloud.api.get(f"/v1/uploads/{video['upload']['id']}")

    assert reply.json["id"] == "upl_" + video["id"].removeprefix("vid_")
    assert reply.json["object"] == "upload"
    assert reply.json["video_id"] == video["id"]
    assert reply.json["source"]["size_bytes"] == video["source"]["size_bytes"]
    assert reply.json["part_count"] == 2
    assert cloud.record(video)["upload"]["upload_id"] not in reply.body
    again = cloud.api.get(f"/v1/uploads/{reply.json['id']}", if_none_match=reply.etag)
    assert again.status == 304


def test_every_state_has_its_name(cloud: Cloud) -> None:
    waiting, uploading, cancelled = cloud.open(), cloud.open(), cloud.open()
    cloud.api.post(f"/v1/videos/{uploading['id']}/parts", {"part_numbers": [1]})
    cloud.api.post(f"/v1/uploads/{cancelled['upload']['id']}/cancel")
    completed, started = cloud.uploaded(), cloud.running()
    failed = cloud.open()
    cloud.start(cloud.created(failed, size=1))

    found = [
        state(cloud, video["upload"]["id"])
        for video in (waiting, uploading, cancelled, completed, started, failed)
    ]
    cloud.expire("2999-01-01T00:00:00Z")

    assert found == ["waiting", "uploading", "cancelled", "completed", "completed", "failed"]
    assert state(cloud, waiting["upload"]["id"]) == "expired"
    assert state(cloud, completed["upload"]["id"]) == "completed"


def test_why_an_upload_failed_is_said_and_a_run_s_failure_is_not_the_upload_s(
    cloud: Cloud,
) -> None:
    short, broken = cloud.open(), cloud.running()
    cloud.start(cloud.created(short, size=1))
    cloud.fail(broken, {"outcome": "failed", "reason": {"code": "not_media", "detail": "No."}})

    first = cloud.api.get(f"/v1/uploads/{short['upload']['id']}").json
    second = cloud.api.get(f"/v1/uploads/{broken['upload']['id']}").json

    assert (first["state"], first["reason"]["code"]) == ("failed", "size_mismatch")
    assert (second["state"], second["reason"]) == ("completed", None)


def test_uploads_are_listed_newest_first_in_pages(cloud: Cloud, calls: Calls) -> None:
    made = [cloud.open()["upload"]["id"] for _ in range(3)]
    calls.clear()

    page = cloud.api.get("/v1/uploads?limit=2").json
    rest = cloud.api.get(f"/v1/uploads?limit=2&cursor={page['next_cursor']}").json

    assert calls.count("Query") == 2
    assert [each["id"] for each in page["data"] + rest["data"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_cancelling_an_upload_cancels_its_video(cloud: Cloud) -> None:
    video = cloud.open()

    first = cloud.api.post(f"/v1/uploads/{video['upload']['id']}/cancel", idempotency_key="k")
    second = cloud.api.post(f"/v1/uploads/{video['upload']['id']}/cancel", idempotency_key="k")

    assert (first.status, first.json["state"]) == (200, "cancelled")
    assert second.headers["idempotency-replayed"] == "true"
    assert cloud.get(video)["state"] == "cancelled"
    assert cloud.open_uploads() == []
    assert cloud.events(video) == ["video.cancelled"]


def test_what_is_no_upload_is_absent(cloud: Cloud, other: Cloud) -> None:
    video = cloud.open()
    foreign = other.open()

    for upload in (video["id"], foreign["upload"]["id"], "upl_", "upl_" + "0" * 26, "x"):
        assert cloud.api.get(f"/v1/uploads/{upload}").status == 404
        assert cloud.api.post(f"/v1/uploads/{upload}/cancel").status == 404
    assert other.get(foreign)["state"] == "waiting"
