"""Signed addresses as S3 sees them: each is for one thing, and for its time."""

import base64
import hashlib
import os
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config

from functions.video.multipart_s3 import S3MultipartUploads
from functions.video.s3 import S3Store
from infra.local.contract import Contract
from infra.local.deployment import REGION, ROOT, client
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

MIB = 1024 * 1024
FILE = os.urandom(100_000)
SHA256 = base64.b64encode(hashlib.sha256(FILE).digest()).decode()


def opened(tenant: Tenant, **more: Any) -> dict[str, Any]:
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": len(FILE), **more}
    made: dict[str, Any] = tenant.api.post("/v1/videos", body)
    return made


def put(url: str, headers: dict[str, str | None], body: bytes = FILE) -> int:
    sent = {name: value for name, value in headers.items() if value is not None}
    return httpx.put(url, content=body, headers=sent, trust_env=False).status_code


def stored(contract: Contract, tenant: Tenant, video: str) -> list[str]:
    listed = client("s3", contract.aws_endpoint).list_objects_v2(
        Bucket=contract.buckets["uploads"], Prefix=f"{tenant.workspace}/{video}/"
    )
    return [each["Key"] for each in listed.get("Contents", [])]


def signing(contract: Contract) -> Any:
    """Return a client of S3 that signs as the functions' own does (functions/shared/aws.py)."""
    return boto3.client(
        "s3", endpoint_url=contract.aws_endpoint, region_name=REGION,
        config=Config(signature_version="s3v4"), **ROOT,
    )  # fmt: skip


def parts(tenant: Tenant, video: str) -> list[Any]:
    return list(tenant.api.pages(f"/v1/videos/{video}/parts"))


def test_the_address_of_a_part_takes_that_part_of_that_upload_and_nothing_else(
    tenant: Tenant, contract: Contract
) -> None:
    video, other = opened(tenant), opened(tenant)
    (part,), (foreign,) = video["upload"]["parts"], other["upload"]["parts"]
    url, headers = part["url"], part["headers"]
    theirs = foreign["url"].partition("uploadId=")[2].partition("&")[0]
    ours = url.partition("uploadId=")[2].partition("&")[0]

    for wrong in (
        url.replace(video["id"], other["id"]),
        url.replace("/source?", "/1/manifest.json?"),
        url.replace("-uploads-", "-media-"),
        url.replace("partNumber=1", "partNumber=2"),
        url.replace(ours, theirs),
        url.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
        url.partition("?")[0],
        url.replace(video["id"], other["id"]).replace(ours, theirs),
    ):
        assert wrong != url
        assert put(wrong, headers) == 403, wrong
    assert put(url, headers, FILE[:-1]) == put(url, headers, FILE + b"x") == 403
    assert httpx.get(url, trust_env=False).status_code == 403
    assert httpx.delete(url, trust_env=False).status_code == 403
    assert parts(tenant, video["id"]) == parts(tenant, other["id"]) == []
    assert put(url, headers) == 200
    (sent,) = parts(tenant, video["id"])
    named = [{"part_number": 1, "etag": sent["etag"]}]
    tenant.api.post(f"/v1/videos/{video['id']}/complete", {"parts": named})

    # When the file is there, its address changes nothing any more.
    assert put(url, headers) == 404
    tenant.api.client.delete(f"/v1/videos/{other['id']}")


def test_the_address_of_a_whole_file_takes_that_file_once(
    tenant: Tenant, contract: Contract
) -> None:
    video = opened(tenant, sha256=SHA256)
    (part,) = video["upload"]["parts"]
    url, headers = part["url"], part["headers"]

    for wrong in (
        {"content-type": "text/html"},
        {"content-type": None},
        {"if-none-match": None},
        {"x-amz-checksum-sha256": None},
        {"x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode()},
    ):
        assert put(url, headers | wrong) == 403, wrong
    assert put(url, headers, FILE + b"x") == 403
    assert put(url, headers, FILE[:-1] + b"x") == 400  # S3 adds it up
    assert stored(contract, tenant, video["id"]) == []
    assert put(url, headers) == 200
    assert put(url, headers) == 412


def test_an_address_ends_when_its_time_is_over(tenant: Tenant, contract: Contract) -> None:
    s3, bucket = signing(contract), contract.buckets["uploads"]
    uploads, key = S3MultipartUploads(s3, bucket), f"{tenant.workspace}/expiry/source"
    upload = uploads.begin(key)
    lasting = uploads.presign(key, upload, 1, len(FILE), 60)
    brief = uploads.presign(key, upload, 1, len(FILE), 1)
    s3.put_object(Bucket=bucket, Key=f"{key}-there", Body=b"x")
    reading = S3Store(s3, bucket).presign_get(f"{key}-there", 1)

    until(lambda: put(brief.url, dict(brief.headers)), lambda status: status == 403, 10)
    until(lambda: httpx.get(reading, trust_env=False).status_code, lambda seen: seen == 403, 10)

    assert put(lasting.url, dict(lasting.headers)) == 200
    uploads.abort(key, upload)
    s3.delete_object(Bucket=bucket, Key=f"{key}-there")


def test_a_whole_file_is_saved_and_its_address_opens_no_other(
    tenant: Tenant, call: dict[str, str]
) -> None:
    link = tenant.api.post(f"/v1/videos/{call['video']}/playback", {})["url"]

    def address(name: str) -> str:
        reply = httpx.get(link.replace("master.m3u8", name), trust_env=False)
        assert reply.status_code == 302
        return reply.headers["location"]

    for name, kind in (("video.mp4", "video/mp4"), ("audio.m4a", "audio/mp4")):
        url = address(name)
        served = httpx.get(url, headers={"range": "bytes=0-11"}, trust_env=False)
        title = tenant.video(call["video"])["title"]
        assert served.status_code == 206
        assert served.content[4:8] == b"ftyp"
        assert served.headers["content-type"] == kind
        assert served.headers["content-disposition"].startswith(
            f'attachment; filename="{title}.{name.rpartition(".")[2]}"'
        )
        assert urlsplit(url).netloc != urlsplit(link).netloc
        for wrong in (
            url.replace("attachment", "inline"),
            url.replace(name, "transcript.json"),
            url.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999"),
            url.partition("?")[0],
        ):
            assert wrong != url
            assert httpx.get(wrong, trust_env=False).status_code == 403, wrong
    assert httpx.get(address("poster.jpg"), trust_env=False).headers["content-type"] == "image/jpeg"
