"""Further runs of the pipeline."""

from typing import Any

import pytest

from functions.shared.errors import ConflictError
from tests.integration.video.conftest import (
    MEDIA,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    Cloud,
)
from tests.integration.video.steps import NOT_MEDIA, unreachable


def test_another_run_inherits_what_is_there(cloud: Cloud) -> None:
    video = cloud.ready()

    reply = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "transcribe"})
    meanwhile = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "analyse"})
    cloud.finish(video, "transcript", {"outcome": "failed", **NOT_MEDIA}, run=2)
    cloud.finish(video, "analysis", {"outcome": "skipped"}, run=2)
    after = cloud.get(video)

    assert reply.status == 202
    assert (reply.json["run"]["number"], reply.json["run"]["from"]) == (2, "transcribe")
    assert [step["name"] for step in reply.json["run"]["steps"]] == ["transcribe", "analyse"]
    assert reply.json["run"]["steps"][0]["state"] == "processing"
    assert (meanwhile.status, meanwhile.json["code"]) == (409, "run_open")
    made = cloud.execution_input(f"{video['id']}-2")
    assert made["speech_key"] == f"wsp_one/{video['id']}/1/speech.flac"
    assert after["run"]["state"] == "failed"
    assert after["artefacts"]["transcript"]["state"] == "ready"
    assert after["artefacts"]["transcript"]["run"] == 1


def test_a_failed_analysis_can_be_run_again(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    cloud.finish(video, "transcript", OK_TRANSCRIPT)
    cloud.finish(video, "analysis", {"outcome": "failed", **NOT_MEDIA})

    reply = cloud.api.post(
        f"/v1/videos/{video['id']}/runs", {"from": "analyse"}, idempotency_key="again"
    )
    replay = cloud.api.post(
        f"/v1/videos/{video['id']}/runs", {"from": "analyse"}, idempotency_key="again"
    )
    cloud.finish(video, "analysis", OK_ANALYSIS, run=2)

    assert (reply.status, replay.status) == (202, 202)
    assert replay.body == reply.body
    key = OK_TRANSCRIPT["transcript_key"]
    assert cloud.execution_input(f"{video['id']}-2")["transcript_key"] == key
    assert cloud.get(video)["artefacts"]["analysis"]["run"] == 2
    assert cloud.events(video) == ["video.analysed"]
    assert cloud.executions() == [f"{video['id']}-1", f"{video['id']}-2"]


def test_a_run_needs_something_to_begin_with(cloud: Cloud) -> None:
    waiting, failed, silent = cloud.open(), cloud.running(), cloud.running()
    cloud.fail(failed, NOT_MEDIA)
    cloud.mark_ready(silent)
    cloud.finish(silent, "transcript", {"outcome": "skipped", **NOT_MEDIA})
    cloud.finish(silent, "analysis", {"outcome": "skipped"})

    def refusal(video: Any, start: str) -> tuple[int, str]:
        reply = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": start})
        return reply.status, reply.json["code"]

    assert refusal(waiting, "inspect") == (409, "not_uploaded")
    assert refusal(failed, "transcribe") == (409, "no_renditions")
    assert refusal(silent, "analyse") == (409, "no_transcript")
    assert refusal(failed, "encode") == (409, "nothing_to_resume")
    assert refusal(silent, "encode") == (409, "nothing_to_resume")
    assert refusal(silent, "package")[0] == 422
    again = cloud.api.post(f"/v1/videos/{failed['id']}/runs", {"from": "inspect"})
    assert again.status == 202
    assert again.json["state"] == "processing"
    assert again.json["reason"] is None


def test_a_rerun_that_fails_leaves_the_ready_video_as_it_was(cloud: Cloud) -> None:
    video = cloud.ready()
    cloud.put_media(video, "manifest.json", {})
    cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "inspect"})
    cloud.put_media(video, "v/720p/00000.m4s", b"x", run=2)

    cloud.fail(video, NOT_MEDIA, run=2)

    after = cloud.get(video)
    assert after["state"] == "ready"
    assert after["artefacts"] == video["artefacts"]
    assert after["run"]["reason"]["code"] == "not_media"
    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/1/manifest.json"]


def test_a_cancelled_first_run_leaves_a_video_that_can_be_run_again(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.put_media(video, "v/720p/00000.m4s", b"x")

    reply = cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel")
    twice = cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel")
    late = cloud.fail(video, NOT_MEDIA)
    events = cloud.events(video)
    again = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "inspect"})

    assert reply.status == 200
    assert (reply.json["state"], reply.json["reason"]["code"]) == ("failed", "run_cancelled")
    assert reply.json["run"]["state"] == "cancelled"
    assert {step["state"] for step in reply.json["run"]["steps"]} == {"skipped"}
    assert (twice.status, twice.json["code"]) == (409, "no_run_open")
    assert late is not None  # a worker that had not noticed changes nothing
    assert events == ["video.failed"]
    assert cloud.objects(MEDIA) == []
    assert cloud.status(f"{video['id']}-1") == "ABORTED"
    assert (again.status, again.json["state"]) == (202, "processing")


def test_cancelling_keeps_what_is_there(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.put_media(video, "manifest.json", {})
    cloud.mark_ready(video)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel")
    cloud.finish(video, "transcript", OK_TRANSCRIPT)

    after = cloud.get(video)
    assert reply.json["state"] == after["state"] == "ready"
    assert after["artefacts"]["renditions"]["state"] == "ready"
    assert after["artefacts"]["transcript"]["reason"]["code"] == "run_cancelled"
    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/1/manifest.json"]
    assert "video.failed" not in cloud.events(video)


def test_cancelling_is_a_write_like_any_other(cloud: Cloud, other: Cloud) -> None:
    video = cloud.running()
    path = f"/v1/videos/{video['id']}/runs/cancel"

    foreign = other.api.post(path)
    stale = cloud.api.post(path, if_match='"1"')
    done = cloud.api.post(path, idempotency_key="stop")
    replay = cloud.api.post(path, idempotency_key="stop")

    assert (foreign.status, stale.status) == (404, 412)
    assert (done.status, replay.status) == (200, 200)
    assert replay.body == done.body
    assert replay.headers["idempotency-replayed"] == "true"


def test_cancelling_holds_though_the_pipeline_cannot_be_reached(cloud: Cloud) -> None:
    video = cloud.running()

    with unreachable("stepfunctions", "StopExecution"):
        reply = cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel")

    assert (reply.status, reply.json["run"]["state"]) == (200, "cancelled")
    with pytest.raises(ConflictError):  # what λ package hears that had not noticed
        cloud.mark_ready(video)
    assert cloud.get(video)["artefacts"]["renditions"]["state"] == "failed"
