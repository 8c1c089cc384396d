"""Names that people and servers give files: words to show, and nothing that anything follows."""

from typing import Any

import pytest

from functions.shared import aws
from tests.integration.video.conftest import UPLOADS, Cloud

NEW = {"filename": "call.mp4", "content_type": "video/mp4", "size_bytes": 64 * 1024}
ODD = [
    "../../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/passwd",
    "C:\\con\\nul.mp4",
    "-i",
    "$(touch pwned).mp4",
    "`id`;|&.mp4",
    "%00%2e%2e%2f.mp4",
    "a\u202egpj.exe",
    "\ufeffa\u200b.mp4",
    "file:/etc/passwd",
    "http://127.0.0.1/x",
    "\U0001f3a5" * 60,
]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_shown_as_it_is_and_is_no_part_of_any_key(cloud: Cloud, name: str) -> None:
    video = cloud.uploaded(filename=name, title=name)

    shown = cloud.get(video)
    assert (shown["source"]["filename"], shown["title"]) == (name, name)
    assert cloud.objects(UPLOADS) == [f"wsp_one/{video['id']}/source"]
    head = aws.client("s3").head_object(Bucket=UPLOADS, Key=f"wsp_one/{video['id']}/source")
    assert head["ContentType"] == "application/octet-stream"
    assert "ContentDisposition" not in head
    assert head["Metadata"] == {}
    assert cloud.start(cloud.created(video)) == []
    (execution,) = cloud.executions()
    assert execution == f"{video['id']}-1"
    assert name not in str(cloud.execution_input(execution))


@pytest.mark.parametrize("field", ["filename", "title"])
@pytest.mark.parametrize(
    "name",
    ["a\0b.mp4", "\0", "a\r\nX-Evil: 1.mp4", "a\x7f.mp4", "a\x85b", "n" * 4_096, "\ud800", ""],
)  # fmt: skip
def test_a_name_that_is_none_is_refused_before_anything_is_made(
    cloud: Cloud, field: str, name: str
) -> None:
    reply = cloud.api.post("/v1/videos", NEW | {field: name})

    assert reply.status in (400, 422)
    assert reply.headers["content-type"] == "application/problem+json"
    assert cloud.items() == []
    assert cloud.open_uploads() == []


@pytest.mark.parametrize("title", ["a\0b", "t" * 4_096, "\n"])
def test_a_title_is_not_changed_to_one_that_is_none(cloud: Cloud, title: str) -> None:
    video = cloud.open()
    path = f"/v1/videos/{video['id']}"

    reply: Any = cloud.api.patch(path, {"title": title})

    assert reply.status in (400, 422)
    assert cloud.get(video)["title"] == video["title"]
