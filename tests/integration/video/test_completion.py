"""The end of an upload: complete, cancel, and both at once."""

from typing import Any

import pytest

from functions.shared import aws
from tests.integration.video.conftest import MIB, UPLOADS, Cloud


def test_completing_joins_the_parts_whatever_their_order(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)

    reply = cloud.complete(video, parts[::-1])

    assert reply.status == 200
    assert reply.json["state"] == "uploading"
    assert reply.json["upload"]["completed_at"]
    key = f"wsp_one/{video['id']}/source"
    head = aws.client("s3").head_object(Bucket=UPLOADS, Key=key)
    assert head["ContentLength"] == 9 * MIB
    assert head["ContentType"] == "application/octet-stream"


def test_completing_twice_changes_nothing(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)

    first = cloud.complete(video, parts)
    second = cloud.complete(video, parts)

    assert (first.status, second.status) == (200, 200)
    assert second.json == first.json


def test_completing_with_one_key_twice_is_a_replay(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)

    first = cloud.complete(video, parts, idempotency_key="done")
    second = cloud.complete(video, parts, idempotency_key="done")

    assert second.headers["idempotency-replayed"] == "true"
    assert second.body == first.body


@pytest.mark.parametrize("state", ["joined", "recorded", "started"])
def test_completing_again_after_a_crash_converges(cloud: Cloud, state: str) -> None:
    video = cloud.open()
    parts = cloud.send(video)
    if state == "joined":  # killed between S3's completion and the record
        upload_id = cloud.record(video)["upload"]["upload_id"]
        aws.client("s3").complete_multipart_upload(
            Bucket=UPLOADS,
            Key=f"wsp_one/{video['id']}/source",
            UploadId=upload_id,
            MultipartUpload={
                "Parts": [{"PartNumber": p["part_number"], "ETag": p["etag"]} for p in parts]
            },
        )
    else:
        assert cloud.complete(video, parts).status == 200
    if state == "started":
        assert cloud.start(cloud.created(video)) == []

    reply = cloud.complete(video, parts)

    assert reply.status == 200
    assert reply.json["upload"]["completed_at"]
    assert reply.json["state"] == ("processing" if state == "started" else "uploading")


def test_the_s3_event_may_overtake_the_reply_of_complete(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)
    cloud.start(cloud.created(video))

    reply = cloud.complete(video, parts)

    assert reply.status == 200
    assert reply.json["state"] == "processing"
    assert cloud.executions() == [f"{video['id']}-1"]


def _wrong_etag(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [parts[0], {**parts[1], "etag": '"0cc175b9c0f1b6a831c399e269772661"'}]


@pytest.mark.parametrize(
    ("sent", "named", "codes"),
    [
        ([1, 2], _wrong_etag, {"part_etag"}),
        ([1, 2], lambda parts: parts[:1], {"part_missing"}),
        ([1, 2], lambda parts: [*parts, parts[0]], {"part_repeated"}),
        ([1], lambda parts: [*parts, {"part_number": 2, "etag": "x"}], {"part_not_received"}),
        ([1, 2], lambda parts: [*parts, {"part_number": 3, "etag": "x"}], {"part_not_received"}),
    ],
)
def test_completing_with_other_parts_than_arrived_changes_nothing(
    cloud: Cloud, sent: list[int], named: Any, codes: set[str]
) -> None:
    video = cloud.open()
    parts = cloud.send(video, sent)

    reply = cloud.complete(video, named(parts))

    assert reply.status == 422
    assert reply.json["code"] == "parts_mismatch"
    assert {each["code"] for each in reply.json["errors"]} == codes
    assert cloud.objects(UPLOADS) == []
    rest = cloud.send(video, [n for n in (1, 2) if n not in sent])
    assert cloud.complete(video, parts + rest).status == 200


def test_a_part_of_another_size_is_refused(cloud: Cloud) -> None:
    video = cloud.open()
    cloud.send(video, [1])
    reply = aws.client("s3").upload_part(  # S3 itself refuses this at the signed address
        Bucket=UPLOADS, Key=f"wsp_one/{video['id']}/source", PartNumber=2, Body=b"short",
        UploadId=cloud.record(video)["upload"]["upload_id"],
    )  # fmt: skip
    parts = [
        {"part_number": part["part_number"], "etag": part["etag"]}
        for part in cloud.api.get(f"/v1/videos/{video['id']}/parts").json["data"]
    ]

    refused = cloud.complete(video, parts)

    assert reply["ETag"].strip('"') == parts[1]["etag"]
    assert refused.status == 422
    assert refused.json["errors"][0]["code"] == "part_size"
    assert cloud.objects(UPLOADS) == []


def test_cancelling_throws_the_parts_away(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)

    first = cloud.api.post(f"/v1/videos/{video['id']}/cancel")
    second = cloud.api.post(f"/v1/videos/{video['id']}/cancel")

    assert (first.status, second.status) == (200, 200)
    assert first.json["state"] == second.json["state"] == "cancelled"
    assert cloud.open_uploads() == []
    assert cloud.events(video) == ["video.cancelled"]
    for path, body in (
        ("complete", {"parts": parts}),
        ("parts", {"part_numbers": [1]}),
    ):
        reply = cloud.api.post(f"/v1/videos/{video['id']}/{path}", body)
        assert (reply.status, reply.json["code"]) == (409, "upload_cancelled")
    assert cloud.api.get(f"/v1/videos/{video['id']}/parts").json["code"] == "upload_cancelled"


def test_a_complete_upload_cannot_be_cancelled(cloud: Cloud) -> None:
    for video in (cloud.uploaded(), cloud.running(), cloud.ready()):
        reply = cloud.api.post(f"/v1/videos/{video['id']}/cancel")

        assert (reply.status, reply.json["code"]) == (409, "upload_complete")
        assert cloud.api.get(f"/v1/videos/{video['id']}/parts").json["code"] == "upload_complete"


def test_a_cancellation_that_came_during_the_completion_stands(cloud: Cloud) -> None:
    """The cancel is recorded while S3 joins the parts: nothing is left of the file."""
    video = cloud.open()
    parts = cloud.send(video)

    def cancel_meanwhile(**_: Any) -> None:
        events.unregister("before-call.s3.CompleteMultipartUpload", cancel_meanwhile)
        _record_cancelled(cloud, video)

    events = aws.client("s3").meta.events
    events.register("before-call.s3.CompleteMultipartUpload", cancel_meanwhile)

    reply = cloud.complete(video, parts)

    assert (reply.status, reply.json["code"]) == (409, "upload_cancelled")
    assert cloud.objects(UPLOADS) == []
    assert cloud.start(cloud.created(video)) == []
    assert cloud.executions() == []


def _record_cancelled(cloud: Cloud, video: Any) -> None:
    aws.client("dynamodb").update_item(
        TableName="reelate-local-video",
        Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET #s = :c ADD version :one",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":c": {"S": "cancelled"}, ":one": {"N": "1"}},
    )


def test_when_the_upload_vanished_completing_says_so(cloud: Cloud) -> None:
    video = cloud.open()
    parts = cloud.send(video)
    aws.client("s3").abort_multipart_upload(
        Bucket=UPLOADS,
        Key=f"wsp_one/{video['id']}/source",
        UploadId=cloud.record(video)["upload"]["upload_id"],
    )

    reply = cloud.complete(video, parts)

    assert (reply.status, reply.json["code"]) == (409, "upload_gone")
