"""λ insight/forget: of a video that is gone for good no word is kept."""

from typing import Any

from functions.insight.dynamodb import DynamoResults
from functions.insight.settings import ForgetSettings
from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle `video.purged` events. The transcripts and analyses themselves are objects of the
    video, and went with it; what they were in short goes here."""
    return consume(event, _forget)


def _forget(message: dict[str, Any]) -> None:
    detail = message["detail"]
    annotate(workspace=detail["workspace"])
    settings = ForgetSettings.from_env()
    table = Table(client("dynamodb"), settings.insight_table, detail["workspace"])
    DynamoResults(table).forget(detail["subject"]["id"])
