"""Uploads as a resource: get, list, and what each state is called."""

from typing import Any

from tests.integration.video.conftest import Cloud


def state(cloud: Cloud, video: Any) -> str:
    reply = cloud.api.get(f"/v1/videos/{video['id']}/upload")
    assert reply.status == 200, reply.body
    return str(reply.json["state"])


def test_an_upload_is_shown_by_itself(cloud: Cloud) -> None:
    video = cloud.open(title="Call")

    reply = cloud.api.get(f"/v1/videos/{video['id']}/upload")

    assert reply.json["object"] == "upload"
    assert reply.json["video_id"] == video["id"]
    assert reply.json["source"]["size_bytes"] == video["source"]["size_bytes"]
    assert reply.json["part_count"] == 2
    assert cloud.record(video)["upload"]["upload_id"] not in reply.body
    again = cloud.api.get(f"/v1/videos/{video['id']}/upload", if_none_match=reply.etag)
    assert again.status == 304


def test_every_state_has_its_name(cloud: Cloud) -> None:
    waiting, uploading, cancelled = cloud.open(), cloud.open(), cloud.open()
    cloud.api.post(f"/v1/videos/{uploading['id']}/parts", {"part_numbers": [1]})
    cloud.api.post(f"/v1/videos/{cancelled['id']}/cancel")
    completed, started = cloud.uploaded(), cloud.running()
    failed = cloud.open()
    cloud.start(cloud.created(failed, size=1))

    found = [
        state(cloud, video) for video in (waiting, uploading, cancelled, completed, started, failed)
    ]
    cloud.expire("2999-01-01T00:00:00Z")

    assert found == ["waiting", "uploading", "cancelled", "completed", "completed", "failed"]
    assert state(cloud, waiting) == "expired"
    assert state(cloud, completed) == "completed"


def test_why_an_upload_failed_is_said_and_a_run_s_failure_is_not_the_upload_s(
    cloud: Cloud,
) -> None:
    short, broken = cloud.open(), cloud.running()
    cloud.start(cloud.created(short, size=1))
    cloud.fail(broken, {"outcome": "failed", "reason": {"code": "not_media", "detail": "No."}})

    first = cloud.api.get(f"/v1/videos/{short['id']}/upload").json
    second = cloud.api.get(f"/v1/videos/{broken['id']}/upload").json

    assert (first["state"], first["reason"]["code"]) == ("failed", "size_mismatch")
    assert (second["state"], second["reason"]) == ("completed", None)


def test_uploads_are_listed_with_their_videos(cloud: Cloud) -> None:
    waiting, cancelled = cloud.open(), cloud.open()
    cloud.api.post(f"/v1/videos/{cancelled['id']}/cancel")

    listed = cloud.api.get("/v1/videos").json["data"]

    assert [each["id"] for each in listed] == [cancelled["id"], waiting["id"]]
    assert [each["upload"]["state"] for each in listed] == ["cancelled", "waiting"]


def test_what_is_no_upload_is_absent(cloud: Cloud, other: Cloud) -> None:
    foreign = other.open()

    for absent in (foreign["id"], "vid_" + "0" * 26, "x"):
        assert cloud.api.get(f"/v1/videos/{absent}/upload").status == 404
    assert other.get(foreign)["state"] == "waiting"
