"""Archived stages and their emptying, as the queue brings it about."""

import json
from datetime import timedelta
from types import SimpleNamespace

from functions.crm.empty_stage.handler import handler
from functions.crm.pipelines import DRAIN_SECONDS
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.clock import iso, parse
from tests.integration.cloud import ENVIRONMENT
from tests.integration.crm.bus import image
from tests.integration.gateway import CONTEXT


def age(pipeline: str, seconds: float = DRAIN_SECONDS) -> None:
    """Let the stages that are being archived have been closed so much earlier."""
    item = image(pipeline)
    for stage in item["stages"]:
        if stage["state"] == "archiving":
            earlier = parse(stage["archived_at"]) - timedelta(seconds=seconds)
            stage["archived_at"] = iso(earlier)
    aws.client("dynamodb").put_item(TableName=ENVIRONMENT["CRM_TABLE"], Item=marshal_item(item))


def empty(pipeline: str, *, workspace: str = "wsp_one") -> bool:
    """Deliver the event of a closed stage; say whether it was handled."""
    detail = {
        "id": "evt_1", "workspace": workspace, "type": "pipeline.stage_closed",
        "subject": {"type": "pipeline", "id": pipeline},
    }  # fmt: skip
    message = {"messageId": "m1", "body": json.dumps({"detail": detail}), "attributes": {}}
    function = SimpleNamespace(**vars(CONTEXT))
    function.get_remaining_time_in_millis = lambda: 900_000
    return handler({"Records": [message]}, function) == {"batchItemFailures": []}
