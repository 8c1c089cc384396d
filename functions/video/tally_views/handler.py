"""λ tally_views: what players tell of what is watched, from the queue into heat maps."""

from typing import Any

from functions.shared.aws import client
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger
from functions.video.dynamodb_views import DynamoViews
from functions.video.settings import TallyViewsSettings
from functions.video.tally_views.logic import tally


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Count one SQS batch; messages that must come again are reported one by one."""
    settings = TallyViewsSettings.from_env()
    database = client("dynamodb")

    def views_of(workspace: str) -> DynamoViews:
        return DynamoViews(Table(database, settings.video_table, workspace))

    failures = tally(event["Records"], views_of, _failed)
    annotate(beats=len(event["Records"]), failures=len(failures))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}


def _failed(message: str, error: Exception) -> None:
    # The type, not the message: it may quote what was sent.
    logger.error("beat failed", extra={"message_id": message, "error_type": type(error).__name__})
