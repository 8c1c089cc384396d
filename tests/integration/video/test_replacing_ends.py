"""Another file for a video that comes to nothing: the video stays as it was, nothing is left."""

from typing import Any

import pytest

from functions.shared import aws
from tests.integration.gateway import Api, Member
from tests.integration.origin import Files
from tests.integration.video.conftest import (
    FILE,
    MEDIA,
    MIB,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    UPLOADS,
    Cloud,
    in_parallel,
)
from tests.integration.video.player import follow, link, playable
from tests.integration.video.pulled import pulls, work
from tests.integration.video.quota import counted as quota
from tests.integration.video.replaced import (
    SIZE,
    ask,
    opened,
    replaced,
    running,
    send,
    sent,
    told,
)
from tests.integration.video.steps import (
    NOT_MEDIA,
    delete,
    later,
    purge,
    restore,
    unreachable,
    versions,
)

OLD = 64 * 1024  # bytes of the video's own file
PLAYED = ("state", "reason", "source", "source_number", "media", "artefacts", "captions_url")


def unchanged(cloud: Cloud, before: Any) -> Any:
    """Return a video of which all that is played is as it was."""
    now = cloud.get(before)
    for name in PLAYED:
        assert now.get(name) == before.get(name), name
    assert follow(cloud, link(cloud, before)).status == 200
    return now


def cancel(cloud: Cloud, video: Any) -> Any:
    return cloud.api.post(f"/v1/videos/{video['id']}/cancel")


def test_a_run_that_fails_on_the_new_file_leaves_the_old_one_and_says_why(cloud: Cloud) -> None:
    video = playable(cloud)
    running(cloud, video)
    cloud.put_media(video, "plan.json", {}, 2)

    for _ in range(2):
        cloud.fail(video, NOT_MEDIA, 2)

    now = unchanged(cloud, video)
    assert cloud.events(video) == ["video.replacement_failed"]
    assert now["replacement"]["state"] == "completed"
    assert now["replacement"]["reason"] == {
        **NOT_MEDIA["reason"],
        "advice": "use_another_file",
    }
    assert now["run"]["state"] == "failed"
    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/1/manifest.json"]
    assert quota("stored_bytes") == (OLD + SIZE, 0)


def test_a_file_that_failed_can_be_tried_again_and_then_takes_its_place(cloud: Cloud) -> None:
    video = playable(cloud)
    running(cloud, video)
    cloud.fail(video, NOT_MEDIA, 2)

    of_the_old = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "analyse"})
    assert of_the_old.status == 202
    assert of_the_old.json["run"]["source_number"] == 1
    cloud.finish(video, "analysis", OK_ANALYSIS, 3)
    again = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "inspect"})

    assert (again.json["run"]["number"], again.json["run"]["source_number"]) == (4, 2)
    assert again.json["replacement"]["reason"] is None
    told_machine = cloud.execution_input(f"{video['id']}-4")
    assert (told_machine["source"], told_machine["reuse"]) == (2, False)
    cloud.mark_ready(video, 4)
    assert cloud.get(video)["source_number"] == 2


def test_a_file_that_failed_can_be_given_up_and_its_bytes_are_free(cloud: Cloud) -> None:
    video = playable(cloud)
    running(cloud, video)
    going_on = cancel(cloud, video)
    assert (going_on.status, going_on.json["code"]) == (409, "upload_complete")
    assert cloud.api.post(f"/v1/videos/{video['id']}/runs/cancel").status == 200
    assert cloud.get(video)["replacement"]["reason"]["code"] == "run_cancelled"
    assert cloud.events(video) == ["video.replacement_failed"]

    gone = [cancel(cloud, video) for _ in range(2)]

    assert [each.status for each in gone] == [200, 200]
    assert gone[0].json["replacement"]["state"] == "cancelled"
    unchanged(cloud, video)
    assert cloud.events(video) == ["video.replacement_cancelled"]
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]
    assert quota("stored_bytes") == (OLD, 0)
    retry = cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "inspect"})
    assert retry.json["run"]["source_number"] == 1, "of the video's own file again"


def test_another_one_after_a_failed_one_sweeps_what_that_has_left(cloud: Cloud) -> None:
    video = playable(cloud)
    running(cloud, video)
    cloud.fail(video, NOT_MEDIA, 2)

    session = opened(cloud, video)

    assert session["source_number"] == 3
    cloud.expire(later(minutes=1))
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]
    assert quota("stored_bytes") == (OLD, SIZE)
    cloud.complete(video, send(cloud, session))
    cloud.start(told(cloud, video, 3))
    cloud.mark_ready(video, 3)
    assert cloud.get(video)["source_number"] == 3


