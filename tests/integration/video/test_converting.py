"""A run through MediaConvert: planned, followed by its events, adopted; and why it failed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.workspace_settings import change
from functions.video import keys
from functions.video.adopt.handler import handler as adopt
from functions.video.dynamodb import DynamoRunLog
from functions.video.media import SegmentInfo
from functions.video.package.handler import handler as package
from functions.video.plan.handler import handler as plan
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import MEDIA, UPLOADS, Cloud
from tests.integration.video.converting import (
    ROLE,
    converted_minutes,
    converting,
    event,
    forget_settings,
    inspected,
    offering,
    platform,
    task,
    tell,
)
from tests.integration.video.steps import log_of
from tests.integration.video.test_media_steps import PATIENT
from tests.media.converter import convert
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, inspect_file
from tests.unit.video.service_model import faults


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from offering(monkeypatch)


def test_a_plan_makes_a_job_that_the_service_would_take(cloud: Cloud) -> None:
    video = inspected(cloud)

    made = plan(task(video), CONTEXT)

    assert (made["outcome"], made["batches"], made["lanes"]) == ("ok", [], 1)
    job = made["job"]
    assert faults("mediaconvert", "CreateJob", job) == []
    assert job["Role"] == ROLE
    assert (
        job["Settings"]["Inputs"][0]["FileInput"] == f"s3://{UPLOADS}/wsp_one/{video['id']}/source"
    )
    (group,) = job["Settings"]["OutputGroups"]
    target = group["OutputGroupSettings"]["CmafGroupSettings"]["Destination"]
    assert target == f"s3://{MEDIA}/wsp_one/{video['id']}/1/mediaconvert/video"
    assert job["UserMetadata"]["run"] == "1"
    shown = cloud.get(video)["run"]["engine"]
    assert (shown["name"], shown["code"]) == ("mediaconvert", "asked_for")
    assert converted_minutes() == (0, 1)
    assert plan(task(video), CONTEXT) == made  # a repeat asks for the same
    assert converted_minutes() == (0, 1)
    assert len(json.dumps(made)) < 32_000


@pytest.mark.parametrize(
    ("described", "engine", "code"),
    [
        ({"engine": "auto"}, "ffmpeg", "cheaper"),
        ({"engine": "ffmpeg"}, "ffmpeg", "asked_for"),
        ({"engine": "auto", "size": (3840, 2160), "hdr": "pq", "keyframe_gap_ms": 60_000},
         "mediaconvert", "heavy_chunks"),
        ({"codec": "av1"}, "ffmpeg", "unsupported_source"),
    ],
)  # fmt: skip
def test_the_run_says_which_engine_it_has_and_why(
    cloud: Cloud, described: dict[str, Any], engine: str, code: str
) -> None:
    video = inspected(cloud, **described)

    made = plan(task(video), CONTEXT)

    assert ("job" in made) is (engine == "mediaconvert")
    assert (made["batches"] == []) is (engine == "mediaconvert")
    shown = cloud.get(video)["run"]["engine"]
    assert (shown["name"], shown["code"]) == (engine, code)
    assert shown["detail"]


def test_where_it_is_not_offered_a_wish_is_no_job(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEDIACONVERT_ROLE")
    forget_settings()
    video = inspected(cloud)

    assert "job" not in plan(task(video), CONTEXT)
    assert cloud.get(video)["run"]["engine"]["code"] == "not_offered"


def test_a_workspace_without_minutes_for_it_has_the_other_engine(cloud: Cloud) -> None:
    change(platform(), {"quota_converted_minutes": 0})
    video = inspected(cloud)

    made = plan(task(video), CONTEXT)

    assert "job" not in made
    assert made["batches"]
    shown = cloud.get(video)["run"]["engine"]
    assert (shown["name"], shown["code"]) == ("ffmpeg", "quota_exceeded")
    assert "minutes of MediaConvert" in shown["detail"]
    assert converted_minutes() == (0, 0)


def test_a_wish_is_kept_shown_and_changed(cloud: Cloud) -> None:
    video = cloud.open(engine="mediaconvert")
    at = f"/v1/videos/{video['id']}"
    assert cloud.api.get(at).json["engine"] == "mediaconvert"

    for wish, kept in (("ffmpeg", "ffmpeg"), (None, "auto")):
        changed = cloud.api.request("PATCH", at, {"engine": wish}, {"If-Match": "*"})
        assert (changed.status, changed.json["engine"]) == (200, kept)
    refused = cloud.api.request("PATCH", at, {"engine": "x264"}, {"If-Match": "*"})
    assert refused.status == 422


def failed(job: dict[str, Any]) -> dict[str, Any]:
    """What Step Functions catches of a job that did not end well."""
    return {"Error": "States.TaskFailed", "Cause": json.dumps(job)}


@pytest.mark.parametrize(
    ("failure", "code", "expected", "words"),
    [
        (failed({"Job": {"Id": "1", "ErrorCode": 1076, "Status": "ERROR",
                         "ErrorMessage": "s3://secret"}}),
         "conversion_failed", True, "code 1076"),
        (failed(event("job_error", {"id": "vid_1"})["detail"]),
         "conversion_failed", True, "code 1040"),
        (failed({"ErrorCode": 1434, "Status": "ERROR"}), "internal", False, "role"),
        (failed({"ErrorCode": 1999}), "internal", False, "code 1999"),
        (failed({"Status": "CANCELED"}), "conversion_cancelled", True, "cancelled"),
        ({"Error": "States.Timeout", "Cause": ""}, "timeout", False, "too long"),
        ({"Error": "MediaConvert.ForbiddenException", "Cause": "no"}, "internal", False, "wrong"),
        ({"Error": "States.TaskFailed", "Cause": None}, "internal", False, "wrong"),
    ],
)  # fmt: skip
def test_a_job_that_fails_is_a_typed_reason(
    cloud: Cloud, failure: dict[str, Any], code: str, *, expected: bool, words: str
) -> None:
    video = converting(cloud)

    told = adopt(task(video, failure=failure), CONTEXT)

    assert told["outcome"] == "refused"
    assert (told["reason"]["code"], told["reason"]["step"]) == (code, "encode")
    assert words in told["reason"]["detail"]
    assert "secret" not in told["reason"]["detail"]
    passed_on = {"error": {"Error": "RunFailed", "Cause": json.dumps(told)}}
    assert cloud.fail(video, passed_on) == {"outcome": "ok", "expected": expected}
    shown = cloud.get(video)
    assert (shown["state"], shown["reason"]["code"]) == ("failed", code)
    assert converted_minutes() == (0, 0)


def test_what_the_event_told_stands_in_for_a_cause_without_a_code(cloud: Cloud) -> None:
    video = converting(cloud)
    tell(event("job_error", video), event("job_error", video, errorCode=1999))

    told = adopt(task(video, failure={"Error": "States.TaskFailed", "Cause": "{}"}), CONTEXT)

    assert told["reason"]["code"] == "conversion_failed"
    assert "code 1040" in told["reason"]["detail"]


@pytest.mark.media
def test_a_recording_goes_through_mediaconvert_and_is_ready(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the service writes into the bucket is our own FFmpeg's, as its request says."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").symlink_to(ffmpeg_path())
    monkeypatch.setenv("_LAMBDA_LAYERS_DIRS", str(tmp_path))
    video = cloud.running(engine="mediaconvert")
    found = inspect_file(path("plain")).model_copy(update={"audio": None})
    cloud.put_media(video, keys.INSPECTION, found.model_dump(mode="json"))
    job = plan(task(video), CONTEXT)["job"]
    for key in convert(job, path("plain"), tmp_path):
        body = (tmp_path / key).read_bytes()
        aws.client("s3").put_object(Bucket=MEDIA, Key=key, Body=body)

    assert adopt(task(video), CONTEXT) == {"outcome": "ok", "frames": 300}
    assert adopt(task(video), CONTEXT) == {"outcome": "ok", "frames": 300}
    assert package(task(video), PATIENT)["outcome"] == "ok"

    shown = cloud.get(video)
    assert shown["state"] == "ready"
    assert [each["name"] for each in shown["media"]["renditions"]] == ["180p"]
    assert not [key for key in cloud.objects(MEDIA) if "mediaconvert" in key]
    assert converted_minutes() == (1, 0)
    assert sorted(log_of(video).chunks()) == [0]
    costs = cloud.api.get(f"/v1/videos/{video['id']}/costs").json
    (step,) = [each for each in costs["runs"][0]["steps"] if each["step"] == "convert"]
    lines = {line["unit"]: (line["count"], line["usd"]) for line in step["lines"]}
    # ten seconds of one small rendition, in the Basic tier
    assert lines["mediaconvert_minutes"] == (0.167, 0.00125)
    assert lines["requests"][0] == 2
    assert lines["transitions"][0] == 5


def test_a_run_that_goes_on_asks_for_a_job_until_one_has_been_taken_in(cloud: Cloud) -> None:
    video = converting(cloud)
    cloud.fail(video, {"step": "package", "error": {"Error": "States.TaskFailed"}})
    again = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "encode"})
    assert again.status == 202
    resumed = {**task(video), "run": 2, "resumes": 1}

    job = plan(resumed, CONTEXT)["job"]
    assert job["UserMetadata"]["run"] == "2"
    target = job["Settings"]["OutputGroups"][0]["OutputGroupSettings"]["CmafGroupSettings"]
    assert target["Destination"].endswith(f"{video['id']}/1/mediaconvert/video")
    assert converted_minutes() == (0, 1)

    log = DynamoRunLog(
        aws.client("dynamodb"), ENVIRONMENT["VIDEO_TABLE"], "wsp_one", video["id"], 2, 1
    )
    log.chunk_done(0, {"720p": [SegmentInfo(index=0, bytes=1, duration_ticks=2)]})
    made = plan(resumed, CONTEXT)
    assert ("job" in made, made["batches"]) == (False, [])
