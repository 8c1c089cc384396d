"""Finds what a table stream's records mean: the events stamped on written items."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.shared.attributes import unmarshal_item
from functions.shared.caller import Caller
from functions.shared.events import CATALOGUE, detail_type, envelope
from functions.shared.ids import derived_id
from functions.shared.record import stamp


def events_of(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (source, detail) for every event that this stream record's write has stamped.

    A write that leaves another write's stamp in place publishes nothing again.
    """
    images = record["dynamodb"]
    if "NewImage" not in images:
        yield from _expiries(images)
        return
    new = unmarshal_item(images["NewImage"])
    old = unmarshal_item(images["OldImage"]) if "OldImage" in images else None
    known = {each["id"] for each in (old or {}).get("_events", ())}
    workspace = str(new["pk"]).split("#")[1]
    for stamped in new.get("_events", ()):
        if stamped["id"] not in known:
            yield CATALOGUE[stamped["type"]].source, envelope(workspace, stamped, new, old)


def _expiries(images: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the removal of an item means: of a deleted record, that its time is over (it was
    DynamoDB's doing), unless it was purged before. The id is the record's own, so that the same
    removal is the same event however often the stream tells of it."""
    old = unmarshal_item(images.get("OldImage", {}))
    name = f"{old.get('object')}.expired"
    if old.get("sk") != "RECORD" or "deleted_at" not in old or "purged_at" in old:
        return
    if name in CATALOGUE:
        caller = Caller.pipeline(str(old["pk"]).split("#")[1], "expiry")
        at = datetime.fromtimestamp(int(old["expires_at_epoch"]), UTC)
        stamped = {
            **stamp(name, caller, source="expiry", at=at),
            "id": derived_id("evt", old["pk"]),
        }
        yield CATALOGUE[name].source, envelope(caller.workspace, stamped, old, None)


def entries_of(records: Sequence[Mapping[str, Any]], bus: str) -> Iterator[dict[str, Any]]:
    """Yield the PutEvents entries of a batch, in the stream's order."""
    for record in records:
        for source, detail in events_of(record):
            yield {
                "EventBusName": bus,
                "Source": source,
                "DetailType": detail_type(detail["type"]),
                "Detail": json.dumps(detail, separators=(",", ":"), ensure_ascii=False),
                "Resources": [],
            }
