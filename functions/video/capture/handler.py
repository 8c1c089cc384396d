"""λ capture: the source → poster.jpg."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from functions.shared.aws import client
from functions.shared.effort import noted
from functions.shared.settings import find_binary
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.capture.logic import PosterMaker
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import EncodePlan
from functions.video.model import Reason
from functions.video.process import InTime, ToolFailedError
from functions.video.s3 import S3Store, ca_bundle
from functions.video.settings import CaptureSettings
from functions.video.task import Task

_STEP = "capture"
_URL_LIFETIME_S = 900  # longer than the function may run
_NO_VIDEO = Reason(code="no_video", detail="The recording has no picture.", step=_STEP)
_NO_STILL = Reason(
    code="no_still", detail="No single picture of the recording could be kept.", step=_STEP
)


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok`, or `skipped` with a reason: a video without a poster is still a video."""
    task, settings = Task.model_validate(event), CaptureSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    costs = DynamoCosts(Table(client("dynamodb"), settings.video_table, task.workspace))
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, context)


def _worked(task: Task, settings: CaptureSettings, context: Any) -> dict[str, Any]:
    s3 = client("s3")
    media = S3Store(s3, settings.media_bucket, task.prefix)
    uploads = S3Store(s3, settings.uploads_bucket)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(dynamodb, settings.video_table, task.workspace, task.video, task.run)
    log.step_started(_STEP)
    plan = EncodePlan.model_validate(media.get_json(keys.PLAN))
    reason = None if plan.video else _NO_VIDEO
    if plan.video is not None:
        url = uploads.presign_get(task.source_key, _URL_LIFETIME_S)
        with tempfile.TemporaryDirectory() as folder:
            maker = PosterMaker(
                tool=InTime(FFmpeg(find_binary("ffmpeg")), context.get_remaining_time_in_millis),
                source=MediaInput(url, ca_bundle()),
                video=plan.video,
                store=media,
                folder=Path(folder),
            )
            try:
                maker.capture()
            except ToolFailedError:
                reason = _NO_STILL
    if reason is not None:
        log.step_skipped(_STEP, reason)
        return {"outcome": "skipped", "reason": reason.model_dump()}
    log.step_done(_STEP, {"poster_key": task.prefix + keys.POSTER})
    return {"outcome": "ok"}
