"""The whole story: a recorded call becomes a playable, transcribed, analysed record on a deal."""

import json
import re
import subprocess
from itertools import pairwise
from typing import Any

import boto3
import httpx
import imageio_ffmpeg
import pytest

from infra.local.contract import Contract
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud, pytest.mark.media, pytest.mark.models]


@pytest.fixture
def video(tenant: Tenant, call: dict[str, str]) -> dict[str, Any]:
    return tenant.video(call["video"])


def test_the_video_is_ready_with_every_artefact(video: dict[str, Any]) -> None:
    assert video["state"] == "ready"
    assert video["run"]["state"] == "succeeded"
    assert video["run"]["percent"] == 100
    assert {name: each["state"] for name, each in video["artefacts"].items()} == {
        "renditions": "ready",
        "transcript": "ready",
        "analysis": "ready",
    }
    assert all(step["state"] == "done" for step in video["run"]["steps"])
    assert abs(video["duration_ms"] - 84_100) < 200
    assert video["media"]["content"] == "screen_share"
    assert [made["name"] for made in video["media"]["renditions"]] == ["720p", "360p"]
    assert video["media"]["renditions"][0]["vmaf"] > 90


def test_a_real_hls_client_plays_every_rung_to_the_end(
    tenant: Tenant, video: dict[str, Any]
) -> None:
    url = tenant.api.post(f"/v1/videos/{video['id']}/playback")["url"]

    master = httpx.get(url, trust_env=False)
    rungs = [line for line in master.text.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    tracks = [line for line in master.text.splitlines() if line and not line.startswith("#")]
    frames = {track: _decoded(f"{url.rpartition('/')[0]}/{track}") for track in tracks}

    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    # 480p is left out: what it needs is too near to what 720p does (ladder.py)
    assert [_attribute(line, "RESOLUTION") for line in rungs] == ["1280x720", "640x360"]
    assert all('CODECS="avc1.' in line and "mp4a.40.2" in line for line in rungs)
    assert len(tracks) == len(rungs)
    assert len(set(frames.values())) == 1, "all rungs have the same number of frames"
    assert abs(frames[tracks[0]] - 84.1 * 25) <= 3


def test_the_sound_plays_to_the_end_and_goes_with_the_picture(
    tenant: Tenant, video: dict[str, Any]
) -> None:
    url = tenant.api.post(f"/v1/videos/{video['id']}/playback")["url"]

    played = _played(url, "-map", "0:v:0", "-map", "0:a:0")
    _decoded(f"{url.rpartition('/')[0]}/audio.m3u8")

    assert abs(int(played["out_time_us"]) / 1e6 - 84.1) < 0.1
    assert abs(int(played["frame"]) - 84.1 * 25) <= 3


def test_the_poster_and_the_mp4_can_be_fetched(tenant: Tenant, video: dict[str, Any]) -> None:
    base = tenant.api.post(f"/v1/videos/{video['id']}/playback")["url"].rpartition("/")[0]

    poster = httpx.get(f"{base}/poster.jpg", follow_redirects=True, trust_env=False)
    mp4 = httpx.get(f"{base}/video.mp4", follow_redirects=True, trust_env=False)

    assert poster.status_code == 200
    assert poster.content.startswith(b"\xff\xd8")
    assert mp4.content[4:8] == b"ftyp"
    assert b"moov" in mp4.content[:4096], "the index comes first, so playing can begin at once"


def test_there_is_a_storyboard_a_waveform_and_captions_to_look_at(
    tenant: Tenant, video: dict[str, Any]
) -> None:
    url = tenant.api.post(f"/v1/videos/{video['id']}/playback")["url"]
    base = url.rpartition("/")[0]

    def fetched(name: str) -> httpx.Response:
        reply = httpx.get(f"{base}/{name}", follow_redirects=True, trust_env=False)
        assert reply.status_code == 200, name
        return reply

    assert fetched("storyboard.jpg").content.startswith(b"\xff\xd8")
    assert fetched("storyboard.vtt").text.count("storyboard.jpg#xywh=") == 22
    assert fetched("waveform.json").json()["length"] > 1_000
    master = fetched("master.m3u8").text
    assert "EXT-X-I-FRAME-STREAM-INF" in master
    captions = fetched("captions.vtt").text
    assert captions.startswith("WEBVTT")
    assert "security" in captions.lower()
    track = re.findall(r'TYPE=SUBTITLES.*URI="(captions-[^"]+)"', master)
    assert [fetched(each).text.count("captions.vtt") for each in track] == [1]


def test_what_it_took_is_in_the_ledger(tenant: Tenant, video: dict[str, Any]) -> None:
    costs = tenant.api.get(f"/v1/videos/{video['id']}/costs")

    (run,) = costs["runs"]
    steps = {each["step"]: {line["unit"] for line in each["lines"]} for each in run["steps"]}
    assert steps.keys() >= {
        "inspect", "plan", "encode", "encode_audio", "capture", "package", "transcribe", "analyse",
    }  # fmt: skip
    assert all("gb_seconds" in units for step, units in steps.items() if step != "workflow")
    assert "audio_minutes" in steps["transcribe"]
    assert "input_tokens" in steps["analyse"]
    assert 0 < costs["usd"] == run["usd"]
    assert costs["storage"]["stored_bytes"] > video["source"]["size_bytes"]


def test_the_transcript_has_the_words_and_both_speakers(
    tenant: Tenant, video: dict[str, Any]
) -> None:
    transcript = tenant.api.get(f"/v1/videos/{video['id']}/transcript")

    heard = " ".join(word["text"] for word in transcript["words"]).lower()
    assert len(transcript["speakers"]) == 2
    assert len(transcript["words"]) > 180
    assert all(one["start_ms"] <= two["start_ms"] for one, two in pairwise(transcript["words"]))
    for name in ("daniel", "beacon", "pinnacle", "security"):
        assert name in heard


def test_every_statement_of_the_analysis_was_spoken(tenant: Tenant, video: dict[str, Any]) -> None:
    transcript = tenant.api.get(f"/v1/videos/{video['id']}/transcript")
    analysis = tenant.api.get(f"/v1/videos/{video['id']}/analysis")

    spoken = _plain(" ".join(word["text"] for word in transcript["words"]))
    statements = [*analysis["summary"], *analysis["action_items"], *analysis["topics"]]
    assert analysis["summary"]
    assert analysis["topics"]
    assert len(analysis["action_items"]) >= 2
    for statement in statements:
        assert statement["evidence"]
        for evidence in statement["evidence"]:
            assert _plain(evidence["quote"]) in spoken
            assert evidence["start_ms"] < evidence["end_ms"]
    due = " ".join(str(item.get("due_text")) for item in analysis["action_items"]).lower()
    assert "friday" in due
    assert "december" in due


def test_the_call_is_on_the_timelines_of_contact_and_deal(
    tenant: Tenant, call: dict[str, str]
) -> None:
    for path in (f"/v1/contacts/{call['contact']}", f"/v1/deals/{call['deal']}"):
        entries = until(
            lambda path=path: tenant.api.get(f"{path}/timeline", limit=100)["data"],
            lambda seen: {"video.ready", "video.analysed"} <= {entry["kind"] for entry in seen},
        )

        moments = [entry["occurred_at"] for entry in entries]
        assert moments == sorted(moments, reverse=True)
        analysed = next(entry for entry in entries if entry["kind"] == "video.analysed")
        assert analysed["subject"] == {"type": "video", "id": call["video"]}


def test_an_outside_consumer_gets_the_events_through_its_own_rule(
    tenant: Tenant, contract: Contract
) -> None:
    def aws(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=contract.aws_endpoint,
            region_name=contract.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    queue = aws("sqs").create_queue(QueueName="outsider")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = json.dumps({"detail-type": ["contact.created.v1"]})
    aws("events").put_rule(Name="outsider", EventBusName=contract.event_bus, EventPattern=pattern)
    aws("events").put_targets(
        Rule="outsider",
        EventBusName=contract.event_bus,
        Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}],
    )

    made = tenant.api.post("/v1/contacts", {"name": "Eve Outside", "email": "eve@outside.example"})
    received = until(
        lambda: aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []),
        bool,
    )

    event = json.loads(received[0]["Body"])
    assert event["source"] == "reelate.crm"
    assert event["detail"]["workspace"] == tenant.workspace
    assert event["detail"]["subject"] == {"type": "contact", "id": made["id"]}
    assert event["detail"]["data"]["email"] == "eve@outside.example"


def _decoded(url: str) -> int:
    """Decode one playlist to the end; return the frames. Not one warning is allowed."""
    return int(_played(url, quiet=True).get("frame", 0))


def _played(url: str, *options: str, quiet: bool = False) -> dict[str, str]:
    """Play with FFmpeg as the client; return the last progress it told."""
    done = subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "warning", "-progress", "pipe:1",
            "-i", url, *options, "-f", "null", "-",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert not quiet or not done.stderr.strip(), done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def _attribute(line: str, name: str) -> str:
    return line.partition(f"{name}=")[2].partition(",")[0]


def _plain(text: str) -> str:
    return " ".join("".join(c for c in text.lower() if c.isalnum() or c.isspace()).split())
