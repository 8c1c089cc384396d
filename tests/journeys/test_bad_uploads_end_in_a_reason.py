"""Uploads that are not what they say, or never end: a typed, readable reason and nothing left."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.contract import Contract
from infra.local.deployment import client
from tests.journeys.conftest import SAMPLE
from tests.journeys.tenant import Tenant, until
from tests.media import crafted
from tests.media.odd_inputs import path

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud, pytest.mark.media]

WITHIN = 60.0  # seconds from completion to the verdict


def _objects(contract: Contract, bucket: str, prefix: str) -> list[str]:
    listed = client("s3", contract.aws_endpoint).list_objects_v2(
        Bucket=contract.buckets[bucket], Prefix=prefix
    )
    return [each["Key"] for each in listed.get("Contents", [])]


BAD: dict[str, bytes | Callable[[], bytes]] = {
    "not-media.mp4": b"<html><body>hello</body></html>" * 400,
    "noise.mp4": bytes(range(256)) * 4000,
    # The sample without its end, and without its index.
    "truncated.mp4": lambda: b"\0\0\0\x18ftypmp42" + SAMPLE.read_bytes()[-50_000:],
    "playlist.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
    b"http://169.254.169.254/latest/meta-data/\n#EXT-X-ENDLIST\n",
    "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
    # Bombs: 65,535 x 65,535 pixels, a million seconds, 600 MB in 600 KB.
    "dimensions.avi": lambda: path("huge_picture").read_bytes(),
    "duration.mkv": lambda: path("absurdly_long").read_bytes(),
    "decompression.mkv": crafted.swelling_subtitle,
}


REASONS = {
    "not-media.mp4": {"not_media"},
    "noise.mp4": {"not_media"},
    "truncated.mp4": {"truncated", "unreadable", "not_media"},
    "playlist.mp4": {"playlist_in_disguise"},
    "concat.mp4": {"playlist_in_disguise"},
    "dimensions.avi": {"dimensions_too_large"},
    "duration.mkv": {"too_long"},
    "decompression.mkv": {"no_streams"},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_media_fails_with_a_reason(
    tenant: Tenant, contract: Contract, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    content = BAD[name]
    file.write_bytes(content if isinstance(content, bytes) else content())

    video = tenant.upload(file, name)
    found = until(lambda: tenant.video(video), lambda seen: seen["state"] == "failed", WITHIN)

    assert found["reason"]["code"] in REASONS[name]
    assert found["reason"]["step"] == "inspect"
    assert len(found["reason"]["detail"]) > 20
    assert "/" not in found["reason"]["detail"].replace("and/or", "")
    left = _objects(contract, "media", f"{tenant.workspace}/{video}/")
    assert [key for key in left if "/v/" in key or "/a/" in key] == []
    _machine_ended(contract, video)


def _machine_ended(contract: Contract, video: str) -> None:
    states = client("stepfunctions", contract.aws_endpoint)
    machine = contract.state_machines["video"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{video}-1"
    until(lambda: states.describe_execution(executionArn=arn)["status"], lambda s: s != "RUNNING")


def test_an_upload_that_never_completes_expires(tenant: Tenant, contract: Contract) -> None:
    made = tenant.api.post(
        "/v1/videos", {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9_000_000}
    )

    later = (datetime.now(UTC) + timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
    reply: dict[str, Any] = client("lambda", contract.aws_endpoint).invoke(
        FunctionName="reelate-local-video-expire", Payload=json.dumps({"time": later}).encode()
    )

    assert "FunctionError" not in reply
    assert tenant.video(made["id"])["state"] == "expired"
    uploads = client("s3", contract.aws_endpoint).list_multipart_uploads(
        Bucket=contract.buckets["uploads"], Prefix=f"{tenant.workspace}/{made['id']}/"
    )
    assert uploads.get("Uploads", []) == []


def test_an_empty_file_is_refused_before_anything_is_made(tenant: Tenant) -> None:
    reply = tenant.api.client.post(
        "/v1/videos", json={"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 0}
    )

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/size_bytes"
