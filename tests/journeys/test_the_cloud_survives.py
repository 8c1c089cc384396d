"""A worker killed in the middle, and the whole cloud stopped and started: nothing is lost."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from infra.local.cloud import Cloud
from tests.journeys.conftest import SAMPLE
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud, pytest.mark.media, pytest.mark.models]


def _encoders(cloud: Cloud) -> list[int]:
    """Find FFmpeg processes that encode chunks for this cloud, by what /proc says of them."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            home = (entry / "cwd").readlink()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked
        line = b" ".join(words)
        if b"libx264" in line and str(cloud.layout.state).encode() in line + str(home).encode():
            found.append(int(entry.name))
    return found


def test_a_run_finishes_although_its_workers_are_killed(
    tenant: Tenant, cloud: Cloud, tmp_path: Path
) -> None:
    # bytes that no other video has: finished work would be reused, and there were nothing to kill
    file = tmp_path / SAMPLE.name
    file.write_bytes(SAMPLE.read_bytes() + b"\x00\x00\x00\x08free")
    video = tenant.upload(file, "Killed in the middle")

    for victim in until(lambda: _encoders(cloud), bool):
        parent = int((Path("/proc") / str(victim) / "stat").read_text().split()[3])
        for pid in (parent, victim):  # the Lambda worker, and the FFmpeg it runs
            os.kill(pid, signal.SIGKILL)
    found = tenant.settled(video)

    assert found["state"] == "ready"
    assert found["run"]["state"] == "succeeded"
    assert found["artefacts"]["renditions"]["state"] == "ready"


def test_everything_is_there_after_down_and_up(
    tenant: Tenant, cloud: Cloud, call: dict[str, str]
) -> None:
    before = tenant.video(call["video"])

    cloud.down()
    cloud.up()

    assert tenant.video(call["video"]) == before
    assert tenant.api.get(f"/v1/contacts/{call['contact']}")["name"] == "Daniel Reed"
    assert tenant.api.get(f"/v1/videos/{call['video']}/transcript")["words"]
    playback = tenant.api.post(f"/v1/videos/{call['video']}/playback")
    assert httpx.get(playback["url"], trust_env=False).status_code == 200


def test_new_work_goes_on_after_a_restart(tenant: Tenant, cloud: Cloud) -> None:
    cloud.down()
    cloud.up()
    deal = tenant.api.post("/v1/deals", {"name": "After the restart"})

    entries = until(lambda: tenant.api.get(f"/v1/deals/{deal['id']}/timeline")["data"], bool)

    assert entries[0]["kind"] == "deal.created"
