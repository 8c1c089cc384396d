"""The exchange bucket (keys: `exchange_keys`); its objects are gone after the days that infra says.

One request for each act; a file that is read in blocks is one GetObject, one that is written in
blocks a PutObject, or an UploadPart for each PART bytes and two requests more.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from functions.shared.errors import NotFoundError, UnavailableError

BLOCK = 1 << 18  # bytes
PART = 8 << 20  # bytes; S3 takes 5 MiB to 5 GiB, and 10,000 of them
_ABSENT = {"404", "NoSuchKey", "NotFound", "NoSuchUpload"}


class Exchange:
    """Objects of one bucket. Raises UnavailableError when S3 does not answer, NotFoundError for
    what is not there."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    # what callers are handed

    def address_put(self, key: str, size_bytes: int, lifetime_s: int) -> str:
        """Return a URL that takes exactly `size_bytes` bytes."""
        return self._address("put_object", "PUT", lifetime_s, Key=key, ContentLength=size_bytes)

    def address_part(
        self, key: str, upload_id: str, number: int, size_bytes: int, lifetime_s: int
    ) -> str:
        """Return a URL that takes exactly this part of an upload."""
        return self._address(
            "upload_part",
            "PUT",
            lifetime_s,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            ContentLength=size_bytes,
        )

    def address_get(self, key: str, filename: str, lifetime_s: int) -> str:
        """Return a URL that reads an object, to be saved and never shown."""
        return self._address(
            "get_object",
            "GET",
            lifetime_s,
            Key=key,
            ResponseContentDisposition=f'attachment; filename="{filename}"',
            ResponseContentType="application/octet-stream",
        )

    # uploads

    def begin(self, key: str, content_type: str = "application/octet-stream") -> str:
        """Open a multipart upload and return its id."""
        reply = self._call(self._client.create_multipart_upload, Key=key, ContentType=content_type)
        return str(reply["UploadId"])

    def put_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        """Write a part and return its ETag."""
        reply = self._call(
            self._client.upload_part, Key=key, UploadId=upload_id, PartNumber=number, Body=data
        )
        return str(reply["ETag"])

    def complete(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        """Join the parts, the first being number 1."""
        parts = [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(etags, start=1)]
        self._call(
            self._client.complete_multipart_upload,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
        )

    def abort(self, key: str, upload_id: str) -> None:
        """Throw an upload's parts away; one that is not there is no matter."""
        try:
            self._call(self._client.abort_multipart_upload, Key=key, UploadId=upload_id)
        except NotFoundError:
            return

    # objects

    def size(self, key: str) -> int | None:
        """Return an object's size in bytes, None when there is none."""
        try:
            return int(self._call(self._client.head_object, Key=key)["ContentLength"])
        except NotFoundError:
            return None

    def beginning(self, key: str, count: int) -> bytes:
        """Return an object's first `count` bytes, or all of it."""
        return b"".join(self.blocks(key, 0, count))

    def blocks(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield an object's bytes from `start` up to `end` (1 request); nothing from beyond it."""
        if end is not None and end <= start:
            return
        wanted = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            body = self._call(self._client.get_object, Key=key, Range=wanted)["Body"]
        except _RangeError:
            return
        yield from self._read(body)

    def get_json(self, key: str) -> Any:
        """Return a JSON object's value."""
        return json.loads(b"".join(self.blocks(key)))

    def put_json(self, key: str, value: Any) -> None:
        """Write a JSON object."""
        data = json.dumps(value, separators=(",", ":")).encode()
        self._call(self._client.put_object, Key=key, Body=data, ContentType="application/json")

    def put_blocks(self, key: str, blocks: Iterable[bytes], content_type: str) -> int:
        """Write an object from blocks, in constant memory; return its size in bytes."""
        etags: list[str] = []
        upload, size, waiting = "", 0, bytearray()
        try:
            for block in blocks:
                waiting += block
                if len(waiting) >= PART:
                    upload = upload or self.begin(key, content_type)
                    etags.append(self.put_part(key, upload, len(etags) + 1, bytes(waiting)))
                    size += len(waiting)
                    waiting.clear()
            size += len(waiting)
            if not upload:
                self._call(
                    self._client.put_object, Key=key, Body=bytes(waiting), ContentType=content_type
                )
                return size
            if waiting:
                etags.append(self.put_part(key, upload, len(etags) + 1, bytes(waiting)))
            self.complete(key, upload, etags)
        except BaseException:
            if upload:
                self.abort(key, upload)
            raise
        return size

    def _address(self, operation: str, method: str, lifetime_s: int, **params: Any) -> str:
        return str(
            self._client.generate_presigned_url(
                operation,
                Params={"Bucket": self._bucket, **params},
                ExpiresIn=lifetime_s,
                HttpMethod=method,
            )
        )

    def _read(self, body: Any) -> Iterator[bytes]:
        from botocore.exceptions import BotoCoreError

        try:
            yield from body.iter_chunks(BLOCK)
        except BotoCoreError as error:
            raise UnavailableError("The store broke off; try again.") from error

    def _call(self, call: Callable[..., Any], **arguments: Any) -> Any:
        # Here and not above: the client has loaded it by now, and a handler's import need not.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(Bucket=self._bucket, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _ABSENT:
                raise NotFoundError("There is no such file.") from error
            if code in ("InvalidRange", "416"):
                raise _RangeError from error
            raise UnavailableError("The store did not take the request; try again.") from error
        except BotoCoreError as error:
            raise UnavailableError("The store did not answer; try again.") from error


class _RangeError(Exception):
    """The object ends before the bytes that were asked for."""
