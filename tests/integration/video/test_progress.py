"""Progress of a run, and who may write it."""

from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError
from functions.shared.table import Table
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.media import SegmentInfo
from functions.video.model import Reason, Video
from tests.integration.cloud import Calls
from tests.integration.video.conftest import (
    MEDIA,
    TABLE,
    Cloud,
    in_parallel,
)
from tests.integration.video.steps import NOT_MEDIA, later, log_of


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


def test_a_chunk_is_wanted_until_it_is_recorded_or_its_run_is_over(
    cloud: Cloud, calls: Calls
) -> None:
    video = cloud.running()
    log = log_of(video)
    log.chunk_done(1, {})
    calls.clear()

    assert log.wanted([0, 1, 2]) == [0, 2]
    assert calls == ["BatchGetItem"]

    cloud.fail(video, NOT_MEDIA)
    assert log.wanted([0, 1, 2]) == []
    assert log_of({"id": "vid_none"}).wanted([0]) == []


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
