"""What a video takes from its workspace's quotas, and gives back: through its own functions."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared import aws, workspace_settings
from functions.shared.admission import ADMISSION
from functions.shared.quotas import QuotaExceededError, spent_on
from functions.video.plan.handler import handler as plan
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import MIB, Cloud, in_parallel
from tests.integration.video.quota import counted, limit, meter
from tests.integration.video.renditions import plan as plan_document
from tests.integration.video.steps import NOT_MEDIA, later, purge, unreachable

NEW = {"filename": "call.mp4", "content_type": "video/mp4", "size_bytes": 9 * MIB}


@pytest.fixture(autouse=True)
def forgotten(cloud: Cloud) -> Iterator[None]:
    yield
    workspace_settings.forget()
    ADMISSION.forget()


def test_an_upload_reserves_its_bytes_and_uses_them_once_they_have_arrived(cloud: Cloud) -> None:
    video = cloud.uploaded()
    size = video["source"]["size_bytes"]
    assert counted("stored_bytes") == (0, size)

    for _ in range(3):
        cloud.start(cloud.created(video))

    assert counted("stored_bytes") == (size, 0)


def test_an_upload_that_does_not_fit_is_refused_and_leaves_nothing(cloud: Cloud) -> None:
    limit(stored_bytes=10 * MIB)
    cloud.open()

    reply = cloud.api.post("/v1/videos", NEW)

    assert reply.status == 429
    assert reply.json["type"] == "/problems/quota-exceeded"
    assert reply.json["code"] == "quota_stored_bytes"
    assert reply.json["violated-policies"] == ["stored_bytes"]
    assert len(cloud.open_uploads()) == 1
    assert len([item for item in cloud.items() if item["sk"] == "RECORD"]) == 1
    assert counted("stored_bytes") == (0, 9 * MIB)
    assert cloud.api.post("/v1/videos", NEW | {"size_bytes": MIB}).status == 201


def test_20_uploads_at_once_never_exceed_the_quota(cloud: Cloud) -> None:
    limit(stored_bytes=30 * MIB)

    replies = in_parallel(20, 20, lambda: cloud.api.post("/v1/videos", NEW))

    assert sorted({reply.status for reply in replies}) in ([201, 429], [201, 429, 503])
    opened = [reply for reply in replies if reply.status == 201]
    assert len(opened) <= 3
    assert counted("stored_bytes") == (0, len(opened) * 9 * MIB)


def test_one_request_sent_many_times_reserves_once(cloud: Cloud) -> None:
    limit(stored_bytes=9 * MIB)
    first = cloud.api.post("/v1/videos", NEW, idempotency_key="k1")

    again = cloud.api.post("/v1/videos", NEW, idempotency_key="k1")

    assert (first.status, again.status) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert counted("stored_bytes") == (0, 9 * MIB)


def test_a_cancelled_an_expired_and_a_deleted_upload_give_their_bytes_back(cloud: Cloud) -> None:
    limit(stored_bytes=9 * MIB)
    for _ in range(2):
        video = cloud.open()
        for _ in range(2):
            assert cloud.api.post(f"/v1/videos/{video['id']}/cancel").status == 200
    cloud.open()
    cloud.expire(later(hours=25))
    video = cloud.open()
    assert cloud.api.delete(f"/v1/videos/{video['id']}").status == 204

    assert counted("stored_bytes") == (0, 0)


def test_a_file_of_another_size_gives_its_bytes_back(cloud: Cloud) -> None:
    video = cloud.uploaded()

    cloud.start(cloud.created(video, size=1))

    assert cloud.get(video)["reason"]["code"] == "size_mismatch"
    assert counted("stored_bytes") == (0, 0)


def test_a_failed_video_s_file_is_stored_until_it_is_purged(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.fail(video, NOT_MEDIA)
    assert counted("stored_bytes") == (video["source"]["size_bytes"], 0)

    cloud.api.delete(f"/v1/videos/{video['id']}")
    assert counted("stored_bytes") == (video["source"]["size_bytes"], 0)

    assert purge(cloud, video).status == 204
    assert counted("stored_bytes") == (0, 0)


def test_a_purge_whose_erasure_failed_gives_back_all_the_same(cloud: Cloud) -> None:
    video = cloud.ready()
    with unreachable("s3", "DeleteObjects"):
        assert purge(cloud, video).status == 204

    assert counted("stored_bytes") == (0, 0)


def test_a_run_that_fails_gives_back_what_it_has_not_spent(cloud: Cloud) -> None:
    video = cloud.running()
    meter().reserve(spent_on("encoded_minutes", video["id"], 1), 5)
    meter().reserve(spent_on("model_tokens", video["id"], 1), 900)
    meter().settle(spent_on("model_tokens", video["id"], 1), 700)

    for _ in range(2):
        cloud.fail(video, NOT_MEDIA)

    assert counted("encoded_minutes") == (0, 0)
    assert counted("model_tokens") == (700, 0)


def test_a_run_whose_video_is_deleted_gives_back_too(cloud: Cloud) -> None:
    video = cloud.running()
    meter().reserve(spent_on("encoded_minutes", video["id"], 1), 5)

    cloud.api.delete(f"/v1/videos/{video['id']}")

    assert counted("encoded_minutes") == (0, 0)


def test_a_run_that_was_lost_gives_back_too(cloud: Cloud) -> None:
    video = cloud.running()
    meter().reserve(spent_on("encoded_minutes", video["id"], 1), 5)
    run = next(item for item in cloud.items() if item["sk"].startswith("RUN#"))
    aws.client("dynamodb").update_item(
        TableName=ENVIRONMENT["VIDEO_TABLE"],
        Key={"pk": {"S": run["pk"]}, "sk": {"S": run["sk"]}},
        UpdateExpression="SET started_at = :at",
        ExpressionAttributeValues={":at": {"S": "2026-01-01T00:00:00.000Z"}},
    )

    cloud.expire(later(minutes=10))

    assert cloud.get(video)["reason"]["code"] == "timeout"
    assert counted("encoded_minutes") == (0, 0)


def test_a_step_that_could_not_say_what_it_spent_gives_back(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    meter().reserve(spent_on("transcribed_minutes", video["id"], 1), 5)

    cloud.finish(video, "transcript", {"step": "transcribe", "error": {"Error": "States.Timeout"}})

    assert counted("transcribed_minutes") == (0, 0)


def inspected(cloud: Cloud, video: dict[str, str], run: int = 1) -> None:
    """Write what inspect finds of a sound of 61 s."""
    cloud.put_media(video, "inspection.json", INSPECTION, run)


INSPECTION = {
    "container": "mov", "duration_ms": 61_000, "bytes": 65_536, "video": None,
    "audio": {
        "index": 0, "codec": "aac", "start": "0", "channels": 2, "sample_rate": 48_000,
        "layout": "stereo",
    },
    "warnings": [],
}  # fmt: skip


def test_a_plan_reserves_its_minutes_once_however_often_it_is_made(cloud: Cloud) -> None:
    video = cloud.running()
    inspected(cloud, video)
    task = {"workspace": "wsp_one", "video": video["id"], "run": 1}

    assert [plan(task, CONTEXT)["outcome"] for _ in range(3)] == ["ok"] * 3

    assert counted("encoded_minutes") == (0, 2)


def task_of(video: Any) -> dict[str, Any]:
    return {"workspace": "wsp_one", "video": video["id"], "run": 1}


def planned_of(cloud: Cloud, count: int) -> Any:
    """Return a running video that has been planned before, in so many batches."""
    video = cloud.running()
    made = plan_document()
    made["batches"] = [[index] for index in range(count)]
    cloud.put_media(video, "plan.json", made)
    return video


def test_a_video_takes_the_encoders_that_are_free_and_the_next_one_waits(cloud: Cloud) -> None:
    limit(encoders=3)
    first, second, third = (planned_of(cloud, 2) for _ in range(3))

    assert [plan(task_of(first), CONTEXT)["lanes"] for _ in range(3)] == [2, 2, 2]
    assert plan(task_of(second), CONTEXT)["lanes"] == 1
    assert plan(task_of(third), CONTEXT) == {"outcome": "busy", "wait_seconds": 30}
    assert counted("encoders") == (0, 3)
    steps = {step["name"]: step["state"] for step in cloud.get(third)["run"]["steps"]}
    assert steps["plan"] == "processing"

    assert cloud.api.post(f"/v1/videos/{first['id']}/runs/cancel", None).status == 200
    assert counted("encoders") == (0, 1)
    assert plan(task_of(third), CONTEXT)["lanes"] == 2
    cloud.fail(second, {"step": "encode", "error": {"Error": "States.TaskFailed"}})
    assert counted("encoders") == (0, 2)


def test_a_video_has_no_more_encoders_than_batches_or_its_stage_gives(cloud: Cloud) -> None:
    few, many = planned_of(cloud, 1), planned_of(cloud, 9)

    assert plan(task_of(few), CONTEXT)["lanes"] == 1
    assert plan(task_of(many), CONTEXT)["lanes"] == 4  # of the stage


def test_another_workspace_s_encoders_are_its_own(cloud: Cloud, other: Cloud) -> None:
    limit(encoders=1)
    assert plan(task_of(planned_of(cloud, 2)), CONTEXT)["lanes"] == 1
    foreign = planned_of(other, 2)

    assert plan({**task_of(foreign), "workspace": "wsp_two"}, CONTEXT)["lanes"] == 2


def test_a_plan_that_does_not_fit_is_a_typed_outcome_and_another_run_goes_on(
    cloud: Cloud,
) -> None:
    limit(encoded_minutes=1)
    video = cloud.running()
    inspected(cloud, video)
    task = {"workspace": "wsp_one", "video": video["id"], "run": 1}
    refused = plan(task, CONTEXT)

    assert refused["outcome"] == "refused"
    assert refused["reason"]["code"] == "quota_exceeded"
    assert refused["reason"]["step"] == "plan"
    assert "encoded minutes" in refused["reason"]["detail"]
    assert cloud.fail(video, refused) == {"outcome": "ok", "expected": True}
    shown = cloud.get(video)
    assert (shown["state"], shown["reason"]["code"]) == ("failed", "quota_exceeded")
    assert counted("encoded_minutes") == (0, 0)

    limit(encoded_minutes=2)
    again = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "inspect"})
    assert again.status == 202
    inspected(cloud, video, run=2)
    assert plan({**task, "run": 2}, CONTEXT)["outcome"] == "ok"
    with pytest.raises(QuotaExceededError):
        meter().reserve(spent_on("encoded_minutes", "vid_other", 1), 1)