def test_an_upload_that_is_cancelled_leaves_nothing(cloud: Cloud) -> None:
    video = playable(cloud)
    cloud.send({"upload": opened(cloud, video, 9 * MIB)}, [1])

    assert [cancel(cloud, video).status for _ in range(2)] == [200, 200]

    now = unchanged(cloud, video)
    assert now["replacement"]["state"] == "cancelled"
    assert cloud.events(video) == ["video.replacement_cancelled"]
    assert cloud.open_uploads() == []
    assert quota("stored_bytes") == (OLD, 0)
    late = cloud.complete(video, [{"part_number": 1, "etag": "x"}])
    assert (late.status, late.json["code"]) == (409, "upload_cancelled")


def test_an_upload_that_is_abandoned_expires_and_says_so(cloud: Cloud) -> None:
    video = playable(cloud)
    cloud.send({"upload": opened(cloud, video, 9 * MIB)}, [1])

    assert cloud.expire(later(hours=23)) == {}
    assert cloud.expire(later(hours=25)) == {"expired": 1}
    assert cloud.expire(later(hours=25)) == {}

    now = unchanged(cloud, video)
    reason = now["replacement"]["reason"]
    assert (now["replacement"]["state"], reason["code"]) == ("expired", "upload_expired")
    assert "open a new one" in reason["detail"]
    assert cloud.events(video) == ["video.replacement_failed"]
    assert cloud.open_uploads() == []
    assert quota("stored_bytes") == (OLD, 0)
    assert opened(cloud, video)["source_number"] == 3


def test_a_file_of_another_size_than_announced_is_refused(cloud: Cloud) -> None:
    video = playable(cloud)
    sent(cloud, video)

    for _ in range(2):
        assert cloud.start(told(cloud, video, 2, size=1)) == []

    now = unchanged(cloud, video)
    assert now["replacement"]["state"] == "failed"
    assert now["replacement"]["reason"]["code"] == "size_mismatch"
    assert cloud.events(video) == ["video.replacement_failed"]
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]
    assert quota("stored_bytes") == (OLD, 0)


def test_a_file_is_fetched_from_an_address_under_its_own_key(cloud: Cloud, files: Files) -> None:
    video = playable(cloud)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/source/pull", {"source_url": files.url()})

    assert reply.status == 202
    assert (reply.json["method"], reply.json["source_number"]) == ("pull", 2)
    assert pulls() == [f"{video['id']}-2"]
    assert work(video) == "gone", "the first file is fetched by nobody"
    assert work(video, source=2) == "completed"
    assert work(video, source=2) == "completed"
    assert cloud.start(told(cloud, video, 2, len(FILE))) == []
    assert cloud.get(video)["run"]["source_number"] == 2
    assert "secret" not in str(cloud.record(video))
    assert f"wsp_one/{video['id']}/2/source" in cloud.objects(UPLOADS)


def test_a_pull_that_cannot_go_on_leaves_the_old_file(cloud: Cloud, files: Files) -> None:
    video = playable(cloud)
    path = f"/v1/videos/{video['id']}/source/pull"
    assert cloud.api.post(path, {"source_url": files.url()}).status == 202
    files.etag = '"two"'

    assert work(video, source=2) == "failed"
    assert work(video, source=2, give_up="source_unavailable") == "failed"

    now = unchanged(cloud, video)
    reason = now["replacement"]["reason"]
    assert (reason["code"], reason["step"]) == ("source_changed", "pull")
    assert cloud.events(video) == ["video.replacement_failed"]
    assert cloud.open_uploads() == []
    assert quota("stored_bytes") == (OLD, 0)
    refused = cloud.api.post(path, {"source_url": "https://127.0.0.1/a"})
    assert (refused.status, refused.json["code"]) == (422, "source_not_public")


def test_a_pull_that_did_not_start_is_started_by_the_agenda(cloud: Cloud, files: Files) -> None:
    video = playable(cloud)
    with unreachable("stepfunctions", "StartExecution"):
        path = f"/v1/videos/{video['id']}/source/pull"
        assert cloud.api.post(path, {"source_url": files.url()}).status == 202

    assert cloud.expire(later(minutes=3)) == {"waiting": 1}

    assert pulls() == [f"{video['id']}-2"]
    assert cloud.expire(later(minutes=9)) == {}


def test_of_twenty_at_once_one_is_opened(cloud: Cloud) -> None:
    video = playable(cloud)

    replies = in_parallel(20, 20, lambda: ask(cloud, video))

    assert sorted(each.status for each in replies) == [201] + [409] * 19
    refused = {each.json["code"] for each in replies if each.status == 409}
    assert refused <= {"replacement_open", "conflict"}
    assert len(cloud.open_uploads()) == 1
    assert quota("stored_bytes") == (OLD, SIZE)


