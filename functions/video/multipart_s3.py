"""Multipart uploads in S3. The bytes go from the sender to the bucket; here are only addresses.

act                 requests
begin, abort, send a part  1
presign a part, whole  0 (signed here)
received parts      1 ListParts per 1,000
complete            1 CompleteMultipartUpload
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from functions.shared.errors import UnavailableError
from functions.video.ports import Address, Part, PartsRefusedError, UploadGoneError

_PAGE = 1_000
# What a source is served as if anyone ever opens it directly: never as something to render.
_CONTENT_TYPE = "application/octet-stream"
_REFUSALS = frozenset(
    {"BadDigest", "EntityTooSmall", "InvalidPart", "InvalidPartOrder", "InvalidRequest",
     "MalformedXML"}
)  # fmt: skip
_SHA256 = "x-amz-checksum-sha256"


class S3MultipartUploads:
    """MultipartUploads into one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str, *, checksums: bool = False) -> str:
        """Open an upload and return its id; with checksums S3 takes no part without one."""
        # Composite: of the parts' checksums, so that it is known before the parts are joined.
        kept = {"ChecksumAlgorithm": "SHA256", "ChecksumType": "COMPOSITE"} if checksums else {}
        reply = self._call(
            self._client.create_multipart_upload,
            Bucket=self._bucket,
            Key=key,
            ContentType=_CONTENT_TYPE,
            **kept,
        )
        return str(reply["UploadId"])

    def presign(
        self,
        key: str,
        upload_id: str,
        part_number: int,
        size_bytes: int,
        lifetime_s: int,
        sha256: str | None = None,
    ) -> Address:
        """Return where exactly this part goes: key, upload, number, Content-Length and checksum
        are signed, so S3 refuses a PUT of anything else."""
        wanted = {"UploadId": upload_id, "PartNumber": part_number}
        headers = {}
        if sha256 is not None:
            wanted["ChecksumSHA256"] = headers[_SHA256] = sha256
        url = self._sign("upload_part", key, lifetime_s, ContentLength=size_bytes, **wanted)
        return Address(url, headers)

    def send(self, key: str, upload_id: str, part_number: int, path: Path, sha256: str) -> None:
        """Send a file as one part; raises UploadGoneError."""
        with path.open("rb") as body:
            self._call(
                self._client.upload_part,
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=part_number,
                Body=body,
                ChecksumSHA256=sha256,
            )

    def presign_whole(self, key: str, size_bytes: int, lifetime_s: int, sha256: str) -> Address:
        """Return where a whole file goes, once: If-None-Match and type are signed too."""
        url = self._sign(
            "put_object",
            key,
            lifetime_s,
            ContentLength=size_bytes,
            ContentType=_CONTENT_TYPE,
            ChecksumSHA256=sha256,
            IfNoneMatch="*",
        )
        return Address(url, {"content-type": _CONTENT_TYPE, "if-none-match": "*", _SHA256: sha256})

    def _sign(self, act: str, key: str, lifetime_s: int, **wanted: Any) -> str:
        return str(
            self._client.generate_presigned_url(
                act,
                Params={"Bucket": self._bucket, "Key": key, **wanted},
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
            Part(
                each["PartNumber"],
                each["Size"],
                each["ETag"].strip('"'),
                each.get("ChecksumSHA256"),
            )
            for each in reply.get("Parts", ())
        ]
        return parts, parts[-1].part_number if reply["IsTruncated"] and parts else None

    def complete(self, key: str, upload_id: str, parts: Sequence[Part], size_bytes: int) -> None:
        """Join the parts to a file of exactly this size; raises UploadGoneError and
        PartsRefusedError."""
        named = [
            {
                "PartNumber": part.part_number,
                "ETag": f'"{part.etag}"',
                **({"ChecksumSHA256": part.sha256} if part.sha256 else {}),
            }
            for part in parts
        ]
        self._call(
            self._client.complete_multipart_upload,
            Bucket=self._bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": named},
            MpuObjectSize=size_bytes,
        )

    def abort(self, key: str, upload_id: str) -> None:
        """Throw the received parts away; nothing happens when there is no such upload, or none
        at all (``), as of a single PUT."""
        if not upload_id:
            return
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
