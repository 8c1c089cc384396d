"""Around the state machine: arrival, runs, outcomes, failure, deletion, the agenda."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.errors import ConflictError
from functions.shared.table import Table
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_videos import DynamoVideos
from functions.video.media import SegmentInfo
from functions.video.model import Reason, Video
from tests.integration.cloud import Calls
from tests.integration.video.conftest import (
    MACHINE,
    MEDIA,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    TABLE,
    UPLOADS,
    Cloud,
    in_parallel,
)

NOT_MEDIA = {"reason": {"code": "not_media", "detail": "Not a video.", "step": "inspect"}}


@contextmanager
def unreachable(service: str, operation: str) -> Iterator[None]:
    """Let one of a service's operations fail as when nothing answers."""

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://nowhere")

    events = aws.client(service).meta.events
    events.register(f"before-call.{service}.{operation}", fail)
    yield
    events.unregister(f"before-call.{service}.{operation}", fail)


def later(**by: int) -> str:
    return iso(datetime.now(UTC) + timedelta(**by))


def log_of(video: Any, run: int = 1) -> DynamoRunLog:
    return DynamoRunLog(aws.client("dynamodb"), TABLE, "wsp_one", video["id"], run)


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
    assert failed["reason"] == NOT_MEDIA["reason"]
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


def test_a_worker_that_outlived_its_run_changes_nothing(cloud: Cloud) -> None:
    video = cloud.running()
    log = log_of(video)
    cloud.fail(video, NOT_MEDIA)
    before = cloud.items()

    log.step_started("encode")
    log.step_done("encode", {"a": 1})
    assert log.chunk_done(0, {"720p": [SegmentInfo(index=0, bytes=1, duration_ticks=2)]}) is False

    assert cloud.items() == before
    cloud.put_media(video, "v/720p/00007.m4s", b"written late")
    assert cloud.expire(later(minutes=21)) == {"swept": 1}
    assert cloud.objects(MEDIA) == []
    assert cloud.expire(later(hours=1)) == {}


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


def test_progress_is_counted_once_however_often_it_is_reported(cloud: Cloud) -> None:
    video = cloud.running()
    log = log_of(video)
    segments = {"720p": [SegmentInfo(index=3, bytes=900, duration_ticks=96_096)]}
    log.step_started("inspect")
    log.step_done("inspect", {"key": "inspection.json"})
    log.step_done("inspect", {"key": "another"})
    log.chunks_planned(4)
    log.step_started("encode")

    results = in_parallel(40, 8, lambda: log.chunk_done(1, segments))

    assert results.count(True) == 1
    assert log.chunks() == {1: segments}
    assert log.outputs("inspect") == {"key": "inspection.json"}
    assert log.outputs("plan") == {}
    steps = {step["name"]: step for step in cloud.get(video)["run"]["steps"]}
    assert steps["inspect"]["state"] == "done"
    assert (steps["encode"]["state"], steps["encode"]["percent"]) == ("processing", 25)
    for index in (0, 2, 3):
        assert log.chunk_done(index, segments) is True
    steps = {step["name"]: step for step in cloud.get(video)["run"]["steps"]}
    assert (steps["encode"]["state"], steps["encode"]["percent"]) == ("done", 100)


def test_a_step_that_failed_once_may_still_be_done(cloud: Cloud) -> None:
    video = cloud.running()
    log = log_of(video)
    log.step_started("capture")
    log.step_failed("capture", Reason(code="x", detail="y", step="capture"))
    log.step_started("capture")
    log.step_done("capture")
    log.step_skipped("encode_audio", Reason(code="no_audio", detail="No sound."))

    steps = {step["name"]: step["state"] for step in cloud.get(video)["run"]["steps"]}

    assert steps["capture"] == "done"
    assert steps["encode_audio"] == "skipped"


def test_the_etag_follows_progress_while_if_match_heeds_the_version(cloud: Cloud) -> None:
    video = cloud.running()
    path = f"/v1/videos/{video['id']}"
    before = cloud.api.get(path)
    log_of(video).step_started("inspect")

    unchanged = cloud.api.get(path, if_none_match=before.etag)
    again = cloud.api.get(path, if_none_match=unchanged.etag)
    patched = cloud.api.patch(path, {"title": "New"}, if_match=before.etag)
    stale = cloud.api.patch(path, {"title": "Newer"}, if_match=before.etag)

    assert (before.etag, unchanged.etag) == ('"3.1.0"', '"3.1.1"')
    assert unchanged.status == 200
    assert again.status == 304
    assert patched.status == 200
    assert patched.etag == '"4.1.1"'
    assert patched.json["run"]["steps"][0]["state"] == "processing"
    assert (stale.status, stale.json["code"]) == (412, "precondition_failed")


def test_getting_a_video_with_its_run_is_one_request(cloud: Cloud, calls: Calls) -> None:
    video = cloud.ready()
    calls.clear()

    cloud.get(video)

    assert calls == ["Query"]


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
    assert refusal(silent, "encode")[0] == 422
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


def test_a_run_whose_execution_never_began_is_started_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.ready()

    with unreachable("stepfunctions", "StartExecution"):
        reply = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "analyse"})

    assert reply.status == 503
    assert reply.headers["retry-after"]
    assert cloud.expire(later(minutes=3)) == {"running": 1}
    assert cloud.executions() == [f"{video['id']}-1", f"{video['id']}-2"]
    assert cloud.expire(later(minutes=3)) == {}


