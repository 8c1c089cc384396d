"""λ fail: ends a run that cannot go on, with a reason that a user understands; and keeps why a
batch was given up, from which that reason is taken."""

from collections.abc import Mapping
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.meter import Meter
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.model import Video
from functions.video.outcomes import fail_run, release_run
from functions.video.reasons import is_expected, reason_of
from functions.video.s3 import S3Store
from functions.video.settings import FailSettings
from functions.video.task import Task


class Failure(Task):
    """The state machine's input; `failure` is what `reasons.reason_of` reads."""

    failure: Mapping[str, Any]
    final: bool = True  # False: a batch failed, which may be tried again


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return the outcome `ok`; `expected` says that a step refused the video, which is no fault
    of ours. May be repeated."""
    task = Failure.model_validate(event)
    settings, reason = FailSettings.from_env(), reason_of(task.failure)
    annotate(workspace=task.workspace, video=task.video, run=task.run, reason=reason.code)
    if not task.final:
        dynamodb = client("dynamodb")
        log = DynamoRunLog(dynamodb, settings.video_table, task.workspace, task.video, task.run)
        log.batch_failed(reason)
        return {"outcome": "ok", "expected": False}
    table = Table(client("dynamodb"), settings.video_table, task.workspace)
    caller = Caller.pipeline(task.workspace, task.request_id)
    fail_run(
        DynamoVideos(table, Video, caller),
        S3Store(client("s3"), settings.media_bucket),
        task.workspace,
        task.video,
        task.run,
        reason,
        now(),
    )
    platform = Table(client("dynamodb"), settings.platform_table, task.workspace)
    release_run(Meter(platform, settings.stage), task.video, task.run)
    return {"outcome": "ok", "expected": is_expected(reason)}
