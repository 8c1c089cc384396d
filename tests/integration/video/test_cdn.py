"""Playback where a stage has a CDN: every address that a viewer is given is signed for it."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from functions.shared import aws
from functions.shared.settings import Settings
from tests.integration.video.conftest import Cloud
from tests.integration.video.player import beside, follow, link, playable
from tests.integration.video.renditions import manifest

EIGHT_HOURS = 7_200  # segments


@pytest.fixture
def cdn(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "ascii")
    aws.client("secretsmanager").create_secret(
        Name="reelate-local-cdn", SecretString=json.dumps({"K2ABCDEF": pem})
    )
    monkeypatch.setenv("CDN_DOMAIN", "media.example.com")
    monkeypatch.setenv("CDN_KEY_ID", "K2ABCDEF")
    monkeypatch.setenv("CDN_SECRET", "reelate-local-cdn")
    _forget()
    yield cloud
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


def test_a_rung_s_segments_share_one_signature(cdn: Cloud) -> None:
    video = playable(cdn)
    url = link(cdn, video)

    rung, sound = (follow(cdn, beside(url, f"{name}.m3u8")).body for name in ("720p", "audio"))

    def addresses(playlist: str) -> list[str]:
        return [line for line in playlist.splitlines() if line.startswith("https://")]

    assert len(addresses(rung)) == 3
    base = f"https://media.example.com/wsp_one/{video['id']}/1/v/720p/"
    assert all(each.startswith(base) for each in addresses(rung))
    assert len({urlsplit(each).query for each in addresses(rung)}) == 1
    assert {urlsplit(each).query for each in addresses(rung)}.isdisjoint(
        urlsplit(each).query for each in addresses(sound)
    )
    assert "X-Amz-" not in rung + sound
    assert 'URI="https://media.example.com/' in rung  # the initialisation segment's


def test_files_are_read_through_it_too(cdn: Cloud) -> None:
    video = playable(cdn)
    url = link(cdn, video)

    for name in ("poster.jpg", "video.mp4", "audio.m4a", "storyboard.jpg", "waveform.json"):
        reply = follow(cdn, beside(url, name))
        assert reply.status == 302
        place = f"https://media.example.com/wsp_one/{video['id']}/1/{name}?Policy="
        assert reply.headers["location"].startswith(place)


def test_the_longest_recording_needs_no_redirects(cdn: Cloud) -> None:
    video = cdn.ready()
    cdn.put_media(video, "manifest.json", manifest(EIGHT_HOURS))

    rung = follow(cdn, beside(link(cdn, video), "720p.m3u8"))

    assert rung.body.count("https://media.example.com/") == EIGHT_HOURS + 1
    assert "segments/" not in rung.body
    assert len(json.dumps(rung.body)) < 0.9 * 6 * 1024 * 1024  # of a synchronous reply


def test_a_revoked_link_gives_no_address(cdn: Cloud) -> None:
    video = playable(cdn)
    url = link(cdn, video)
    assert cdn.api.post(f"/v1/videos/{video['id']}/playback/revoke", None).status == 204

    for name in ("720p.m3u8", "video.mp4", "poster.jpg"):
        assert follow(cdn, beside(url, name)).status == 401
