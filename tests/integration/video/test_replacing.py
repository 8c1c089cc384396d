"""Another file under the same id: until a run on it is ready, everything stays as it was."""

import random

import requests

from functions.shared import aws
from functions.video.reuse.handler import handler as reuse
from tests.integration.cloud import Calls
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import (
    MEDIA,
    MIB,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    UPLOADS,
    Cloud,
    in_parallel,
    sha256,
)
from tests.integration.video.player import beside, follow, link, playable
from tests.integration.video.quota import counted as quota
from tests.integration.video.renditions import manifest
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
from tests.integration.video.steps import later
from tests.integration.video.telling import counted, tell


def first_segment(cloud: Cloud, url: str) -> str:
    """Return which run a link plays."""
    return follow(cloud, beside(url, "720p.m3u8")).body.partition("/v/720p/")[0].rpartition("/")[2]


def test_the_old_file_plays_until_the_new_one_can(cloud: Cloud) -> None:
    video = playable(cloud)
    url = link(cloud, video)

    session = opened(cloud, video)
    assert (session["object"], session["source_number"]) == ("upload", 2)
    assert session["state"] == "waiting"
    assert cloud.events(video) == ["video.replacement_opened"]
    cloud.complete(video, send(cloud, session))
    assert cloud.api.get(f"/v1/videos/{video['id']}/upload").json["state"] == "completed"
    assert cloud.start(told(cloud, video, 2)) == []

    meanwhile = cloud.get(video)
    assert cloud.events(video) == ["video.uploaded"]
    for name in ("state", "source", "source_number", "media", "artefacts", "upload"):
        assert meanwhile[name] == video[name], name
    new = meanwhile["replacement"]
    assert (new["source_number"], new["state"], new["run"]) == (2, "completed", 2)
    assert new["source"]["filename"] == "cut.mp4"
    assert (meanwhile["run"]["number"], meanwhile["run"]["source_number"]) == (2, 2)
    told_machine = cloud.execution_input(f"{video['id']}-2")
    assert (told_machine["source"], told_machine["reuse"]) == (2, True)
    assert first_segment(cloud, url) == "1"

    cloud.put_media(video, "manifest.json", manifest(), 2)
    cloud.mark_ready(video, 2)
    cloud.mark_ready(video, 2)

    after = cloud.get(video)
    assert cloud.events(video) == ["video.ready", "video.source_replaced"]
    assert (after["source"], after["source_number"]) == (new["source"], 2)
    assert after["upload"]["completed_at"] is not None
    assert after["replacement"] is None
    assert after["artefacts"]["renditions"]["run"] == 2
    assert after["artefacts"]["transcript"]["state"] == "processing"
    assert after["artefacts"]["analysis"]["state"] == "pending"
    assert first_segment(cloud, url) == "2", "the same link turns to the new file"


def test_the_old_file_goes_at_once_and_what_was_made_of_it_when_no_player_has_it(
    cloud: Cloud,
) -> None:
    video = playable(cloud)
    cloud.put_media(video, "v/720p/00000.m4s", b"old")
    video = replaced(cloud, video)
    assert quota("stored_bytes") == (64 * 1024 + SIZE, 0)

    cloud.expire(later(minutes=1))

    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/2/source"]
    assert f"wsp_one/{video['id']}/1/v/720p/00000.m4s" in cloud.objects(MEDIA)
    assert quota("stored_bytes") == (SIZE, 0)

    cloud.finish(video, "transcript", OK_TRANSCRIPT, 2)
    cloud.finish(video, "analysis", OK_ANALYSIS, 2)
    cloud.expire(later(minutes=71))

    assert cloud.objects(MEDIA) == [f"wsp_one/{video['id']}/2/manifest.json"]
    assert cloud.get(video)["state"] == "ready"
    assert cloud.expire(later(hours=24 * 40)) == {}


