"""The S3 adapter of ObjectStore and MediaStore: one bucket, or what lies under one prefix of it.

get_json, get_bytes, head, exists   1 request      put_*   1 request, upload_file 1 per 64 MB
delete_prefix                       1 list + 1 delete per 1,000 objects
purge_prefix                        1 list + 1 delete per 1,000 versions
listed                              1 list per 1,000 objects   copy    1 request
"""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.errors import NotFoundError, UnavailableError

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "PreconditionFailed"}
_BLOCK = 1 << 20
_PART = 64 << 20  # bytes per request of a large upload: 10,000 parts reach 625 GB
_PARTS_AT_ONCE = 4


class S3Store:
    """Objects below `prefix` in `bucket`; keys are given and returned without the prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def get_json(self, key: str) -> Any:
        """Return a JSON object's value; raises NotFoundError."""
        return json.loads(self.get_bytes(key))

    def put_json(self, key: str, value: Any) -> None:
        """Write a JSON object."""
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self.put_bytes(key, data, "application/json")

    def get_bytes(self, key: str, *, first: int = 0, count: int | None = None) -> bytes:
        """Return an object's bytes, or `count` of them from `first`; raises NotFoundError."""
        wanted = {} if count is None else {"Range": f"bytes={first}-{first + count - 1}"}
        with _translated(key):
            try:
                reply = self._client.get_object(
                    Bucket=self._bucket, Key=self._prefix + key, **wanted
                )
            except ClientError as error:
                if _code(error) == "InvalidRange":
                    return b""  # an empty object has no first byte to ask for
                raise
            return bytes(reply["Body"].read())

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """Write an object."""
        with _translated(key):
            self._client.put_object(
                Bucket=self._bucket, Key=self._prefix + key, Body=data, ContentType=content_type
            )

    def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        """Write an object unless there is one; False when there is."""
        with _translated(key):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Body=data,
                    ContentType=content_type,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if _code(error) in _TAKEN:
                    return False
                raise
        return True

    def upload_file(self, path: Path, key: str, content_type: str) -> int:
        """Write a file as an object, in parts when it is large; returns its size in bytes."""
        size = path.stat().st_size
        if size > _PART:
            self._upload_parts(path, key, content_type, size)
            return size
        with _translated(key), path.open("rb") as file:
            self._client.put_object(
                Bucket=self._bucket, Key=self._prefix + key, Body=file, ContentType=content_type
            )
        return size

    def download_file(self, key: str, path: Path) -> None:
        """Write an object to a file; raises NotFoundError."""
        with _translated(key):
            reply = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            with path.open("wb") as file:
                for block in reply["Body"].iter_chunks(_BLOCK):
                    file.write(block)

    def presign_get(self, key: str, lifetime_s: int, disposition: str | None = None) -> str:
        """Return a URL that reads one object for `lifetime_s` seconds; S3 replies with that
        `Content-Disposition`, which is signed too."""
        told = {} if disposition is None else {"ResponseContentDisposition": disposition}
        return str(
            self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket, "Key": self._prefix + key, **told},
                ExpiresIn=lifetime_s,
            )
        )

    def exists(self, key: str) -> bool:
        """Say whether there is such an object."""
        return self.head(key) is not None

    def head(self, key: str) -> int | None:
        """Return an object's size in bytes, None when there is none."""
        try:
            with _translated(key):
                reply = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        except NotFoundError:
            return None
        return int(reply["ContentLength"])

    def measure(self) -> tuple[int, int]:
        """Return how many objects there are, and their bytes: 1 request for each 1,000."""
        sizes = [size for _, size in self.listed("")]
        return len(sizes), sum(sizes)

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size (bytes) of every object under a prefix."""
        with _translated(prefix):
            for page in self._pages(prefix):
                for each in page.get("Contents", ()):
                    yield each["Key"].removeprefix(self._prefix), int(each["Size"])

    def copy(self, key: str, to: str) -> None:
        """Copy an object of up to 5 GB within the bucket; raises NotFoundError."""
        with _translated(key):
            self._client.copy_object(
                Bucket=self._bucket,
                Key=self._prefix + to,
                CopySource={"Bucket": self._bucket, "Key": self._prefix + key},
            )

    def delete_prefix(self, prefix: str) -> int:
        """Delete every object under a prefix; returns how many."""
        deleted = 0
        with _translated(prefix):
            for page in self._pages(prefix):
                keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
                self._delete(keys)
                deleted += len(keys)
        return deleted

    def purge_prefix(self, prefix: str) -> int:
        """Delete every version, and every mark of a deletion, under a prefix; returns how many."""
        purged = 0
        with _translated(prefix):
            pages = self._client.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                found = [
                    {"Key": each["Key"], "VersionId": each["VersionId"]}
                    for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                ]
                self._delete(found)
                purged += len(found)
        return purged

    def _delete(self, objects: list[dict[str, str]]) -> None:
        if not objects:
            return
        reply = self._client.delete_objects(
            Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
        )
        if reply.get("Errors"):
            raise UnavailableError("some objects could not be deleted")

    def _pages(self, prefix: str) -> Iterable[Any]:
        """Return S3's listing of a prefix, 1,000 objects a page."""
        pages: Iterable[Any] = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        return pages

    def _upload_parts(self, path: Path, key: str, content_type: str, size: int) -> None:
        at: dict[str, str] = {"Bucket": self._bucket, "Key": self._prefix + key}
        with _translated(key):
            upload = self._client.create_multipart_upload(**at, ContentType=content_type)
            part = partial(self._upload_part, path, key, upload["UploadId"])
            try:
                with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
                    etags = list(pool.map(part, range(0, size, _PART)))
                self._client.complete_multipart_upload(
                    **at,
                    UploadId=upload["UploadId"],
                    MultipartUpload={
                        "Parts": [
                            {"PartNumber": number, "ETag": etag}
                            for number, etag in enumerate(etags, start=1)
                        ]
                    },
                )
            except BaseException:
                self._client.abort_multipart_upload(**at, UploadId=upload["UploadId"])
                raise

    def _upload_part(self, path: Path, key: str, upload_id: str, offset: int) -> str:
        with path.open("rb") as file:
            file.seek(offset)
            reply = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._prefix + key,
                UploadId=upload_id,
                PartNumber=offset // _PART + 1,
                Body=file.read(_PART),
            )
        return str(reply["ETag"])


class S3Addresses:
    """Addresses of a store's objects, each signed by itself, good for `lifetime_s` seconds."""

    def __init__(self, store: S3Store, lifetime_s: int) -> None:
        self._store = store
        self._lifetime_s = lifetime_s

    def of(self, key: str) -> str:
        """Return the address of one object."""
        return self._store.presign_get(key, self._lifetime_s)

    def download(self, key: str, disposition: str) -> str:
        """Return the address of one object to save."""
        return self._store.presign_get(key, self._lifetime_s, disposition)

    def below(self, folder: str) -> Callable[[str], str]:  # noqa: ARG002 - S3 knows no folders
        """Return what maps the keys of a folder's objects to their addresses."""
        return self.of


def ca_bundle() -> Path | None:
    """Return the certificates that the SDK trusts, for others who read its presigned URLs."""
    # Here and not above: it loads the whole HTTP stack, which most functions load later or never.
    from botocore.httpsession import get_cert_path

    path = get_cert_path(True)
    return Path(path) if path else None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) in _ABSENT:
            raise NotFoundError(f"there is no object {key}") from error
        raise UnavailableError(f"storage refused: {_code(error)}") from error
    except BotoCoreError as error:
        raise UnavailableError("storage does not answer") from error
