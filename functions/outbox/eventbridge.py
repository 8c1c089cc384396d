"""Puts events on an EventBridge bus."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from functions.shared.errors import UnavailableError

# What one PutEvents call takes.
MAX_ENTRIES, MAX_BYTES = 10, 256 * 1024
_ATTEMPTS = 4
_TIMESTAMP_BYTES = 14  # EventBridge counts an entry's time too


class EventsClient(Protocol):
    """The call of the EventBridge client that this adapter makes."""

    def put_events(self, **arguments: Any) -> Any: ...


class EventBridge:
    """A bus that takes entries in order."""

    def __init__(self, client: EventsClient, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause  # seconds

    def put(self, entries: Sequence[dict[str, Any]]) -> None:
        """Publish all entries, in order, 10 or 256 KB a request.

        An entry that the bus refuses is sent again with back-off and jitter. Raises
        UnavailableError when it keeps being refused; later entries are then not sent.
        """
        for chunk in _chunks(entries):
            self._put(chunk)

    def _put(self, entries: list[dict[str, Any]]) -> None:
        waiting = entries
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._pause(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - not a secret
            reply = self._client.put_events(Entries=waiting)
            waiting = [
                entry
                for entry, result in zip(waiting, reply["Entries"], strict=True)
                if "ErrorCode" in result
            ]
            if not waiting:
                return
        raise UnavailableError(f"The event bus refused {len(waiting)} events.")


def _chunks(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    held = 0
    for entry in entries:
        size = _size(entry)
        if chunk and (len(chunk) == MAX_ENTRIES or held + size > MAX_BYTES):
            yield chunk
            chunk, held = [], 0
        chunk.append(entry)
        held += size
    if chunk:
        yield chunk


def _size(entry: dict[str, Any]) -> int:
    text = entry["Source"] + entry["DetailType"] + entry["Detail"]
    return len(text.encode()) + _TIMESTAMP_BYTES