def test_a_small_file_in_one_put_overwrites_nothing_and_finished_work_is_taken_over(
    cloud: Cloud,
) -> None:
    data = b"\x00\x00\x00\x18ftypmp42 the same bytes" * 40
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": len(data)}
    twin = cloud.api.make("/v1/videos", {**body, "sha256": sha256(data)})
    (part,) = twin["upload"]["parts"]
    requests.put(part["url"], data, headers=part["headers"], timeout=5)
    cloud.start(cloud.created(twin))
    cloud.put_media(twin, "manifest.json", manifest())
    cloud.mark_ready(twin)
    video = playable(cloud)

    session = opened(cloud, video, len(data), sha256=sha256(data))
    (part,) = session["parts"]
    assert f"/{video['id']}/2/source" in part["url"]
    assert part["headers"]["if-none-match"] == "*"
    assert requests.put(part["url"], data, headers=part["headers"], timeout=5).ok
    assert cloud.start(told(cloud, video, 2, len(data))) == []

    task = {"workspace": "wsp_one", "video": video["id"], "run": 2, "source": 2}
    assert reuse({**task, "source": 1}, CONTEXT) == {"outcome": "none"}
    assert reuse(task, CONTEXT)["outcome"] == "reused"
    assert reuse(task, CONTEXT)["outcome"] == "reused"
    assert cloud.get(video)["source_number"] == 2
    assert f"wsp_one/{video['id']}/2/manifest.json" in cloud.objects(MEDIA)


def test_parts_of_another_file_have_its_key_and_resume_by_listing(cloud: Cloud) -> None:
    video = playable(cloud)
    session = opened(cloud, video, 9 * MIB)
    cloud.send({"upload": session}, [2])

    listed = cloud.api.get(f"/v1/videos/{video['id']}/parts").json["data"]
    again = cloud.api.post(f"/v1/videos/{video['id']}/parts", {"part_numbers": [1]}).json["data"]

    assert [each["part_number"] for each in listed] == [2]
    assert f"/{video['id']}/2/source?" in again[0]["url"]
    assert cloud.get(video)["replacement"]["state"] == "uploading"
    assert cloud.get(video)["state"] == "ready"
    first = cloud.send({"upload": {"parts": again}})
    mismatch = cloud.complete(video, first)
    assert (mismatch.status, mismatch.json["code"]) == (422, "parts_mismatch")
    both = [*first, {"part_number": 2, "etag": listed[0]["etag"]}]
    done = [cloud.complete(video, both) for _ in range(2)]
    assert [each.status for each in done] == [200, 200]
    assert done[0].json == done[1].json
    assert f"wsp_one/{video['id']}/2/source" in cloud.objects(UPLOADS)


def test_one_event_a_hundred_times_among_the_old_file_s_begins_one_run(cloud: Cloud) -> None:
    video = playable(cloud)
    sent(cloud, video)
    events = [
        told(cloud, video, 2),
        told(cloud, video, 2, sequencer="00000000000000000000"),
        cloud.created(video),
    ]

    failures = in_parallel(100, 20, lambda: cloud.start(random.choice(events)))  # noqa: S311

    assert failures == [[]] * 100
    assert cloud.executions() == [f"{video['id']}-1", f"{video['id']}-2"]
    assert cloud.events(video) == ["video.uploaded"]
    assert [i["sk"] for i in cloud.items() if i["sk"].startswith("RUN")] == ["RUN#9997", "RUN#9998"]
    assert len(cloud.objects(UPLOADS)) == 2


def test_an_event_that_overtakes_its_completion_begins_the_run(cloud: Cloud) -> None:
    video = playable(cloud)
    session = opened(cloud, video)
    parts = send(cloud, session)
    (upload,) = cloud.open_uploads()
    key = f"wsp_one/{video['id']}/2/source"
    aws.client("s3").complete_multipart_upload(
        Bucket=UPLOADS, Key=key, UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": parts[0]["etag"]}]},
    )  # fmt: skip

    assert cloud.start(told(cloud, video, 2)) == []
    done = cloud.complete(video, parts)

    assert done.status == 200
    assert done.json["replacement"]["state"] == "completed"
    assert cloud.executions() == [f"{video['id']}-1", f"{video['id']}-2"]


def test_events_of_files_that_are_no_longer_wanted_remove_their_bytes(cloud: Cloud) -> None:
    video = playable(cloud)
    opened(cloud, video)
    assert cloud.api.post(f"/v1/videos/{video['id']}/cancel").status == 200
    opened(cloud, video)
    for number in (2, 7):  # by a PUT that its address outlived; by nobody of ours
        key = f"wsp_one/{video['id']}/{number}/source"
        aws.client("s3").put_object(Bucket=UPLOADS, Key=key, Body=b"x" * SIZE)
        assert cloud.start(told(cloud, video, number)) == []

    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]
    assert cloud.get(video)["replacement"]["state"] == "waiting"
    assert cloud.executions() == [f"{video['id']}-1"]


def test_late_events_of_a_replaced_file_change_nothing(cloud: Cloud) -> None:
    video = replaced(cloud, playable(cloud))

    assert cloud.start(cloud.created(video, size=64 * 1024), told(cloud, video, 2)) == []

    assert cloud.get(video) == video
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/2/source"]


