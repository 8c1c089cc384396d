"""Uploads over the API: open, send, resume, complete, cancel."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

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
