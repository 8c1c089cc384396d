"""λ inspect: the upload → inspection.json, or the typed reason why it is of no use."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from functions.shared.aws import client
from functions.shared.effort import noted
from functions.shared.errors import NotFoundError
from functions.shared.settings import find_binary
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.inspect.logic import HEAD_BYTES, Inspector
from functions.video.inspect.streams import RefusedError
from functions.video.media import Source
from functions.video.model import Reason
from functions.video.process import InTime
from functions.video.s3 import S3Store, ca_bundle
from functions.video.settings import InspectSettings
from functions.video.task import Task

_STEP = "inspect"
_URL_LIFETIME_S = 900  # longer than the function may run


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with `video` and `audio` (whether there is any), or `refused` with a reason."""
    task, settings = Task.model_validate(event), InspectSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    costs = DynamoCosts(Table(client("dynamodb"), settings.video_table, task.workspace))
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, context)


def _worked(task: Task, settings: InspectSettings, context: Any) -> dict[str, Any]:
    s3 = client("s3")
    uploads = S3Store(s3, settings.uploads_bucket)
    media = S3Store(s3, settings.media_bucket, task.prefix)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(dynamodb, settings.video_table, task.workspace, task.video, task.run)
    log.step_started(_STEP)
    try:
        if media.exists(keys.INSPECTION):
            source = Source.model_validate(media.get_json(keys.INSPECTION))
        else:
            source = _inspect(uploads, task, context)
            media.put_json(keys.INSPECTION, source.model_dump(mode="json"))
    except RefusedError as refusal:
        reason = Reason(code=refusal.code, detail=refusal.detail, step=_STEP)
        log.step_failed(_STEP, reason)
        return {"outcome": "refused", "reason": reason.model_dump()}
    has = {"video": source.video is not None, "audio": source.audio is not None}
    log.step_done(_STEP, {"duration_ms": source.duration_ms, **has})
    return {"outcome": "ok", **has}


def _inspect(uploads: S3Store, task: Task, context: Any) -> Source:
    key = task.source_key
    size = uploads.head(key)
    if size is None:
        raise RefusedError("source_missing", "The uploaded file is no longer there.")
    try:
        head = uploads.get_bytes(key, count=HEAD_BYTES) if size else b""
    except NotFoundError as error:
        raise RefusedError("source_missing", "The uploaded file is no longer there.") from error
    with tempfile.TemporaryDirectory() as folder:
        return Inspector(
            tool=InTime(FFmpeg(find_binary("ffmpeg")), context.get_remaining_time_in_millis),
            source=MediaInput(uploads.presign_get(key, _URL_LIFETIME_S), ca_bundle()),
            folder=Path(folder),
            size=size,
            head=head,
        ).inspect()
