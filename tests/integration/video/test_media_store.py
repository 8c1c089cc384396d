"""The store of a run's media, on S3 and in a folder."""

from pathlib import Path
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.errors import NotFoundError, UnavailableError
from functions.video.s3 import S3Store
from functions.video.store import MediaStore
from tests.integration.video.conftest import MEDIA, Cloud
from tests.media.local_store import FolderStore


@pytest.fixture(params=["s3", "folder"])
def store(request: pytest.FixtureRequest, cloud: Cloud, tmp_path: Path) -> MediaStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    return S3Store(aws.client("s3"), MEDIA, "below/")


def test_a_store_keeps_what_it_is_given(store: MediaStore, tmp_path: Path) -> None:
    store.put_json("a.json", {"ä": [1]})
    store.put_bytes("b/c", b"0123456789", "text/plain")
    (tmp_path / "file").write_bytes(b"from a file")

    assert store.upload_file(tmp_path / "file", "d", "text/plain") == 11
    assert store.get_json("a.json") == {"ä": [1]}
    assert store.get_bytes("b/c", first=2, count=3) == b"234"
    store.download_file("d", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"from a file"
    assert (store.head("d"), store.head("none")) == (11, None)
    assert (store.exists("d"), store.exists("none")) == (True, False)


def test_a_store_gives_way_to_what_is_there(store: MediaStore) -> None:
    assert store.put_new("init", b"first", "video/mp4")
    assert not store.put_new("init", b"second", "video/mp4")
    assert store.get_bytes("init") == b"first"


def test_a_store_deletes_what_lies_under_a_prefix_and_nothing_else(store: MediaStore) -> None:
    for key in ("v/1/a", "v/1/b", "v/10/a"):
        store.put_bytes(key, b"x", "text/plain")

    assert store.delete_prefix("v/1/") == 2
    assert store.delete_prefix("v/1/") == 0
    assert store.exists("v/10/a")


def test_what_is_absent_is_not_found(store: MediaStore, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        store.get_bytes("none")
    with pytest.raises(NotFoundError):
        store.get_json("none")
    with pytest.raises(NotFoundError):
        store.download_file("none", tmp_path / "copy")


def test_a_large_file_travels_in_parts(cloud: Cloud, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 10)
    store = S3Store(aws.client("s3"), MEDIA)

    assert store.upload_file(large, "large", "video/mp4") == (64 << 20) + 10

    reply = aws.client("s3").head_object(Bucket=MEDIA, Key="large")
    assert reply["ContentLength"] == (64 << 20) + 10
    assert reply["ETag"].endswith('-2"')
    assert reply["ContentType"] == "video/mp4"


def test_an_interrupted_upload_leaves_no_parts(cloud: Cloud, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 10)
    s3 = aws.client("s3")

    def cut(**_: Any) -> Any:
        raise ConnectionResetError

    s3.meta.events.register("before-send.s3.CompleteMultipartUpload", cut)
    try:
        with pytest.raises(ConnectionResetError):
            S3Store(s3, MEDIA).upload_file(large, "large", "video/mp4")
    finally:
        s3.meta.events.unregister("before-send.s3.CompleteMultipartUpload", cut)

    assert s3.list_multipart_uploads(Bucket=MEDIA).get("Uploads", []) == []


def test_a_bucket_that_is_not_there_is_an_unavailable_storage(cloud: Cloud) -> None:
    with pytest.raises(UnavailableError):
        S3Store(aws.client("s3"), "no-such-bucket").put_bytes("x", b"", "text/plain")
