"""λ follow_job: events of MediaConvert's jobs → progress and warnings of their runs."""

from typing import Any

from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.telemetry import annotate, instrumented, logger
from functions.video.dynamodb import DynamoRunLog
from functions.video.follow_job.logic import take_in
from functions.video.settings import FollowJobSettings


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle a batch of `MediaConvert Job State Change` events; each may come late, twice or out of
    order."""
    return consume(event, _told)


def _told(message: dict[str, Any]) -> None:
    detail = message["detail"]
    status = take_in(detail, _log)
    logger.info("job", extra={"status": status, "event_id": message["id"]})


def _log(workspace: str, video: str, run: int) -> DynamoRunLog:
    annotate(workspace=workspace, video=video, run=run)
    table = FollowJobSettings.from_env().video_table
    return DynamoRunLog(client("dynamodb"), table, workspace, video, run)
