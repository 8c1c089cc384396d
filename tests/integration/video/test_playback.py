"""Playback links: who gets one, what it opens, when it dies."""

import base64
import json
from types import SimpleNamespace
from typing import Any, cast

import botocore.session
import pytest
from botocore.config import Config

from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.clock import iso
from functions.shared.ids import new_id
from functions.video.model import Artefact, Artefacts
from functions.video.playback import MAX_PLAYLIST_BYTES, Grant, Screening, sight_of
from functions.video.s3 import S3Addresses, S3Store
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import call, event
from tests.integration.video.conftest import Cloud
from tests.integration.video.player import beside, follow, link, playable, token_of
from tests.integration.video.renditions import SOUND, manifest, plan, segments
from tests.integration.video.steps import NOT_MEDIA, log_of, unreachable
from tests.unit.video.control_fakes import NOON, MemoryVideos
from tests.unit.video.control_fakes import video as waiting

LONG = 12_000  # segments


def test_a_link_plays_a_ready_video_without_a_key(cloud: Cloud) -> None:
    video = playable(cloud)

    url = link(cloud, video)
    master = follow(cloud, url)
    rung = follow(cloud, beside(url, "720p.m3u8"))
    sound = follow(cloud, beside(url, "audio.m3u8"))

    assert master.status == rung.status == sound.status == 200
    assert master.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert "no-store" in master.headers["cache-control"]
    assert master.headers["access-control-allow-origin"] == "*"
    assert "720p.m3u8" in master.body.splitlines()
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in rung.body
    assert rung.body.rstrip().endswith("#EXT-X-ENDLIST")
    addresses = [line for line in rung.body.splitlines() if line.startswith("https://")]
    assert len(addresses) == 3
    assert all(f"/wsp_one/{video['id']}/1/v/720p/" in each for each in addresses)
    assert all("X-Amz-Signature" in each and "X-Amz-Expires=3600" in each for each in addresses)


def test_a_link_leads_to_poster_and_files(cloud: Cloud) -> None:
    video = playable(cloud)
    url = link(cloud, video)

    names = ("poster.jpg", "video.mp4", "audio.m4a", "storyboard.jpg", "waveform.json")
    for name in names:
        reply = follow(cloud, beside(url, name))

        assert reply.status == 302
        assert f"/wsp_one/{video['id']}/1/{name}?" in reply.headers["location"]
    assert follow(cloud, beside(url, "2160p.m3u8")).status == 404
    assert follow(cloud, beside(url, "plan.json")).status == 404


def test_the_audit_log_is_told_when_watching_begins_and_not_of_every_request(cloud: Cloud) -> None:
    video = playable(cloud)
    url = link(cloud, video)
    for _ in range(2):
        for name in ("master.m3u8", "720p.m3u8", "audio.m3u8", "poster.jpg", "video.mp4"):
            assert follow(cloud, beside(url, name)).status in (200, 302)
    assert follow(cloud, url.replace("/playback/", "/playback/x")).status == 401

    items = aws.client("dynamodb").scan(TableName=ENVIRONMENT["PLATFORM_TABLE"])["Items"]
    told = [unmarshal_item(each)["_audit"][0] for each in items if "_audit" in each]

    assert {(each["type"], each["detail"]["file"]) for each in told} == {
        ("video.playback_started", "master.m3u8"), ("video.playback_started", "video.mp4"),
    }  # fmt: skip
    assert len(told) == 2
    for each in told:
        assert each["subject"] == {"type": "video", "id": video["id"]}
        assert each["actor"] == {"type": "playback_link", "id": cloud.api.member.principal}
        assert (each["address"], each["agent"]) == ("192.0.2.7", "tests")
        assert token_of(url) not in str(each)


def test_a_video_can_be_watched_while_it_is_encoded(cloud: Cloud) -> None:
    video = cloud.running()
    url = link(cloud, video)
    early = follow(cloud, url)
    cloud.put_media(video, "plan.json", plan())
    log = log_of(video)
    log.chunk_done(0, {"720p": segments(1)})
    log.chunk_done(2, {"720p": segments(1, first=2)})

    master = follow(cloud, url)
    growing = follow(cloud, beside(url, "720p.m3u8"))
    no_sound = follow(cloud, beside(url, "audio.m3u8"))
    log.chunk_done(1, {"720p": segments(1, first=1)})
    cloud.put_media(video, "audio.json", SOUND.model_dump(mode="json"))
    whole = follow(cloud, beside(url, "720p.m3u8"))
    sound = follow(cloud, beside(url, "audio.m3u8"))
    poster = follow(cloud, beside(url, "poster.jpg"))

    assert (early.status, early.json["code"]) == (404, "not_playable_yet")
    assert early.headers["retry-after"] == "2"
    assert master.status == 200
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in growing.body
    assert growing.body.count("#EXTINF") == 1
    assert "#EXT-X-ENDLIST" not in growing.body
    assert no_sound.body.count("#EXTINF") == 0
    assert whole.body.count("#EXTINF") == 3
    assert "#EXT-X-ENDLIST" in whole.body
    assert sound.body.count("#EXTINF") == 1
    assert (poster.status, poster.json["code"]) == (404, "not_playable_yet")


