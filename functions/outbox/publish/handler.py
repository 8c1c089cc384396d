"""λ publish: table streams → event bus. An event leaves if and only if its write was committed."""

import random
import time
from typing import Any

from functions.outbox.publish.logic import entries_of
from functions.outbox.settings import PublishSettings
from functions.shared.aws import client
from functions.shared.errors import UnavailableError
from functions.shared.telemetry import annotate, instrumented

_ENTRIES = 10  # PutEvents takes no more
_ATTEMPTS = 4


@instrumented
def handler(event: dict[str, Any], _context: Any) -> None:
    """Publish a batch in order. Raises UnavailableError when the bus does not take an entry: the
    stream then delivers the batch again, and consumers know an event by its id."""
    settings = PublishSettings.from_env()
    entries = list(entries_of(event["Records"], settings.event_bus))
    annotate(events=len(entries), records=len(event["Records"]))
    for start in range(0, len(entries), _ENTRIES):
        _put(entries[start : start + _ENTRIES])


def _put(entries: list[dict[str, Any]]) -> None:
    waiting = entries
    for attempt in range(_ATTEMPTS):
        reply = client("events").put_events(Entries=waiting)
        waiting = [
            entry
            for entry, result in zip(waiting, reply["Entries"], strict=True)
            if "ErrorCode" in result
        ]
        if not waiting:
            return
        time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - not a secret
    raise UnavailableError(f"The event bus refused {len(waiting)} events.")
