"""Equal bytes: finished work is taken over, among the videos that the uploader may read alone."""

from typing import Any

import pytest
import requests

from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.errors import UnavailableError
from functions.video.media import Manifest
from functions.video.playlist import finished_track
from functions.video.reuse.handler import handler as reuse
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import CONTEXT, Api, Member
from tests.integration.video.conftest import MEDIA, OK_TRANSCRIPT, Cloud, sha256
from tests.integration.video.player import beside, follow, link
from tests.integration.video.renditions import manifest
from tests.integration.video.steps import unreachable

BYTES = b"\x00\x00\x00\x18ftypmp42 the same bytes" * 40
ME, YOU = "mem_06b1qz3v1w7g2m5n8p0r4t6x9a", "mem_06b1qz3v1w7g2m5n8p0r4t6x9b"


def sent(cloud: Cloud, data: bytes = BYTES, api: Api | None = None) -> Any:
    """Return a video whose file has come in a single PUT and whose first run is open."""
    body = {
        "filename": "call.mp4", "content_type": "video/mp4", "size_bytes": len(data),
        "sha256": sha256(data),
    }  # fmt: skip
    video = (api or cloud.api).make("/v1/videos", body)
    (part,) = video["upload"]["parts"]
    assert requests.put(part["url"], data, headers=part["headers"], timeout=5).ok
    assert cloud.start(cloud.created(video)) == []
    return video


def finished(cloud: Cloud, video: Any) -> Any:
    """Do what the pipeline does with a video, with objects of all kinds."""
    made = manifest()
    cloud.put_media(video, "manifest.json", made)
    for rendition in (made["renditions"][0]["name"],):
        track = finished_track(Manifest.model_validate(made), rendition)
        assert track is not None
        for number in range(len(track.segments)):
            cloud.put_media(video, f"v/{rendition}/{number:05d}.m4s", b"segment")
    for name in ("speech.flac", "video.mp4", "poster.jpg", "transcript.json", "captions.vtt",
                 "analysis.json", "recogniser.json", "inspection.json", "plan.json"):  # fmt: skip
        cloud.put_media(video, name, {"of": video["id"]})
    cloud.mark_ready(video)
    return cloud.get(video)


def taken(cloud: Cloud, video: Any, run: int = 1) -> Any:
    workspace = cloud.api.member.workspace
    return reuse({"workspace": workspace, "video": video["id"], "run": run}, CONTEXT)


def under(cloud: Cloud, video: Any) -> set[str]:
    prefix = f"{cloud.api.member.workspace}/{video['id']}/1/"
    return {k.removeprefix(prefix) for k in cloud.objects(MEDIA) if k.startswith(prefix)}


def test_a_second_upload_of_equal_bytes_is_ready_without_ffmpeg(cloud: Cloud) -> None:
    first = finished(cloud, sent(cloud))
    second = sent(cloud)

    outcome = taken(cloud, second)
    again = taken(cloud, second)
    shown = cloud.get(second)

    speech = f"wsp_one/{second['id']}/1/speech.flac"
    twin = f"wsp_one/{first['id']}/1/speech.flac"
    assert outcome == {"outcome": "reused", "speech_key": speech, "twin_speech_key": twin}
    assert again == outcome
    assert (shown["state"], shown["media"]) == ("ready", first["media"])
    steps = {each["name"]: each for each in shown["run"]["steps"]}
    assert steps["encode"]["reason"]["code"] == "reused"
    assert steps["transcribe"]["state"] == "processing"
    assert cloud.events(second).count("video.ready") == 1
    left = under(cloud, first) - under(cloud, second)
    assert left == {"transcript.json", "captions.vtt", "analysis.json", "recogniser.json"}

    cloud.api.delete(f"/v1/videos/{first['id']}")
    url = link(cloud, second)
    assert follow(cloud, url).status == 200
    assert f"/{second['id']}/1/v/720p/" in follow(cloud, beside(url, "720p.m3u8")).body
    cloud.finish(second, "transcript", OK_TRANSCRIPT)
    assert cloud.get(second)["run"]["state"] == "processing"


