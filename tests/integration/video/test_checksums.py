"""Uploads whose parts are held against their checksums, and files that come in a single PUT."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions.shared import aws
from functions.video.part_plan import composite
from tests.integration.video.conftest import MIB, UPLOADS, Cloud, sha256

FILE = b"\x01" * (8 * MIB) + b"\x02" * MIB
PARTS = {1: FILE[: 8 * MIB], 2: FILE[8 * MIB :]}
SUMS = {number: sha256(data) for number, data in PARTS.items()}
SMALL = b"a small film" * 1_000


def addresses(cloud: Cloud, video: Any, numbers: list[int]) -> list[Any]:
    body = {"part_numbers": numbers, "sha256": [SUMS[number] for number in numbers]}
    reply = cloud.api.post(f"/v1/videos/{video['id']}/parts", body)
    assert reply.status == 200, reply.body
    return list(reply.json["data"])


def send(cloud: Cloud, video: Any, numbers: list[int]) -> list[Any]:
    sent = []
    for part in addresses(cloud, video, numbers):
        number = part["part_number"]
        reply = requests.put(part["url"], PARTS[number], headers=part["headers"], timeout=5)
        assert reply.status_code == 200, reply.text
        sent.append({"part_number": number, "etag": reply.headers["ETag"], "sha256": SUMS[number]})
    return sent


def small(cloud: Cloud, **more: Any) -> Any:
    return cloud.open(size=len(SMALL), sha256=sha256(SMALL), **more)


def put(part: Any, data: bytes = SMALL) -> requests.Response:
    return requests.put(part["url"], data, headers=part["headers"], timeout=5)


def test_an_address_is_bound_to_its_parts_checksum(cloud: Cloud) -> None:
    video = cloud.open(checksums="sha256")

    (part,) = addresses(cloud, video, [2])

    query = parse_qs(urlsplit(part["url"]).query)
    assert video["upload"]["parts"] == []
    assert query["X-Amz-SignedHeaders"] == ["content-length;host;x-amz-checksum-sha256"]
    assert part["headers"] == {"x-amz-checksum-sha256": SUMS[2]}


def test_parts_with_checksums_are_listed_and_joined_with_them(cloud: Cloud) -> None:
    video = cloud.open(checksums="sha256")
    sent = send(cloud, video, [2, 1])

    listed = cloud.api.get(f"/v1/videos/{video['id']}/parts").json["data"]
    reply = cloud.complete(video, sent)

    assert [part["sha256"] for part in listed] == [SUMS[1], SUMS[2]]
    assert reply.status == 200, reply.body
    assert reply.json["upload"]["state"] == "completed"
    assert reply.json["upload"]["sha256"] == composite([SUMS[1], SUMS[2]])


def test_the_store_is_told_the_size_that_the_file_must_have(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)
    told: list[Any] = []
    events = aws.client("s3").meta.events
    name = "provide-client-params.s3.CompleteMultipartUpload"
    events.register(name, lambda params, **_: told.append(params["MpuObjectSize"]), "told")
    try:
        assert cloud.complete(video, parts).status == 200
    finally:
        events.unregister(name, unique_id="told")

    assert told == [9 * MIB]


def test_a_part_that_is_not_what_its_sender_meant_is_not_joined(cloud: Cloud) -> None:
    video = cloud.open(checksums="sha256")
    sent = send(cloud, video, [1, 2])

    reply = cloud.complete(video, [sent[0], {**sent[1], "sha256": SUMS[1]}])

    assert reply.status == 422
    assert [each["code"] for each in reply.json["errors"]] == ["part_checksum"]
    assert cloud.objects(UPLOADS) == []
    assert cloud.complete(video, sent).status == 200


@pytest.mark.parametrize(
    ("checksums", "body", "code"),
    [
        ("sha256", {"part_numbers": [1]}, "checksum_missing"),
        ("sha256", {"part_numbers": [1, 2], "sha256": [SUMS[1]]}, "checksum_missing"),
        (None, {"part_numbers": [1], "sha256": [SUMS[1]]}, "no_checksums"),
        ("sha256", {"part_numbers": [1], "sha256": ["no digest"]}, "string_pattern_mismatch"),
    ],
)
def test_each_part_of_such_an_upload_has_its_checksum(
    cloud: Cloud, checksums: str | None, body: Any, code: str
) -> None:
    video = cloud.open(checksums=checksums)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/parts", body)

    assert reply.status == 422
    assert [each["code"] for each in reply.json["errors"]] == [code]
    assert cloud.get(video)["state"] == "waiting"


def test_a_small_file_comes_in_a_single_put_that_overwrites_nothing(cloud: Cloud) -> None:
    video = small(cloud)

    (part,) = video["upload"]["parts"]

    query = parse_qs(urlsplit(part["url"]).query)
    assert video["upload"]["method"] == "single"
    assert query["X-Amz-SignedHeaders"] == [
        "content-length;content-type;host;if-none-match;x-amz-checksum-sha256"
    ]
    assert part["headers"] == {
        "content-type": "application/octet-stream",
        "if-none-match": "*",
        "x-amz-checksum-sha256": sha256(SMALL),
    }
    assert (put(part).status_code, put(part).status_code) == (200, 412)
    assert cloud.open_uploads() == []


def test_a_single_put_needs_no_completion(cloud: Cloud) -> None:
    video = small(cloud)
    put(video["upload"]["parts"][0])

    assert cloud.start(cloud.created(video)) == []

    shown = cloud.get(video)
    assert (shown["state"], shown["upload"]["state"]) == ("processing", "completed")
    assert cloud.executions() == [f"{video['id']}-1"]


def test_completing_a_single_put_says_whether_it_has_arrived(cloud: Cloud) -> None:
    video = small(cloud)

    early = cloud.complete(video, [])
    put(video["upload"]["parts"][0])
    late = cloud.complete(video, [])

    assert (early.status, early.json["code"]) == (422, "parts_mismatch")
    assert (late.status, late.json["upload"]["state"]) == (200, "completed")


def test_a_single_put_gets_another_address_for_the_same_file_only(cloud: Cloud) -> None:
    video = small(cloud)
    path = f"/v1/videos/{video['id']}/parts"

    again = cloud.api.post(path, {"part_numbers": [1], "sha256": [sha256(SMALL)]})
    other = cloud.api.post(path, {"part_numbers": [1], "sha256": [sha256(b"other")]})

    assert put(again.json["data"][0]).status_code == 200
    assert (other.status, other.json["errors"][0]["code"]) == (422, "other_file")


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_a_put_that_comes_after_the_end_leaves_nothing(cloud: Cloud, end: str) -> None:
    video = small(cloud)
    path = f"/v1/videos/{video['id']}"
    reply = cloud.api.post(f"{path}/cancel") if end == "cancel" else cloud.api.delete(path)
    assert reply.status in (200, 204)

    put(video["upload"]["parts"][0])
    cloud.start(cloud.created(video))

    assert cloud.objects(UPLOADS) == []
    assert cloud.executions() == []


def test_a_file_of_several_parts_is_no_single_put(cloud: Cloud) -> None:
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 8 * MIB + 1}

    reply = cloud.api.post("/v1/videos", {**body, "sha256": SUMS[1]})

    assert reply.status == 422
    assert [each["pointer"] for each in reply.json["errors"]] == ["/size_bytes"]
    assert cloud.items() == []
