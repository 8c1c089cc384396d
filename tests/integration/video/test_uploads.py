"""Uploads over the API: open, send, resume, complete, cancel."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.shared import aws
from tests.integration.gateway import Api, Member
from tests.integration.video.conftest import MIB, UPLOADS, Cloud

NEW = {"filename": "call.mp4", "content_type": "video/mp4", "size_bytes": 9 * MIB}


def test_opening_an_upload_gives_a_waiting_video_and_addresses_of_its_parts(cloud: Cloud) -> None:
    reply = cloud.api.post("/v1/videos", NEW)

    assert reply.status == 201
    video = reply.json
    assert reply.headers["location"] == f"/v1/videos/{video['id']}"
    assert reply.etag == '"1.0.0"'
    assert video["object"] == "video"
    assert video["state"] == "waiting"
    assert video["title"] == "call"
    assert video["run"] is None
    assert [part["size_bytes"] for part in video["upload"]["parts"]] == [8 * MIB, 1 * MIB]
    assert video["upload"]["part_count"] == 2
    assert cloud.events(video) == ["video.created"]


def test_nothing_internal_is_shown(cloud: Cloud) -> None:
    video = cloud.ready()

    shown = cloud.api.get(f"/v1/videos/{video['id']}").body

    assert cloud.record(video)["upload"]["upload_id"] not in shown
    for name in ("upload_id", "due_at", "gsi1pk", '"pk"', "_events", "run_open", '"rev"', '"key"'):
        assert name not in shown


def test_a_part_address_is_bound_to_key_part_upload_and_size(cloud: Cloud) -> None:
    video = cloud.open()

    part = video["upload"]["parts"][1]

    url = urlsplit(part["url"])
    query = parse_qs(url.query)
    assert url.path.endswith(f"/wsp_one/{video['id']}/source")
    assert query["partNumber"] == ["2"]
    assert query["uploadId"] == [cloud.record(video)["upload"]["upload_id"]]
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["3600"]


def test_a_file_name_is_only_ever_a_name(cloud: Cloud) -> None:
    name = "../../../etc/-i ;$(x)\u202egpj.\u00fc.mp4"

    video = cloud.uploaded(filename=name)

    assert video["source"]["filename"] == name
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size_bytes": 0}, "/size_bytes"),
        ({"size_bytes": -1}, "/size_bytes"),
        ({"size_bytes": 5 * 10**12 + 1}, "/size_bytes"),
        ({"size_bytes": "many"}, "/size_bytes"),
        ({"filename": ""}, "/filename"),
        ({"filename": "a" * 256}, "/filename"),
        ({"filename": "a\nb.mp4"}, "/filename"),
        ({"content_type": "text/html"}, "/content_type"),
        ({"content_type": "video/mp4; codecs=x"}, "/content_type"),
        ({"title": " "}, "/title"),
        ({"title": "t" * 201}, "/title"),
        ({"links": [{"type": "note", "id": "not_1"}]}, "/links/0/type"),
        ({"links": [{"type": "contact", "id": "con_1", "x": 1}]}, "/links/0/x"),
        ({"links": [{"type": "contact", "id": "con_1"}] * 21}, "/links"),
        ({"state": "ready"}, "/state"),
        ({"upload": {"upload_id": "mine"}}, "/upload"),
    ],
)
def test_an_invalid_upload_is_refused_before_anything_is_made(
    cloud: Cloud, change: dict[str, Any], pointer: str
) -> None:
    reply = cloud.api.post("/v1/videos", NEW | change)

    assert reply.status == 422
    assert pointer in [each["pointer"] for each in reply.json["errors"]]
    assert cloud.items() == []
    assert cloud.open_uploads() == []


def test_links_name_records_that_the_caller_can_see(cloud: Cloud, other: Cloud) -> None:
    mine = cloud.crm.make("/v1/contacts", {"name": "Ada"})
    foreign = other.crm.make("/v1/contacts", {"name": "Bob"})
    absent = "dea_" + "0" * 26

    good = cloud.api.post("/v1/videos", NEW | {"links": [{"type": "contact", "id": mine["id"]}]})
    bad = cloud.api.post(
        "/v1/videos",
        NEW
        | {
            "links": [
                {"type": "contact", "id": mine["id"]},
                {"type": "contact", "id": foreign["id"]},
                {"type": "deal", "id": absent},
            ]
        },
    )

    assert good.status == 201
    assert good.json["links"] == [{"type": "contact", "id": mine["id"]}]
    assert bad.status == 422
    assert bad.json["code"] == "broken_link"
    assert [each["pointer"] for each in bad.json["errors"]] == ["/links/1", "/links/2"]


def test_a_repeated_request_opens_one_upload(cloud: Cloud) -> None:
    first = cloud.api.post("/v1/videos", NEW, idempotency_key="k1")
    second = cloud.api.post("/v1/videos", NEW, idempotency_key="k1")

    assert second.headers["idempotency-replayed"] == "true"
    assert second.body == first.body
    assert len(cloud.open_uploads()) == 1
    assert [i["sk"] for i in cloud.items()] == ["RECORD"]


def test_asking_for_parts_moves_the_video_to_uploading(cloud: Cloud) -> None:
    video = cloud.open(size=200 * 8 * MIB)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/parts", {"part_numbers": [21, 200]})

    assert reply.status == 200
    assert [part["part_number"] for part in reply.json["data"]] == [21, 200]
    assert cloud.get(video)["state"] == "uploading"


@pytest.mark.parametrize("numbers", [[], [0], [3], [1, 10_001], [1] * 101, ["x"]])
def test_parts_that_do_not_exist_have_no_address(cloud: Cloud, numbers: list[Any]) -> None:
    video = cloud.open()

    reply = cloud.api.post(f"/v1/videos/{video['id']}/parts", {"part_numbers": numbers})

    assert reply.status == 422
    assert cloud.get(video)["state"] == "waiting"


def test_an_interrupted_upload_goes_on_with_what_is_missing(cloud: Cloud) -> None:
    video = cloud.open(size=3 * 8 * MIB)
    sent = cloud.send(video, [1, 3])

    path = f"/v1/videos/{video['id']}/parts"
    page = cloud.api.get(f"{path}?limit=1").json
    rest = cloud.api.get(f"{path}?limit=1&cursor={page['next_cursor']}").json

    assert [part["part_number"] for part in page["data"] + rest["data"]] == [1, 3]
    assert page["data"][0]["size_bytes"] == 8 * MIB
    assert rest["next_cursor"] is None
    sent += cloud.send(video, [2])
    assert cloud.complete(video, sent).status == 200


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


ROUTES = [
    ("POST", "/v1/videos", NEW, "write"),
    ("GET", "/v1/videos", None, "read"),
    ("GET", "/v1/videos/{id}", None, "read"),
    ("PATCH", "/v1/videos/{id}", {"title": "New"}, "write"),
    ("POST", "/v1/videos/{id}/parts", {"part_numbers": [1]}, "write"),
    ("GET", "/v1/videos/{id}/parts", None, "read"),
    ("POST", "/v1/videos/{id}/complete", {"parts": [{"part_number": 1, "etag": "x"}]}, "write"),
    ("POST", "/v1/videos/{id}/cancel", None, "write"),
    ("POST", "/v1/videos/{id}/runs", {"from": "analyse"}, "write"),
    ("POST", "/v1/videos/{id}/playback", None, "read"),
    ("POST", "/v1/videos/{id}/playback/revoke", None, "write"),
    ("DELETE", "/v1/videos/{id}", None, "delete"),
]


@pytest.mark.parametrize("role", ["admin", "rep", "viewer", "stranger"])
def test_each_role_may_do_exactly_what_the_policy_says(cloud: Cloud, role: str) -> None:
    member = Api(cloud.api.handler, Member(role=role))
    for method, path, body, act in ROUTES:
        video = cloud.open()

        reply = member.request(method, path.replace("{id}", video["id"]), body)

        allowed = role in ("admin", "rep") or (role == "viewer" and act == "read")
        assert (reply.status != 403) is allowed, (method, path)
        if not allowed:
            assert reply.json["code"] == "missing_scope"
            assert cloud.get(video)["version"] == 1


def test_a_foreign_video_is_as_absent_as_one_that_never_was(cloud: Cloud, other: Cloud) -> None:
    video = cloud.open()
    before = cloud.items()

    for method, path, body, _act in ROUTES[2:]:
        for wrong in (video["id"], "vid_" + "0" * 26, "con_" + video["id"][4:], "x", "vid_%23"):
            reply = other.api.request(method, path.replace("{id}", wrong), body)

            assert reply.status == 404, (method, path)
            assert reply.json["detail"] == "There is no such video."
    assert cloud.items() == before
