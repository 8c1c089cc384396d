"""λ finish and λ fail: what the state machine reports back."""

from typing import Any

import pytest

from tests.integration.video.conftest import (
    MEDIA,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    Cloud,
)
from tests.integration.video.steps import NOT_MEDIA, log_of


def test_a_run_from_end_to_end_leaves_a_ready_video(cloud: Cloud) -> None:
    video = cloud.running()
    events = cloud.events(video)
    cloud.mark_ready(video)
    events += cloud.events(video)
    between = cloud.get(video)
    transcript = cloud.finish(video, "transcript", OK_TRANSCRIPT)
    half = cloud.get(video)
    cloud.finish(video, "analysis", OK_ANALYSIS)
    events += cloud.events(video)
    done = cloud.get(video)

    assert events == ["video.uploaded", "video.ready", "video.analysed"]
    assert between["state"] == "ready"
    assert between["duration_ms"] == 61_000
    assert between["artefacts"]["transcript"]["state"] == "processing"
    assert transcript == {"outcome": "ok", "made": True}
    assert half["artefacts"]["transcript"]["state"] == "ready"
    assert half["artefacts"]["analysis"]["state"] == "processing"
    assert done["artefacts"]["analysis"]["summary"] == OK_ANALYSIS["summary"]
    assert done["run"]["state"] == "succeeded"
    assert done["run"]["percent"] == 100
    assert cloud.record(video)["analysis"]["topics"] == ["price"]


def test_every_outcome_may_be_reported_twice(cloud: Cloud) -> None:
    video = cloud.running()
    for _ in range(2):
        cloud.mark_ready(video)
    for _ in range(2):
        cloud.finish(video, "transcript", OK_TRANSCRIPT)
    for _ in range(2):
        assert cloud.finish(video, "analysis", OK_ANALYSIS)["made"] is True

    done = cloud.get(video)
    cloud.fail(video, NOT_MEDIA)

    assert done["version"] == 6
    assert cloud.get(video) == done


@pytest.mark.parametrize(
    ("artefact", "result", "state", "code"),
    [
        ("analysis", {"outcome": "failed", **NOT_MEDIA}, "failed", "not_media"),
        ("analysis", {"outcome": "skipped", **NOT_MEDIA}, "skipped", "not_media"),
        ("analysis", {"step": "analyse", "error": {"Error": "Boom"}}, "failed", "internal"),
        ("analysis", {"error": {"Error": "States.Timeout"}}, "failed", "timeout"),
        ("transcript", {"outcome": "failed", **NOT_MEDIA}, "failed", "not_media"),
        ("transcript", {"outcome": "skipped", **NOT_MEDIA}, "skipped", "not_media"),
    ],
)
def test_a_failed_artefact_leaves_the_video_ready(
    cloud: Cloud, artefact: str, result: dict[str, Any], state: str, code: str
) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    if artefact == "analysis":
        cloud.finish(video, "transcript", OK_TRANSCRIPT)
        cloud.finish(video, "analysis", result)
    else:
        cloud.finish(video, "transcript", result)
        cloud.finish(video, "analysis", {"outcome": "skipped"})

    done = cloud.get(video)

    assert done["state"] == "ready"
    assert done["reason"] is None
    assert done["artefacts"][artefact]["state"] == state
    assert done["artefacts"][artefact]["reason"]["code"] == code
    if artefact == "transcript":
        assert done["artefacts"]["analysis"]["state"] == "skipped"
        assert done["artefacts"]["analysis"]["reason"]["code"] == "no_transcript"
    assert done["run"]["state"] == ("failed" if state == "failed" else "succeeded")
    assert "video.failed" not in cloud.events(video)


def test_a_refused_video_fails_with_the_reason_and_leaves_nothing(cloud: Cloud) -> None:
    video = cloud.running()
    log_of(video).step_started("inspect")
    cloud.put_media(video, "v/720p/00000.m4s", b"x")

    for _ in range(3):
        assert cloud.fail(video, NOT_MEDIA) == {"outcome": "ok", "expected": True}

    failed = cloud.get(video)
    assert failed["state"] == "failed"
    assert failed["reason"] == {**NOT_MEDIA["reason"], "advice": "use_another_file"}
    assert failed["run"]["state"] == "failed"
    assert failed["run"]["steps"][0]["state"] == "failed"
    assert {step["state"] for step in failed["run"]["steps"][1:]} == {"skipped"}
    assert cloud.events(video) == ["video.failed"]
    assert failed["version"] == video["version"] + 1
    assert cloud.objects(MEDIA) == []


def test_what_broke_inside_is_told_in_our_words(cloud: Cloud) -> None:
    video = cloud.running()
    passed = '{"step":"encode","error":{"Error":"Sandbox.Timedout","Cause":"secret words"}}'

    reply = cloud.fail(video, {"error": {"Error": "RunFailed", "Cause": passed}})

    failed = cloud.get(video)
    assert reply["expected"] is False
    assert failed["reason"]["code"] == "timeout"
    assert failed["reason"]["step"] == "encode"
    assert "secret" not in str(cloud.items())


HIDDEN = {  # all that a Distributed Map says of children that failed
    "error": {
        "Error": "RunFailed",
        "Cause": '{"step":"encode","error":{"Error":"States.ExceedToleratedFailureThreshold"}}',
    }
}


def given_up(cloud: Cloud, video: Any, error: str) -> Any:
    """Let a batch of chunks be given up as the state machine does."""
    return cloud.fail(video, {"step": "encode", "error": {"Error": error}}, final=False)


def test_a_run_fails_for_what_its_last_batch_failed_for(cloud: Cloud) -> None:
    video = cloud.running()
    given_up(cloud, video, "InitMismatchError")
    given_up(cloud, video, "ToolTimedOutError")
    between = cloud.get(video)

    reply = cloud.fail(video, HIDDEN)

    failed = cloud.get(video)
    assert (between["state"], between["run"]["state"]) == ("processing", "processing")
    assert between["run"]["reason"] is None
    assert reply == {"outcome": "ok", "expected": False}
    assert (failed["reason"]["code"], failed["reason"]["step"]) == ("timeout", "encode")
    assert "trouble" not in str(failed)
    before = cloud.items()
    given_up(cloud, video, "KeyError")
    assert cloud.items() == before


def test_what_a_batch_said_explains_no_other_step(cloud: Cloud) -> None:
    video = cloud.running()
    given_up(cloud, video, "Sandbox.Timedout")
    passed = '{"step":"encode_audio","error":{"Error":"Runtime.ExitError"}}'

    cloud.fail(video, {"error": {"Error": "RunFailed", "Cause": passed}})

    reason = cloud.get(video)["reason"]
    assert (reason["code"], reason["step"]) == ("internal", "encode_audio")


def test_after_ready_a_broken_step_fails_only_what_is_missing(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    cloud.put_media(video, "manifest.json", {})

    cloud.fail(video, {"step": "transcribe", "error": {"Error": "States.TaskFailed"}})

    done = cloud.get(video)
    assert done["state"] == "ready"
    assert done["run"]["state"] == "failed"
    assert done["artefacts"]["transcript"]["state"] == "failed"
    assert done["artefacts"]["renditions"]["state"] == "ready"
    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/1/manifest.json"]
