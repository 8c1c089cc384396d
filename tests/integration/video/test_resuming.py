"""A run from `encode`: it goes on where one that broke was."""

from typing import Any

import pytest

from functions.shared import aws
from functions.video.dynamodb import DynamoRunLog
from tests.integration.video.conftest import MEDIA, OK_ANALYSIS, OK_TRANSCRIPT, TABLE, Cloud
from tests.integration.video.player import playable
from tests.integration.video.replaced import replaced, running
from tests.integration.video.steps import NOT_MEDIA, later, log_of

BROKEN = {"step": "encode", "error": {"Error": "Runtime.ExitError"}}


def planned(cloud: Cloud) -> Any:
    """Return a video with one chunk of three encoded."""
    video = cloud.running()
    log = log_of(video)
    log.step_started("plan")
    log.chunks_planned(3)
    log.step_done("plan", {"chunks": 3})
    log.step_started("encode")
    log.chunk_done(1, {})
    cloud.put_media(video, "plan.json", {})
    cloud.put_media(video, "v/720p/00002.m4s", b"x")
    return video


def broken(cloud: Cloud) -> Any:
    video = planned(cloud)
    cloud.fail(video, BROKEN)
    return video


def again(cloud: Cloud, video: Any, start: str = "encode") -> Any:
    return cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": start})


def test_a_run_goes_on_with_the_chunks_of_one_that_broke(cloud: Cloud) -> None:
    video = broken(cloud)
    kept = cloud.objects(MEDIA)

    reply = again(cloud, video)

    assert len(kept) == 2
    assert reply.status == 202
    run = reply.json["run"]
    assert (run["number"], run["from"], run["resumes"]) == (2, "encode", 1)
    steps = {step["name"]: (step["state"], step["percent"]) for step in run["steps"]}
    assert "plan" not in steps
    assert steps["encode"] == ("processing", 33)
    asked = cloud.execution_input(f"{video['id']}-2")
    assert (asked["from"], asked["run"], asked["resumes"]) == ("encode", 2, 1)
    log = DynamoRunLog(aws.client("dynamodb"), TABLE, "wsp_one", video["id"], 2, 1)
    assert log.wanted([0, 1, 2]) == [0, 2]
    assert log.chunk_done(0, {})
    assert not log.chunk_done(1, {})
    assert {step["name"]: step["percent"] for step in cloud.get(video)["run"]["steps"]}[
        "encode"
    ] == 66


def test_its_renditions_lie_where_the_other_began_them_and_stay(cloud: Cloud) -> None:
    video = broken(cloud)
    again(cloud, video)

    cloud.mark_ready(video, run=2)
    version = cloud.get(video)["version"]
    cloud.mark_ready(video, run=2)  # told twice
    assert (cloud.events(video), cloud.get(video)["version"]) == (["video.ready"], version)
    cloud.finish(video, "transcript", OK_TRANSCRIPT, run=2)
    cloud.finish(video, "analysis", {"outcome": "skipped"}, run=2)

    done = cloud.get(video)
    assert done["state"] == "ready"
    assert cloud.record(video)["artefacts"]["renditions"]["run"] == 1
    for days in (1, 4, 40):
        cloud.expire(later(days=days))
    assert len(cloud.objects(MEDIA)) == 2
    speech = again(cloud, video, "transcribe")
    assert speech.status == 202
    assert f"{video['id']}/1/" in cloud.execution_input(f"{video['id']}-3")["speech_key"]


def test_what_broke_is_kept_for_three_days_and_then_gone(cloud: Cloud) -> None:
    broken(cloud)
    cloud.expire(later(minutes=21))
    cloud.expire(later(days=2, hours=23))
    assert len(cloud.objects(MEDIA)) == 2

    assert cloud.expire(later(days=3, minutes=1)) == {"swept": 1}

    assert cloud.objects(MEDIA) == []
    assert cloud.expire(later(days=30)) == {}


def test_what_broke_goes_when_another_run_made_it_anew(cloud: Cloud) -> None:
    video = broken(cloud)
    again(cloud, video, "inspect")
    cloud.mark_ready(video, run=2)
    cloud.finish(video, "transcript", OK_TRANSCRIPT, run=2)
    cloud.finish(video, "analysis", {"outcome": "skipped"}, run=2)

    cloud.expire(later(days=3, minutes=1))

    assert cloud.objects(MEDIA) == []
    assert cloud.expire(later(days=30)) == {}


