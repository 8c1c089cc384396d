"""λ start: a file has arrived."""

import random

from tests.integration.video.conftest import (
    UPLOADS,
    Cloud,
    in_parallel,
)
from tests.integration.video.steps import unreachable


def test_an_arrived_file_begins_the_first_run(cloud: Cloud) -> None:
    video = cloud.running()

    assert video["state"] == "processing"
    assert video["run"]["number"] == 1
    assert video["run"]["from"] == "inspect"
    assert [step["state"] for step in video["run"]["steps"]] == ["pending"] * 8
    assert video["artefacts"]["renditions"]["state"] == "processing"
    assert cloud.events(video) == ["video.uploaded"]
    assert cloud.execution_input(f"{video['id']}-1") == {
        "workspace": "wsp_one",
        "video": video["id"],
        "run": 1,
        "source": 1,
        "reuse": True,
        "resumes": None,
        "from": "inspect",
        "speech_key": None,
        "transcript_key": None,
    }


def test_one_event_delivered_a_hundred_times_has_the_effect_of_one(cloud: Cloud) -> None:
    video = cloud.uploaded()
    event = cloud.created(video)
    older = cloud.created(video, sequencer="00000000000000000000")

    failures = in_parallel(100, 20, lambda: cloud.start(random.choice((event, older))))  # noqa: S311

    assert failures == [[]] * 100
    assert cloud.executions() == [f"{video['id']}-1"]
    assert cloud.events(video) == ["video.uploaded"]
    assert [i["sk"] for i in cloud.items() if i["sk"].startswith("RUN")] == ["RUN#9998"]
    assert cloud.get(video)["version"] == 3  # created, completed, processing


def test_an_event_that_comes_after_the_run_changes_nothing(cloud: Cloud) -> None:
    video = cloud.ready()

    assert cloud.start(cloud.created(video)) == []

    assert cloud.get(video) == video
    assert cloud.executions() == [f"{video['id']}-1"]


def test_a_start_that_was_killed_before_the_execution_is_repeated(cloud: Cloud) -> None:
    video = cloud.uploaded()

    with unreachable("stepfunctions", "StartExecution"):
        failed = cloud.start(cloud.created(video))
    recorded = cloud.get(video)["state"]

    assert failed == ["m0"]
    assert recorded == "processing"
    assert cloud.start(cloud.created(video)) == []
    assert cloud.executions() == [f"{video['id']}-1"]
    assert cloud.events(video) == ["video.uploaded"]


def test_events_of_other_objects_are_dropped(cloud: Cloud) -> None:
    cancelled, deleted = cloud.uploaded(), cloud.uploaded()
    waiting = cloud.open()
    cloud.api.post(f"/v1/videos/{waiting['id']}/cancel")
    cloud.api.delete(f"/v1/videos/{deleted['id']}")
    unknown = {"id": "vid_" + "0" * 26, "source": {"size_bytes": 1}}

    failed = cloud.start(
        cloud.created(waiting),
        cloud.created(deleted),
        cloud.created(unknown),
        cloud.created(cancelled, key="wsp_one/../source"),
        cloud.created(cancelled, key="whatever"),
    )

    assert failed == []
    assert cloud.executions() == []


def test_a_poisoned_message_does_not_stop_the_others(cloud: Cloud) -> None:
    video = cloud.uploaded()

    failed = cloud.start({"detail": {}}, cloud.created(video))

    assert failed == ["m0"]
    assert cloud.executions() == [f"{video['id']}-1"]


def test_a_file_of_another_size_than_announced_is_refused(cloud: Cloud) -> None:
    video = cloud.uploaded()

    cloud.start(cloud.created(video, size=1))

    failed = cloud.get(video)
    assert failed["state"] == "failed"
    assert failed["reason"]["code"] == "size_mismatch"
    assert cloud.events(video) == ["video.failed"]
    assert cloud.objects(UPLOADS) == []
    assert cloud.executions() == []


def test_pipeline_writes_carry_the_system_as_their_actor(cloud: Cloud) -> None:
    video = cloud.running()

    (event,) = cloud.record(video)["_events"]

    assert event["actor"] == {"type": "system", "id": "pipeline"}
