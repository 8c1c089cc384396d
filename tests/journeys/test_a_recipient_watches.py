"""Somebody without an account opens a link, watches, and what was watched stands on the deal."""

import subprocess
from typing import Any

import httpx
import imageio_ffmpeg
import pytest

from infra.cli.api import Api
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud, pytest.mark.media]

PASSCODE = "harbor-2026"


@pytest.fixture(scope="module")
def shared(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A deal, a contact, a short silent video on the deal, and a share of it for the contact."""
    file = tmp_path_factory.mktemp("clip") / "demo.mp4"
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi",
         "-i", "testsrc=duration=8:size=320x180:rate=25", "-pix_fmt", "yuv420p", str(file)],
        check=True,
    )  # fmt: skip
    deal = tenant.api.post("/v1/deals", {"name": "Shared demo"})
    contact = tenant.api.post("/v1/contacts", {"name": "Robin Vale", "email": "r@vale.example"})
    video = tenant.upload(file, "Demo", [{"type": "deal", "id": deal["id"]}])
    until(lambda: tenant.video(video)["state"], lambda state: state == "ready")
    share = tenant.api.post(
        f"/v1/videos/{video}/shares",
        {
            "recipient": {"contact_id": contact["id"]},
            "passcode": PASSCODE,
            "domains": ["www.vale.example"],
        },
    )
    return {
        "deal": deal["id"],
        "contact": contact["id"],
        "video": video,
        "share": share,
        "file": file,
    }


def _knock(api: Api, body: dict[str, str], origin: str = "https://www.vale.example") -> Any:
    # without the key that the client sends by itself
    return httpx.post(
        f"{str(api.client.base_url).rstrip('/')}/v1/playback/sessions", json=body,
        headers={"Origin": origin}, trust_env=False,
    )  # fmt: skip


def test_the_whole_way_of_a_link(tenant: Tenant, shared: dict[str, Any]) -> None:
    token, video = shared["share"]["token"], shared["video"]

    without = _knock(tenant.api, {"token": token})
    wrong = _knock(tenant.api, {"token": token, "passcode": "harbor-2025"})
    elsewhere = _knock(tenant.api, {"token": token, "passcode": PASSCODE}, "https://evil.example")
    session = _knock(tenant.api, {"token": token, "passcode": PASSCODE})

    assert [each.json()["code"] for each in (without, wrong, elsewhere)] == [
        "passcode_required", "passcode_wrong", "origin_not_allowed",
    ]  # fmt: skip
    assert session.status_code == 200, session.text
    opened = session.json()
    assert opened["recipient_name"] == "Robin Vale"
    base = opened["url"].rpartition("/")[0]
    played = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "warning", "-i", opened["url"],
         "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert played.stderr == ""
    assert httpx.get(f"{base}/video.mp4", trust_env=False).status_code == 403

    for sequence, (start, end) in enumerate(((0, 4_000), (4_000, 8_000), (4_000, 8_000)), 1):
        number = min(sequence, 2)  # the last is told twice
        told = httpx.post(
            opened["views_url"], trust_env=False,
            json={"sequence": number, "played": [{"from_ms": start, "to_ms": end}]},
        )  # fmt: skip
        assert told.status_code == 202, told.text
    views = until(
        lambda: tenant.api.get(f"/v1/videos/{video}/views"),
        lambda seen: seen["watched_ms"] == 8_000,
    )
    assert views["quartiles"]["completed"] == 1
    assert views["heat"]["sessions"] == [1] * 8
    for record in (f"/v1/deals/{shared['deal']}", f"/v1/contacts/{shared['contact']}"):
        entries = until(
            lambda record=record: tenant.api.get(f"{record}/timeline", kind="views")["data"],
            lambda seen: any(
                each["kind"] == "video.viewed" and each["data"]["view"]["quartile"] == 100
                for each in seen
            ),
        )
        kinds = [each["kind"] for each in entries]
        assert sorted(kinds) == ["share.created", "share.opened", "video.viewed"]

    revoked = tenant.api.client.delete(f"/v1/videos/{video}/shares/{shared['share']['id']}")
    assert revoked.status_code == 204
    assert httpx.get(opened["url"], trust_env=False).json()["code"] == "share_link_ended"
    again = _knock(tenant.api, {"token": token, "passcode": PASSCODE})
    assert again.json()["code"] == "share_link_ended"


def test_a_second_upload_of_the_same_bytes_is_ready_without_encoding(
    tenant: Tenant, shared: dict[str, Any]
) -> None:
    again = tenant.upload(shared["file"], "Demo, once more")

    video = tenant.settled(again)

    steps = {each["name"]: each for each in video["run"]["steps"]}
    assert video["state"] == "ready"
    for name in ("inspect", "plan", "encode", "encode_audio", "capture", "package"):
        assert (steps[name]["state"], steps[name]["reason"]["code"]) == ("skipped", "reused")
    assert video["media"] == tenant.video(shared["video"])["media"]
    gone = tenant.api.client.post(f"/v1/videos/{shared['video']}/purge", headers={"if-match": "*"})
    assert gone.status_code == 204
    url = tenant.api.post(f"/v1/videos/{again}/playback")["url"]
    played = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "warning", "-i", url,
         "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert played.stderr == ""
