"""Finished work is taken over where the bytes are equal: copied within the bucket, under the new
video's own prefix, so that each video can be deleted by itself.

What a model found in the other video is not copied: it was told about the records that the other
one is linked to. The transcript is the transcribing step's to take over.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from functions.shared.errors import NotFoundError
from functions.video import keys

MAX_COPY_BYTES = 5 * 1024**3  # S3's limit of one CopyObject
_AT_ONCE = 32
_NOT_OURS = frozenset({keys.TRANSCRIPT, keys.CAPTIONS, keys.ANALYSIS, "recogniser.json"})


class Copies(Protocol):
    """The media bucket. Raises UnavailableError, NotFoundError for a source that is gone."""

    def listed(self, prefix: str) -> Iterable[tuple[str, int]]:
        """Yield key and size (bytes) of what lies under a prefix."""

    def copy(self, key: str, to: str) -> None:
        """Copy an object within the bucket."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was copied."""

    objects: int
    bytes: int
    has_speech: bool


def take_over(store: Copies, source: str, target: str) -> Taken | None:
    """Copy one run's renditions to another run's prefix, the manifest last: what has a manifest is
    whole. Return None when there is no whole one, or when it cannot be copied at once."""
    found = {
        key.removeprefix(source): size
        for key, size in store.listed(source)
        if key.removeprefix(source) not in _NOT_OURS
    }
    if keys.MANIFEST not in found or max(found.values()) > MAX_COPY_BYTES:
        return None
    names = [name for name in found if name != keys.MANIFEST]
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: store.copy(source + name, target + name), names))
        store.copy(source + keys.MANIFEST, target + keys.MANIFEST)
    except NotFoundError:
        return None  # deleted meanwhile
    return Taken(len(found), sum(found.values()), keys.SPEECH in found)
