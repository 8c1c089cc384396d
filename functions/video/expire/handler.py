"""λ expire: every few minutes, does what is due: uploads that did not complete expire, runs that
never started are started, what deleted videos and failed runs left behind is deleted."""

from datetime import datetime
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now, parse
from functions.shared.errors import ReelateError
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger
from functions.video.due import Due
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_videos import DynamoDueList
from functions.video.model import Video
from functions.video.multipart_s3 import S3MultipartUploads
from functions.video.pipeline import Pipeline
from functions.video.s3 import S3Store
from functions.video.settings import ExpireSettings
from functions.video.step_functions import StepFunctionsExecutions

PER_SHARD = 100
_MARGIN_MS = 20_000  # left over when the function stops looking at further videos


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Tend what is due at the schedule's `time`; one video's trouble is not another's. Returns
    how often each thing was done."""
    settings = ExpireSettings.from_env()
    at = parse(event["time"]) if "time" in event else now()
    done: dict[str, int] = {}
    for due in DynamoDueList(client("dynamodb"), settings.video_table).due(at, PER_SHARD):
        if context.get_remaining_time_in_millis() < _MARGIN_MS:
            break  # what is left is still due at the next tick
        outcome = _tend(settings, due, at, context.aws_request_id)
        done[outcome] = done.get(outcome, 0) + 1
    annotate(workspace=None, video=None, done=done)
    return done


def _tend(settings: ExpireSettings, due: Due, at: datetime, request_id: str) -> str:
    annotate(workspace=due.workspace, video=due.video)
    table = Table(client("dynamodb"), settings.video_table, due.workspace)
    pipeline = Pipeline(
        workspace=due.workspace,
        videos=DynamoVideos(table, Video, Caller.pipeline(due.workspace, request_id)),
        executions=StepFunctionsExecutions(client("stepfunctions"), settings.state_machine_arn),
        uploads=S3MultipartUploads(client("s3"), settings.uploads_bucket),
        sources=S3Store(client("s3"), settings.uploads_bucket),
        media=S3Store(client("s3"), settings.media_bucket),
        quotas=Meter(
            Table(client("dynamodb"), settings.platform_table, due.workspace), settings.stage
        ),
        clock=now,
        pulls=StepFunctionsExecutions(client("stepfunctions"), settings.pull_machine_arn),
    )
    try:
        return pipeline.tend(due.video, at)
    except ReelateError as error:
        logger.error("left for the next tick", extra={"error_type": type(error).__name__})
        return "left"
