"""The house consumer: one SQS batch, each message on its own, failures reported one by one."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from functions.shared.telemetry import logger


def consume(event: Mapping[str, Any], handle: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Handle every message of an SQS batch; a failed one is reported back alone
    (`batchItemFailures`), so that SQS retries it and, after the queue's limit, moves it to the
    DLQ without delaying the rest.

    `handle` gets the message's JSON body and must be idempotent: SQS delivers at least once.
    """
    failures = []
    for record in event["Records"]:
        try:
            handle(json.loads(record["body"]))
        except Exception as error:  # noqa: BLE001 - any failure is this message's alone
            # The type, not the message: a body may hold a customer's words.
            logger.error(
                "message failed",
                extra={
                    "message_id": record["messageId"],
                    "error_type": type(error).__name__,
                    "receive_count": record.get("attributes", {}).get("ApproximateReceiveCount"),
                },
            )
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
