"""The bucket as the media steps use it: the context's ObjectStore plus bytes and ranges."""

from collections.abc import Iterator
from typing import Protocol

from functions.video.ports import ObjectStore


class MediaStore(ObjectStore, Protocol):
    """One bucket, or one run's part of it. Raises UnavailableError when it does not answer."""

    def get_bytes(self, key: str, *, first: int = 0, count: int | None = None) -> bytes:
        """Return an object's bytes, or `count` of them from `first`; raises NotFoundError."""

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """Write an object."""

    def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        """Write an object unless there is one; False when there is."""


class ListedStore(MediaStore, Protocol):
    """One that is also asked what there is."""

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size (bytes) of every object under a prefix."""
