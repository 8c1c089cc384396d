"""The published events: names, payloads and envelope. The only thing contexts know of each other.

An event leaves as `source: reelate.<context>`, `detail-type: <resource>.<past_tense>.v1`. Within
`.v1` a payload only ever gains fields. The catalogue is generated from these models.
"""

from collections.abc import Mapping
from typing import Any

from functions.shared import (
    event_activities,
    event_automations,
    event_bulk,
    event_crm,
    event_identity,
    event_leads,
    event_video,
)
from functions.shared.event_payloads import Published
from functions.shared.sensitive import without_sensitive

CATALOGUE: dict[str, Published] = {
    **event_identity.EVENTS,
    **event_crm.EVENTS,
    **event_leads.EVENTS,
    **event_bulk.EVENTS,
    **event_activities.EVENTS,
    **event_automations.EVENTS,
    **event_video.EVENTS,
}


def envelope(
    workspace: str,
    stamped: Mapping[str, Any],
    new: Mapping[str, Any],
    old: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Build an event's `detail` from the stamp on an item and the item's two stream images.

    Raises KeyError for an event type that the catalogue lacks.
    """
    published = CATALOGUE[stamped["type"]]
    new, was = without_sensitive(new, old or {})
    data = published.payload.model_validate(new).model_dump(mode="json")
    detail = {
        "id": stamped["id"],
        "type": stamped["type"],
        "occurred_at": stamped["occurred_at"],
        "workspace": workspace,
        "actor": stamped["actor"],
        "source": stamped["source"],
        "subject": {"type": new["object"], "id": new["id"]},
        "data": data,
        "request_id": stamped["request_id"],
    }
    # what it follows from: another event, of an automation; a place in a recording, of a model
    detail |= {name: stamped[name] for name in ("cause", "evidence") if name in stamped}
    if "id" in was:
        before = published.payload.model_validate(was).model_dump(mode="json")
        previous = {
            name: value
            for name, value in before.items()
            if name != "version" and value != data[name]
        }
        if previous:
            detail["previous"] = previous
    return detail


def detail_type(event_type: str) -> str:
    """Return the bus's name of an event: `contact.created.v1`."""
    return f"{event_type}.v1"