def test_a_very_long_video_has_addresses_that_redirect(cloud: Cloud) -> None:
    video = cloud.ready()
    cloud.put_media(video, "manifest.json", manifest(LONG))
    url = link(cloud, video)

    rung = follow(cloud, beside(url, "720p.m3u8"))
    paths = [line for line in rung.body.splitlines() if line.startswith("segments/")]
    segment = follow(cloud, beside(url, paths[-1]))

    assert len(paths) == LONG
    assert len(rung.body) < 1_000_000
    assert segment.status == 302
    assert f"/wsp_one/{video['id']}/1/v/720p/11999.m4s?" in segment.headers["location"]
    assert follow(cloud, beside(url, "segments/1/v/720p/init.mp4")).status == 302
    for path in (
        "segments/2/v/720p/00000.m4s",
        "segments/1/v/720p/../../../2/v/720p/00000.m4s",
        "segments/1/v/../00000.m4s",
        "segments/1/transcript.json",
        "segments/1/v/720p/0.m4s",
        "segments/x/v/720p/00000.m4s",
    ):
        assert follow(cloud, beside(url, path)).status in (404, 422)


def test_a_link_opens_nothing_of_another_video(cloud: Cloud, other: Cloud) -> None:
    mine, second, foreign = playable(cloud), playable(cloud), playable(other)
    url = link(cloud, mine)

    body = follow(cloud, beside(url, "720p.m3u8")).body

    assert second["id"] not in body
    assert foreign["id"] not in body
    reply = cloud.api.post(f"/v1/videos/{foreign['id']}/playback")
    assert reply.status == 404


@pytest.mark.parametrize("part", [0, 1])
def test_a_tampered_link_is_dead(cloud: Cloud, other: Cloud, part: int) -> None:
    video, foreign = playable(cloud), playable(other)
    url = link(cloud, video)
    payload, mac = token_of(url).split(".")
    if part:
        forged = f"{payload}.{mac[:-4]}AAAA"
    else:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        claims |= {"w": "wsp_two", "v": foreign["id"]}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        forged = f"{body}.{mac}"

    for token in (forged, payload, f".{mac}", "x", "%00", "\u00e9" * 10, mac):
        for name in ("master.m3u8", "720p.m3u8", "poster.jpg", "segments/1/a/init.mp4"):
            reply = follow(cloud, f"/v1/playback/{token}/{name}")

            assert (reply.status, reply.json["code"]) == (401, "playback_link_invalid")


def test_a_cursor_is_not_a_link(cloud: Cloud) -> None:
    for _ in range(2):
        cloud.open()
    cursor = cloud.api.get("/v1/videos?limit=1").json["next_cursor"]

    assert follow(cloud, f"/v1/playback/{cursor}/master.m3u8").status == 401


def test_a_link_expires(cloud: Cloud) -> None:
    video = playable(cloud)
    path = f"/v1/videos/{video['id']}/playback"

    reply = cloud.api.post(path, {"expires_in_s": 60})

    claims = json.loads(base64.urlsafe_b64decode(token_of(reply.json["url"]).split(".")[0] + "=="))
    assert set(claims) == {"w", "v", "p", "i", "x", "n"}
    assert (claims["w"], claims["v"], claims["p"]) == ("wsp_one", video["id"], "key_one")
    for wrong in (0, 59, 604_801, "x"):
        assert cloud.api.post(path, {"expires_in_s": wrong}).status == 422


def test_revoking_ends_every_link_given_before_at_once(cloud: Cloud) -> None:
    video = playable(cloud)
    links = [link(cloud, video), link(cloud, video, {"expires_in_s": 3600})]

    reply = cloud.api.post(f"/v1/videos/{video['id']}/playback/revoke")
    after = [follow(cloud, url) for url in links]
    renewed = link(cloud, video)

    assert reply.status == 204
    assert [(each.status, each.json["code"]) for each in after] == [
        (401, "playback_link_revoked")
    ] * 2
    assert follow(cloud, renewed).status == 200