def test_a_run_that_got_lost_is_closed_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.running()
    assert cloud.expire(later(minutes=3)) == {"running": 1}
    started = (datetime.now(UTC) - timedelta(hours=8)).isoformat()
    table = Table(aws.client("dynamodb"), TABLE, "wsp_one")
    run = table.get(f"W#wsp_one#{video['id']}", "RUN#9998")
    aws.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RUN#9998"}},
        UpdateExpression="SET started_at = :at",
        ExpressionAttributeValues={":at": {"S": started}},
    )

    assert run is not None
    assert cloud.expire(later(hours=9)) == {"lost": 1}
    assert cloud.get(video)["reason"]["code"] == "timeout"
    arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{video['id']}-1"
    execution = aws.client("stepfunctions").describe_execution(executionArn=arn)
    assert execution["status"] == "ABORTED"


def test_an_upload_that_never_completes_expires(cloud: Cloud, other: Cloud) -> None:
    videos = [cloud.open() for _ in range(3)]
    foreign = other.open()
    cloud.send(videos[0], [1])
    early = cloud.expire(later(hours=23))

    assert early == {}
    assert cloud.expire(later(hours=25)) == {"expired": 4}
    assert cloud.expire(later(hours=25)) == {}
    assert cloud.get(videos[0])["state"] == "expired"
    assert cloud.events(videos[0]) == ["video.expired"]
    assert other.get(foreign)["state"] == "expired"
    assert cloud.open_uploads() == []
    reply = cloud.complete(videos[0], [{"part_number": 1, "etag": "x"}])
    assert (reply.status, reply.json["code"]) == (409, "upload_expired")


def test_an_upload_whose_event_got_lost_is_found_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.uploaded()

    assert cloud.expire(later(minutes=6)) == {"started": 1}

    assert cloud.get(video)["state"] == "processing"
    assert cloud.executions() == [f"{video['id']}-1"]


def test_deleting_removes_every_byte_at_once(cloud: Cloud) -> None:
    video, receiving, running = cloud.ready(), cloud.open(), cloud.running()
    cloud.put_media(video, "manifest.json", {})
    cloud.put_media(running, "plan.json", {})
    kept = cloud.ready()

    for each in (video, receiving, running):
        assert cloud.api.delete(f"/v1/videos/{each['id']}").status == 204
        assert cloud.api.get(f"/v1/videos/{each['id']}").status == 404
        assert cloud.api.delete(f"/v1/videos/{each['id']}").status == 404
        assert cloud.events(each) == ["video.deleted"]

    assert cloud.objects(UPLOADS) == [f"wsp_one/{kept['id']}/source"]
    assert cloud.objects(MEDIA) == []
    assert cloud.open_uploads() == []
    assert [v["id"] for v in cloud.api.get("/v1/videos").json["data"]] == [kept["id"]]
    arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{running['id']}-1"
    execution = aws.client("stepfunctions").describe_execution(executionArn=arn)
    assert execution["status"] == "ABORTED"


def test_a_deletion_that_was_cut_off_is_finished_by_the_agenda(cloud: Cloud) -> None:
    video = cloud.running()
    log_of(video).chunk_done(0, {})

    with unreachable("stepfunctions", "StopExecution"):
        reply = cloud.api.delete(f"/v1/videos/{video['id']}")
    left = cloud.objects(UPLOADS)

    assert reply.status == 204
    assert left != []
    assert cloud.finish(video, "transcript", OK_TRANSCRIPT) == {"outcome": "gone", "made": False}
    cloud.put_media(video, "v/720p/00000.m4s", b"by a worker that has not noticed")
    assert cloud.expire(later(minutes=21)) == {"purged": 1}
    assert cloud.objects(UPLOADS) == []
    assert cloud.objects(MEDIA) == []
    assert [item["sk"] for item in cloud.items()] == ["RECORD"]
    assert cloud.expire(later(hours=1)) == {}


def test_a_stale_deletion_is_refused(cloud: Cloud) -> None:
    video = cloud.open()
    cloud.api.patch(f"/v1/videos/{video['id']}", {"title": "New"})

    reply = cloud.api.delete(f"/v1/videos/{video['id']}", if_match='"1.0.0"')

    assert reply.status == 412
    assert cloud.get(video)["title"] == "New"


def test_pipeline_writes_carry_the_system_as_their_actor(cloud: Cloud) -> None:
    video = cloud.running()

    (event,) = cloud.record(video)["_events"]

    assert event["actor"] == {"type": "system", "id": "pipeline"}


def test_writers_of_the_record_and_of_its_run_lose_no_update(cloud: Cloud) -> None:
    video = cloud.running()
    log, numbers = log_of(video), iter(range(24))
    table = Table(aws.client("dynamodb"), TABLE, "wsp_one")
    videos = DynamoVideos(table, Video, Caller.pipeline("wsp_one", "test"))

    def write() -> bool:
        number = next(numbers)
        log.chunk_done(number, {})
        try:
            videos.change(video["id"], lambda old: old.changed(title=f"{old.title}."))
        except ConflictError:
            return False
        return True

    accepted = in_parallel(24, 6, write).count(True)

    done = videos.get(video["id"])
    assert accepted > 0
    assert done.title == video["title"] + "." * accepted
    assert done.version == video["version"] + accepted
    assert done.run is not None
    assert done.run.chunks_done == 24
