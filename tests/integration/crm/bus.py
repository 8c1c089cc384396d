"""Events as they reach the timelines: from the table's own items, in the queue's envelope."""

import json
from typing import Any

from functions.crm.project_timeline.handler import handler
from functions.shared import aws, events
from functions.shared.attributes import unmarshal_item
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.record import stamp
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT


def image(record_id: str, workspace: str = "wsp_one") -> dict[str, Any]:
    """Return a record's item as the table's stream would carry it."""
    reply = aws.client("dynamodb").get_item(
        TableName=ENVIRONMENT["CRM_TABLE"],
        Key={"pk": {"S": f"W#{workspace}#{record_id}"}, "sk": {"S": "RECORD"}},
    )
    return unmarshal_item(reply["Item"])


def published(
    record_id: str, old: dict[str, Any] | None = None, workspace: str = "wsp_one"
) -> dict[str, Any]:
    """Return the event of a record's last write."""
    new = image(record_id, workspace)
    return events.envelope(workspace, new["_events"][0], new, old)


def video_event(
    kind: str, links: list[dict[str, str]], workspace: str = "wsp_one", **more: Any
) -> dict[str, Any]:
    """Return an event of the video context."""
    item = {
        "id": new_id("vid"), "object": "video", "version": 3, "title": "Call with Ada",
        "state": "ready", "links": links, "duration_ms": 61_000, **more,
    }  # fmt: skip
    caller = Caller(workspace, "key_one", "admin", frozenset(), "req_1")
    return events.envelope(workspace, stamp(kind, caller), item, None)


def message(detail: dict[str, Any]) -> dict[str, Any]:
    """Return an SQS record that carries a bus event."""
    body = {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "source": events.CATALOGUE[detail["type"]].source,
        "detail-type": events.detail_type(detail["type"]),
        "account": "123456789012",
        "time": detail["occurred_at"],
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }
    return {"messageId": detail["id"], "body": json.dumps(body), "attributes": {}}


def deliver(*details: dict[str, Any]) -> list[str]:
    """Deliver events in one batch; return the ids of those that failed."""
    reply = handler({"Records": [message(each) for each in details]}, CONTEXT)
    return [each["itemIdentifier"] for each in reply["batchItemFailures"]]