def test_it_can_break_and_be_gone_on_with_again(cloud: Cloud) -> None:
    video = broken(cloud)
    again(cloud, video)
    cloud.fail(video, BROKEN, run=2)

    third = again(cloud, video)

    assert (third.json["run"]["number"], third.json["run"]["resumes"]) == (3, 1)
    cloud.fail(video, NOT_MEDIA, run=3)  # such as a quota: what is there is of no use any more
    assert cloud.objects(MEDIA) == []
    assert again(cloud, video).json["code"] == "nothing_to_resume"


def test_cancelling_it_throws_away_what_it_went_on_with(cloud: Cloud) -> None:
    video = broken(cloud)
    again(cloud, video)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel", {}, if_match="*")

    assert reply.status == 200
    assert cloud.objects(MEDIA) == []
    assert again(cloud, video).json["code"] == "nothing_to_resume"


@pytest.mark.parametrize(
    "failure", [NOT_MEDIA, {"reason": {"code": "quota_exceeded", "detail": "x"}}]
)
def test_there_is_nothing_to_go_on_with_after_a_refusal(cloud: Cloud, failure: Any) -> None:
    video = planned(cloud)

    cloud.fail(video, failure)

    assert cloud.objects(MEDIA) == []
    reply = again(cloud, video)
    assert (reply.status, reply.json["code"]) == (409, "nothing_to_resume")


def test_there_is_nothing_to_go_on_with_before_the_plan(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.put_media(video, "inspection.json", {})

    cloud.fail(video, {"step": "plan", "error": {"Error": "Runtime.ExitError"}})

    assert cloud.objects(MEDIA) == []
    assert again(cloud, video).json["code"] == "nothing_to_resume"


def test_a_rerun_that_broke_leaves_the_video_playing_and_can_be_gone_on_with(cloud: Cloud) -> None:
    video = cloud.ready()
    again(cloud, video, "inspect")
    log = log_of(video, 2)
    log.step_done("plan")
    cloud.put_media(video, "plan.json", {}, run=2)
    cloud.fail(video, BROKEN, run=2)

    reply = again(cloud, video)

    assert reply.json["state"] == "ready"
    assert reply.json["run"]["resumes"] == 2
    cloud.mark_ready(video, run=3)
    assert cloud.record(video)["artefacts"]["renditions"]["run"] == 2


def test_deleting_takes_what_was_kept_along(cloud: Cloud) -> None:
    video = broken(cloud)
    path = f"/v1/videos/{video['id']}"
    cloud.api.delete(path, if_match="*")

    cloud.api.post(f"{path}/purge", **{"If-Match": "*"})

    assert cloud.objects(MEDIA) == []


def test_a_file_whose_days_are_over_is_not_gone_on_with(cloud: Cloud) -> None:
    video = broken(cloud)
    cloud.api.patch(f"/v1/videos/{video['id']}", {"source_retention_days": 1})
    cloud.expire(later(days=1, minutes=1))

    for start in ("encode", "inspect"):
        refused = again(cloud, video, start)
        assert (refused.status, refused.json["code"]) == (409, "source_deleted")


def test_what_broke_on_a_new_file_outlives_the_sweep_of_an_old_one_s(cloud: Cloud) -> None:
    video = replaced(cloud, playable(cloud))
    cloud.finish(video, "transcript", OK_TRANSCRIPT, 2)
    cloud.finish(video, "analysis", OK_ANALYSIS, 2)
    running(cloud, video, 3)
    log = log_of(video, 3)
    log.step_started("plan")
    log.chunks_planned(3)
    log.step_done("plan", {"chunks": 3})
    cloud.put_media(video, "plan.json", {}, 3)
    cloud.fail(video, BROKEN, 3)

    cloud.expire(later(minutes=71))

    assert cloud.objects(MEDIA) == [
        f"wsp_one/{video['id']}/2/manifest.json", f"wsp_one/{video['id']}/3/plan.json",
    ]  # fmt: skip
    run = again(cloud, video).json["run"]
    assert (run["number"], run["source_number"], run["resumes"]) == (4, 3, 3)
    cloud.mark_ready(video, 4)
    after = cloud.get(video)
    assert (after["source_number"], after["artefacts"]["renditions"]["run"]) == (3, 3)
