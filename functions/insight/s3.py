"""The media bucket as the insight context uses it (Amazon S3)."""

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from functions.insight.ports import StoredObject
from functions.shared.errors import TooLargeError, UnavailableError

Reply = TypeVar("Reply")
_ABSENT = frozenset(("404", "NoSuchKey", "NotFound"))
_EMPTY = frozenset(("416", "InvalidRange"))


class S3Documents:
    """DocumentStore on one bucket. Its role needs `s3:ListBucket`: without it S3 answers 403
    instead of 404 for an absent object."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def head(self, key: str) -> StoredObject | None:
        """1 HeadObject."""
        reply = _unless(_ABSENT, lambda: self._client.head_object(Bucket=self.bucket, Key=key))
        if reply is None:
            return None
        return StoredObject(size=reply["ContentLength"], checksum=reply["ETag"].strip('"'))

    def read(self, key: str, *, limit: int) -> bytes | None:
        """1 GetObject; raises TooLargeError before reading more than `limit` bytes."""
        reply = _unless(_ABSENT, lambda: self._client.get_object(Bucket=self.bucket, Key=key))
        if reply is None:
            return None
        if reply["ContentLength"] > limit:
            reply["Body"].close()
            raise TooLargeError(f"The stored document has more than {limit:,} bytes.")
        return _unless(frozenset(), lambda: bytes(reply["Body"].read()))

    def read_start(self, key: str, *, count: int) -> bytes:
        """1 ranged GetObject."""
        body = _unless(
            _ABSENT | _EMPTY,
            lambda: bytes(
                self._client.get_object(Bucket=self.bucket, Key=key, Range=f"bytes=0-{count - 1}")[
                    "Body"
                ].read()
            ),
        )
        return body or b""

    def write(self, key: str, document: bytes, kind: str = "application/json") -> None:
        """1 PutObject."""
        _unless(
            frozenset(),
            lambda: self._client.put_object(
                Bucket=self.bucket, Key=key, Body=document, ContentType=kind
            ),
        )

    def link(self, key: str, *, seconds: int) -> str:
        """Signed here, no request."""
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                "ResponseContentType": "application/json",
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=seconds,
        )
        return url


def _unless(absent: frozenset[str], call: Callable[[], Reply]) -> Reply | None:
    """Make a call; None when S3 says one of these codes. Transient faults (after botocore's own
    retries) become UnavailableError."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or error.response["Error"]["Code"] == "SlowDown":
            raise UnavailableError("Storage is busy; please try again.") from error
        raise
    except BotoCoreError as error:  # timeouts, connection failures
        raise UnavailableError("Storage did not answer; please try again.") from error
