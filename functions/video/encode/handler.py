"""λ encode: a batch of chunks of plan.json → their segments in every rung."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from functions.shared.aws import client
from functions.shared.effort import noted
from functions.shared.settings import find_binary
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.encode.logic import ChunkEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import EncodePlan
from functions.video.process import InTime
from functions.video.s3 import S3Store, ca_bundle
from functions.video.settings import EncodeSettings
from functions.video.task import Task

_STEP = "encode"
_URL_LIFETIME_S = 1_800  # longer than the function may run


def _listed(value: Any) -> Any:
    # JSONata turns a list of one into the one.
    return [value] if isinstance(value, int) else value


class Batch(Task):
    """The state machine's input; `chunks` is one batch, an entry of plan's `batches`."""

    chunks: Annotated[tuple[int, ...], BeforeValidator(_listed)]


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with how many chunks were `encoded` now; those done before are left alone."""
    task, settings = Batch.model_validate(event), EncodeSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run, chunks=task.chunks)
    costs = DynamoCosts(Table(client("dynamodb"), settings.video_table, task.workspace))
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, context)


def _worked(task: Batch, settings: EncodeSettings, context: Any) -> dict[str, Any]:
    s3 = client("s3")
    media = S3Store(s3, settings.media_bucket, task.prefix)
    uploads = S3Store(s3, settings.uploads_bucket)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(
        dynamodb, settings.video_table, task.workspace, task.video, task.run, task.folder
    )
    log.step_started(_STEP)
    if not log.wanted(task.chunks):  # of a run that is over not even the plan is there
        return {"outcome": "ok", "encoded": 0}
    plan = EncodePlan.model_validate(media.get_json(keys.PLAN))
    if plan.video is None:
        return {"outcome": "ok", "encoded": 0}
    url = uploads.presign_get(task.source_key, _URL_LIFETIME_S)
    encoded = 0
    for index in task.chunks:
        with tempfile.TemporaryDirectory() as folder:
            encoded += ChunkEncoder(
                tool=InTime(FFmpeg(find_binary("ffmpeg")), context.get_remaining_time_in_millis),
                source=MediaInput(url, ca_bundle()),
                video=plan.video,
                store=media,
                log=log,
                folder=Path(folder),
            ).encode(index)
    return {"outcome": "ok", "encoded": encoded}
