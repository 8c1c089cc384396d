"""Multipart uploads in S3. The bytes go from the sender to the bucket; here are only addresses.

act                 requests
begin, abort        1
presign a part      0 (signed here)
received parts      1 ListParts per 1,000
complete            1 CompleteMultipartUpload
"""

from collections.abc import Callable, Sequence
from typing import Any

from functions.shared.errors import UnavailableError
from functions.video.ports import Part, PartsRefusedError, UploadGoneError

_PAGE = 1_000
# What a source is served as if anyone ever opens it directly: never as something to render.
_CONTENT_TYPE = "application/octet-stream"
_REFUSALS = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"})


class S3MultipartUploads:
    """MultipartUploads into one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str) -> str:
        """Open an upload and return its id."""
        reply = self._call(
            self._client.create_multipart_upload,
            Bucket=self._bucket,
            Key=key,
            ContentType=_CONTENT_TYPE,
        )
        return str(reply["UploadId"])

    def presign(
        self, key: str, upload_id: str, part_number: int, size_bytes: int, lifetime_s: int
    ) -> str:
        """Return a URL that takes exactly this part: key, upload, number and Content-Length are
        signed, so S3 refuses a PUT of another size."""
        return str(
            self._client.generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "UploadId": upload_id,
                    "PartNumber": part_number,
                    "ContentLength": size_bytes,
                },
                ExpiresIn=lifetime_s,
                HttpMethod="PUT",
            )
        )

    def parts(self, key: str, upload_id: str) -> list[Part]:
        """Return all received parts in order; raises UploadGoneError."""
        found: list[Part] = []
        after: int | None = 0
        while after is not None:
            page, after = self.page(key, upload_id, limit=_PAGE, after=after)
            found += page
        return found

    def page(
        self, key: str, upload_id: str, *, limit: int, after: int
    ) -> tuple[list[Part], int | None]:
        """Return received parts with numbers above `after`, and the number to go on after."""
        reply = self._call(
            self._client.list_parts,
            Bucket=self._bucket,
            Key=key,
            UploadId=upload_id,
            MaxParts=limit,
            PartNumberMarker=after,
        )
        parts = [
            Part(each["PartNumber"], each["Size"], each["ETag"].strip('"'))
            for each in reply.get("Parts", ())
        ]
        return parts, parts[-1].part_number if reply["IsTruncated"] and parts else None

    def complete(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Join the parts; raises UploadGoneError and PartsRefusedError."""
        named = [{"PartNumber": part.part_number, "ETag": f'"{part.etag}"'} for part in parts]
        self._call(
            self._client.complete_multipart_upload,
            Bucket=self._bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": named},
        )

    def abort(self, key: str, upload_id: str) -> None:
        """Throw the received parts away; nothing happens when there is no such upload."""
        try:
            self._call(
                self._client.abort_multipart_upload,
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
            )
        except UploadGoneError:
            return

    def _call(self, call: Callable[..., Any], **arguments: Any) -> Any:
        # Here and not above: the client has loaded it by now, and a handler's import need not.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchUpload":
                raise UploadGoneError from error
            if code in _REFUSALS:
                raise PartsRefusedError(code) from error
            raise UnavailableError("The store did not take the request; try again.") from error
        except BotoCoreError as error:
            raise UnavailableError("The store did not answer; try again.") from error