def test_a_new_file_waits_for_the_run_that_is_going_on(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.mark_ready(video)
    sent(cloud, video)
    assert cloud.start(told(cloud, video, 2)) == []
    assert cloud.executions() == [f"{video['id']}-1"]

    cloud.finish(video, "transcript", OK_TRANSCRIPT)
    cloud.finish(video, "analysis", OK_ANALYSIS)
    assert cloud.expire(later(minutes=5)) == {"started": 1}

    assert cloud.executions() == [f"{video['id']}-1", f"{video['id']}-2"]
    assert cloud.get(video)["replacement"]["run"] == 2


def test_a_new_file_whose_event_got_lost_is_found_by_the_agenda(cloud: Cloud) -> None:
    video = playable(cloud)
    sent(cloud, video)

    assert cloud.expire(later(minutes=6)) == {"started": 1}

    assert cloud.get(video)["run"]["source_number"] == 2


def test_a_video_that_failed_gets_another_chance_with_another_file(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.fail(video, {"reason": {"code": "not_media", "detail": "No.", "step": "inspect"}})

    after = replaced(cloud, video)

    assert (after["state"], after["reason"], after["source_number"]) == ("ready", None, 2)


def test_what_was_watched_of_each_file_is_kept_apart(cloud: Cloud) -> None:
    video = playable(cloud)
    tell(cloud, link(cloud, video), 1, (0, 3_000))
    assert counted(cloud, video)["watched_ms"] == 3_000
    replaced(cloud, video)
    url = link(cloud, video)
    tell(cloud, url, 1, (0, 1_000))

    now = counted(cloud, video)
    before = cloud.api.get(f"/v1/videos/{video['id']}/views?source=1").json

    assert (now["source_number"], now["watched_ms"], now["sessions"]) == (2, 1_000, 1)
    assert (before["source_number"], before["watched_ms"]) == (1, 3_000)
    for kind in ("sessions", "viewers"):
        path = f"/v1/videos/{video['id']}/views/{kind}"
        assert len(cloud.api.get(path).json["data"]) == 1
        assert len(cloud.api.get(f"{path}?source=1").json["data"]) == 1
        assert cloud.api.get(f"{path}?source=3").json["data"] == []


def test_captions_that_people_made_stay_and_are_marked_until_they_are_written_anew(
    cloud: Cloud,
) -> None:
    video = playable(cloud)
    path = f"/v1/videos/{video['id']}/captions"
    file = "WEBVTT\n\n00:00:01.000 --> 00:00:03.500\nGuten Tag.\n"
    assert cloud.api.post(path, {"language": "de", "file": file}).status == 201
    replaced(cloud, video)

    def shown() -> list[tuple[str, str, bool]]:
        data = cloud.api.get(path).json["data"]
        return [(each["language"], each["source"], each["outdated"]) for each in data]

    assert shown() == [("de", "uploaded", True)], "the automatic track was of the old file"
    cloud.finish(video, "transcript", OK_TRANSCRIPT, 2)
    assert shown() == [("de", "uploaded", True), ("en", "automatic", False)]
    assert cloud.api.patch(f"{path}/de", {"label": "Deutsch"}).json["outdated"] is True
    cues = [{"start_ms": 0, "end_ms": 900, "text": "Hallo."}]
    assert cloud.api.patch(f"{path}/de", {"cues": cues}).json["outdated"] is False


def test_replacing_costs_what_it_is_said_to(cloud: Cloud, calls: Calls) -> None:
    video = playable(cloud)
    calls.take()

    opened(cloud, video)

    # the quota's reservation, and the record with what is on its way, in one transaction
    assert calls.take() == ["Query", "Query", "TransactWriteItems"]
    costs = cloud.api.get(f"/v1/videos/{video['id']}/costs").json
    assert costs["storage"]["stored_bytes"] == 64 * 1024
    cloud.api.post(f"/v1/videos/{video['id']}/cancel")
    running(cloud, video, 3)
    costs = cloud.api.get(f"/v1/videos/{video['id']}/costs").json
    assert costs["storage"]["stored_bytes"] == 64 * 1024 + SIZE


def test_a_request_sent_twice_opens_one_upload(cloud: Cloud) -> None:
    video = playable(cloud)

    first, second = (ask(cloud, video, Idempotency_Key="k") for _ in range(2))

    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"
    assert len(cloud.open_uploads()) == 1
    assert quota("stored_bytes") == (64 * 1024, SIZE)
