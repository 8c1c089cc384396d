"""Finds what a table stream's records mean: the events stamped on written items."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.shared.attributes import unmarshal_item
from functions.shared.events import CATALOGUE, detail_type, envelope


def events_of(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (source, detail) for every event that this stream record's write has stamped.

    A write that leaves another write's stamp in place publishes nothing again.
    """
    images = record["dynamodb"]
    if "NewImage" not in images:
        return
    new = unmarshal_item(images["NewImage"])
    old = unmarshal_item(images["OldImage"]) if "OldImage" in images else None
    known = {each["id"] for each in (old or {}).get("_events", ())}
    workspace = str(new["pk"]).split("#")[1]
    for stamped in new.get("_events", ()):
        if stamped["id"] not in known:
            yield CATALOGUE[stamped["type"]].source, envelope(workspace, stamped, new, old)


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
