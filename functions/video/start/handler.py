"""λ start: a source has arrived in S3 → its video's first run."""

from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.consumer import consume
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger
from functions.video import keys
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.model import Video
from functions.video.multipart_s3 import S3MultipartUploads
from functions.video.pipeline import Pipeline
from functions.video.s3 import S3Store
from functions.video.settings import StartSettings
from functions.video.step_functions import StepFunctionsExecutions


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle a batch of `Object Created` events; each may come late, twice or out of order."""
    return consume(event, _arrived)


def _arrived(message: dict[str, Any]) -> None:
    created = message["detail"]["object"]
    found = keys.source_of(created["key"])
    if found is None:
        annotate(workspace=None, video=None)
        logger.info("not a source", extra={"event_id": message["id"]})
        return
    workspace, video_id, number = found
    annotate(workspace=workspace, video=video_id)
    done = _pipeline(workspace, str(message["id"])).arrived(video_id, number, int(created["size"]))
    logger.info("source arrived", extra={"done": done, "event_id": message["id"]})


def _pipeline(workspace: str, event_id: str) -> Pipeline:
    settings = StartSettings.from_env()
    table = Table(client("dynamodb"), settings.video_table, workspace)
    return Pipeline(
        workspace=workspace,
        videos=DynamoVideos(table, Video, Caller.pipeline(workspace, event_id)),
        executions=StepFunctionsExecutions(client("stepfunctions"), settings.state_machine_arn),
        uploads=S3MultipartUploads(client("s3"), settings.uploads_bucket),
        sources=S3Store(client("s3"), settings.uploads_bucket),
        media=S3Store(client("s3"), settings.media_bucket),
        quotas=Meter(Table(client("dynamodb"), settings.platform_table, workspace), settings.stage),
        clock=now,
    )
