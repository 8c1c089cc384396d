"""Seals in a bucket with Object Lock: a version, once written, stays until its time is over."""

from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.errors import UnavailableError

_THERE = frozenset({"ConditionalRequestConflict", "PreconditionFailed"})


class S3Client(Protocol):
    """The calls of the S3 client that this adapter makes."""

    def get_object(self, **arguments: Any) -> Any: ...
    def put_object(self, **arguments: Any) -> Any: ...


class S3Seals:
    """The seals of all workspaces; the bucket's own rule locks each new object."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put_new(self, key: str, body: bytes) -> bytes:
        """Write a seal unless one is there; return what is there now.

        Raises UnavailableError when S3 does not answer.
        """
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _THERE:
                raise
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            return bytes(found["Body"].read())
        except BotoCoreError as error:  # timeouts, connection failures
            raise UnavailableError("S3 did not answer; please try again.") from error
        return body