def test_nothing_is_taken_over_of_what_is_not_finished_not_equal_or_not_there(
    cloud: Cloud,
) -> None:
    unfinished = sent(cloud)
    assert taken(cloud, sent(cloud)) == {"outcome": "none"}
    finished(cloud, unfinished)
    assert taken(cloud, sent(cloud, BYTES + b".")) == {"outcome": "none"}
    without_checksum = cloud.running()
    assert taken(cloud, without_checksum) == {"outcome": "none"}
    key = f"wsp_one/{unfinished['id']}/1/manifest.json"
    aws.client("s3").delete_object(Bucket=MEDIA, Key=key)
    video = sent(cloud)
    assert taken(cloud, video) == {"outcome": "none"}
    assert under(cloud, video) == set()
    cloud.api.delete(f"/v1/videos/{unfinished['id']}")
    assert taken(cloud, video) == {"outcome": "none"}
    assert cloud.get(video)["state"] == "processing", "the run goes its usual way"


def test_what_is_to_be_encoded_in_another_way_is_encoded_anew(cloud: Cloud) -> None:
    finished(cloud, sent(cloud))
    video = sent(cloud)
    cloud.api.patch(f"/v1/videos/{video['id']}", {"content": "screen_share"})

    assert taken(cloud, video) == {"outcome": "none"}


def test_nothing_crosses_workspaces(cloud: Cloud, other: Cloud) -> None:
    finished(other, sent(other))

    video = sent(cloud)

    assert taken(cloud, video) == {"outcome": "none"}
    assert under(cloud, video) == set()


@pytest.mark.parametrize(
    ("mine", "sees"),
    [
        (Member(member=ME, visibility="own"), False),
        (Member(member=ME, visibility="team"), False),
        (Member(member=YOU, visibility="own"), True),
        (Member(member=ME, visibility="all"), True),
        (Member(member=YOU, scopes=("videos:write",)), False),
    ],
)
def test_only_what_the_uploader_may_read_is_taken_over(
    cloud: Cloud, mine: Member, *, sees: bool
) -> None:
    theirs = Api(cloud.api.handler, Member(member=YOU))
    finished(cloud, sent(cloud, api=theirs))

    video = sent(cloud, api=Api(cloud.api.handler, mine))

    assert taken(cloud, video)["outcome"] == ("reused" if sees else "none")


def test_storage_that_does_not_answer_is_said_to_the_machine_which_goes_its_usual_way(
    cloud: Cloud,
) -> None:

    finished(cloud, sent(cloud))
    video = sent(cloud)

    with unreachable("s3", "CopyObject"), pytest.raises(UnavailableError):
        taken(cloud, video)

    assert "manifest.json" not in under(cloud, video)
    assert cloud.get(video)["state"] == "processing"
    assert taken(cloud, video)["outcome"] == "reused"


def test_rows_of_bytes_come_and_go_with_their_videos(cloud: Cloud) -> None:
    video = sent(cloud)

    rows = [each for each in cloud.items() if "#BYTES#" in each["pk"]]
    cloud.api.patch(f"/v1/videos/{video['id']}", {"title": "Another"})
    kept = [each for each in cloud.items() if "#BYTES#" in each["pk"]]
    cloud.api.delete(f"/v1/videos/{video['id']}")

    assert [each["sk"] for each in rows] == [video["id"]] == [each["sk"] for each in kept]
    assert not [each for each in cloud.items() if "#BYTES#" in each["pk"]]


def test_what_looking_costs(cloud: Cloud) -> None:
    finished(cloud, sent(cloud))
    video, alone = sent(cloud), sent(cloud, BYTES + b".")

    with Calls("dynamodb") as calls:
        taken(cloud, alone)
        assert calls.take() == ["Query", "Query", "UpdateItem"]
        taken(cloud, video)
        assert calls.take()[:3] == ["Query"] * 3


def test_what_was_copied_stands_in_the_ledger_and_no_minutes_are_spent(cloud: Cloud) -> None:
    finished(cloud, sent(cloud))
    video = sent(cloud)

    taken(cloud, video)

    shown = cloud.api.get(f"/v1/videos/{video['id']}/costs").json
    (step,) = [each for each in shown["runs"][0]["steps"] if each["step"] == "reuse"]
    units = {line["unit"]: line["count"] for line in step["lines"]}
    assert units["puts"] == len(under(cloud, video))
    assert (units["requests"], units["transitions"]) == (1, 2)
    assert shown["storage"]["stored_bytes"] > len(BYTES)
    used = [each for each in _platform() if "encoded_minutes" in (each["sk"], each.get("kind"))]
    assert used == []


def _platform() -> list[dict[str, Any]]:
    reply = aws.client("dynamodb").scan(TableName=ENVIRONMENT["PLATFORM_TABLE"])
    return [unmarshal_item(each) for each in reply["Items"]]
