"""λ publish: table streams → event bus. An event leaves if and only if its write was committed."""

from typing import Any

from functions.outbox.eventbridge import EventBridge
from functions.outbox.publish.logic import entries_of
from functions.outbox.settings import PublishSettings
from functions.shared.aws import client
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> None:
    """Publish a batch in order. Raises UnavailableError when the bus does not take an entry: the
    stream then delivers the batch again, and consumers know an event by its id."""
    settings = PublishSettings.from_env()
    entries = list(entries_of(event["Records"], settings.event_bus))
    annotate(events=len(entries), records=len(event["Records"]))
    EventBridge(client("events")).put(entries)