def test_a_link_to_a_deleted_video_is_dead(cloud: Cloud) -> None:
    video = playable(cloud)
    url = link(cloud, video)
    cloud.api.delete(f"/v1/videos/{video['id']}")

    assert follow(cloud, url).status == 404


def test_a_video_that_will_never_play_gets_no_link(cloud: Cloud) -> None:
    waiting, failed = cloud.open(), cloud.running()
    cloud.fail(failed, NOT_MEDIA)

    for video in (waiting, failed):
        reply = cloud.api.post(f"/v1/videos/{video['id']}/playback")

        assert (reply.status, reply.json["code"]) == (409, "not_playable")


def test_a_repeated_request_gets_the_same_link(cloud: Cloud) -> None:
    video = playable(cloud)
    path = f"/v1/videos/{video['id']}/playback"

    first = cloud.api.post(path, idempotency_key="link")
    second = cloud.api.post(path, idempotency_key="link")

    assert first.body == second.body


def test_a_failed_second_run_leaves_the_first_playable(cloud: Cloud) -> None:
    video = playable(cloud)
    cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "inspect"})
    url = link(cloud, video)
    during = follow(cloud, beside(url, "720p.m3u8"))
    cloud.fail(video, NOT_MEDIA, run=2)

    assert f"/{video['id']}/1/v/720p/" in during.body
    assert follow(cloud, url).status == 200


@pytest.mark.parametrize(
    ("context", "host", "base"),
    [
        ({"path": "/local/v1/x"}, "127.0.0.1:4566", "http://127.0.0.1:4566"),
        (
            {"path": "/api/v1/x", "domainName": "a1.execute-api.eu-central-1.amazonaws.com"},
            "evil.example.com",
            "https://a1.execute-api.eu-central-1.amazonaws.com/api",
        ),
        (
            {"path": "/v1/x", "domainName": "api.example.com"},
            "api.example.com",
            "https://api.example.com",
        ),
        (
            {"path": "/crm/v1/x", "domainName": "api.example.com"},
            "api.example.com",
            "https://api.example.com/crm",
        ),
    ],
)
def test_the_link_works_from_where_the_caller_is(
    cloud: Cloud, context: dict[str, str], host: str, base: str
) -> None:
    video = playable(cloud)
    sent = event("POST", f"/v1/videos/{video['id']}/playback", headers={"host": host})
    sent["requestContext"] |= context

    reply = call(cloud.api.handler, sent)

    assert reply.json["url"].startswith(f"{base}/v1/playback/")


def test_storage_that_does_not_answer_is_a_clean_503(cloud: Cloud) -> None:
    video = playable(cloud)
    url = link(cloud, video)

    with unreachable("s3", "GetObject"):
        reply = follow(cloud, url)

    assert reply.status == 503
    assert reply.headers["retry-after"]


@pytest.mark.parametrize("segments_beyond", [0, 1])
def test_the_longest_playlist_of_addresses_fits_through_lambda(segments_beyond: int) -> None:
    """A Lambda's own credentials are temporary: their token stands in each address."""
    token = base64.b64encode(bytes(range(250)) * 6).decode()  # 2,000: twice a Lambda's usual
    session = botocore.session.get_session()
    s3 = session.create_client(
        "s3", region_name="eu-central-1", aws_access_key_id="ASIA" + "X" * 16,
        aws_secret_access_key="x" * 40, aws_session_token=token,
        config=Config(signature_version="s3v4"),
    )  # fmt: skip
    store = S3Store(s3, "reelate-production-media-123456789012-ap-southeast-2")
    each = len(store.presign_get(f"{new_id('ws')}/{new_id('vid')}/1/v/720p/00000.m4s", 3_600))
    fit = MAX_PLAYLIST_BYTES // (each + 40) - 1  # the initialisation segment has one too
    viewer = sight_of(new_id("ws"), "mem_one", "playback_link")
    video = waiting(artefacts=Artefacts(renditions=Artefact(state="ready", run=1)))
    media = SimpleNamespace(get_json=lambda _key: manifest(fit + segments_beyond))
    shown = Screening(
        grant=Grant(viewer, video.id, iso(NOON)),
        videos=MemoryVideos({video.id: video}),
        media=cast(Any, media),
        addresses=S3Addresses(store, 3_600),
        **cast(Any, dict.fromkeys(("share_of", "origin", "log_of", "tell"))),
    )

    text = shown.track("720p")

    assert text.count("X-Amz-Security-Token") == (0 if segments_beyond else fit + 1)
    assert len(json.dumps(text)) < 0.8 * 6 * 1024 * 1024  # of a synchronous reply