def test_what_cannot_be_replaced_says_why(cloud: Cloud, other: Cloud) -> None:
    waiting, video = cloud.open(), playable(cloud)
    given_up = cloud.open()
    cancel(cloud, given_up)
    gone = cloud.ready()
    delete(cloud, gone)
    before = cloud.items()

    def said(reply: Any) -> tuple[int, str]:
        return reply.status, reply.json["code"]

    assert said(ask(cloud, waiting)) == (409, "upload_open")
    assert said(ask(cloud, given_up)) == (409, "not_uploaded")
    assert said(ask(cloud, gone)) == (404, "not_found")
    assert said(ask(other, video)) == (404, "not_found")
    assert said(ask(cloud, video, If_Match='"1.0.0"')) == (412, "precondition_failed")
    assert said(ask(cloud, video, 9 * MIB, sha256="A" * 43 + "=")) == (422, "invalid")
    assert said(ask(cloud, video, 10**15)) == (422, "invalid")
    blind = Cloud(Api(cloud.api.handler, Member(visibility="own", member="mem_x")), cloud.crm)
    assert said(ask(blind, video)) == (404, "not_found")
    assert cloud.items() == before
    assert len(cloud.open_uploads()) == 1
    opened(cloud, video)
    assert said(ask(cloud, video)) == (409, "replacement_open")
    sent_later = cloud.api.get(f"/v1/videos/{video['id']}/upload").json
    assert sent_later["source_number"] == 2


@pytest.mark.parametrize("how_far", ["opened", "sent", "running", "failed", "replaced"])
def test_a_purge_leaves_no_byte_of_either_file(cloud: Cloud, versioned: None, how_far: str) -> None:
    video = playable(cloud)
    if how_far == "opened":
        cloud.send({"upload": opened(cloud, video, 9 * MIB)}, [1])
    elif how_far == "sent":
        sent(cloud, video)
    elif how_far == "replaced":
        replaced(cloud, video)
    else:
        running(cloud, video)
        cloud.put_media(video, "v/720p/00000.m4s", b"x", 2)
    if how_far == "failed":
        cloud.fail(video, NOT_MEDIA, 2)

    assert purge(cloud, video).status == 204

    assert versions(video) == []
    assert cloud.open_uploads() == []
    assert quota("stored_bytes") == (0, 0)
    assert cloud.start(cloud.created(video), told(cloud, video, 2)) == []
    assert cloud.expire(later(minutes=21)) == {"purged": 1}
    assert [each["sk"] for each in cloud.items()] == ["RECORD"]


def test_a_deletion_gives_up_what_has_not_arrived_and_keeps_what_has(cloud: Cloud) -> None:
    sending, waiting, at_work = (playable(cloud) for _ in range(3))
    cloud.send({"upload": opened(cloud, sending, 9 * MIB)}, [1])
    sent(cloud, waiting)
    running(cloud, at_work)
    for each in (sending, waiting, at_work):
        delete(cloud, each)
    assert cloud.start(told(cloud, waiting, 2)) == []

    assert cloud.open_uploads() == []
    assert cloud.status(f"{at_work['id']}-2") == "ABORTED"
    assert quota("stored_bytes") == (3 * OLD + SIZE, SIZE)
    states = {each["id"]: restore(cloud, each).json for each in (sending, waiting, at_work)}

    assert states[sending["id"]]["replacement"]["state"] == "cancelled"
    assert states[at_work["id"]]["replacement"]["reason"]["code"] == "run_cancelled"
    assert all(each["state"] == "ready" for each in states.values())
    cloud.expire(later(minutes=1))
    assert cloud.get(waiting)["run"]["source_number"] == 2, "it is found again"


def test_a_deletion_right_after_the_switch_still_removes_the_old_file(cloud: Cloud) -> None:
    video = replaced(cloud, playable(cloud))
    cloud.finish(video, "transcript", OK_TRANSCRIPT, 2)
    cloud.finish(video, "analysis", OK_ANALYSIS, 2)
    delete(cloud, video)

    restore(cloud, video)
    cloud.expire(later(minutes=71))

    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/2/source"]
    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/2/manifest.json"]
    assert quota("stored_bytes") == (SIZE, 0)


def test_what_could_not_be_swept_at_once_is_swept_later(cloud: Cloud) -> None:
    video = replaced(cloud, playable(cloud))
    with unreachable("s3", "DeleteObjects"):
        assert cloud.expire(later(minutes=1)) == {"left": 1}
    assert quota("stored_bytes") == (OLD + SIZE, 0)

    cloud.expire(later(minutes=6))

    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/2/source"]
    assert quota("stored_bytes") == (SIZE, 0)
    assert aws.client("s3").head_object(Bucket=UPLOADS, Key=f"wsp_one/{video['id']}/2/source")
