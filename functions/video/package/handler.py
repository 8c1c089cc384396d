"""λ package: everything encoded → manifest.json and video.mp4; the video is `ready`."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.effort import noted
from functions.shared.meter import Meter
from functions.shared.quotas import minutes, spent_on
from functions.shared.settings import find_binary
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.facts import MediaFacts
from functions.video.ffmpeg import FFmpeg
from functions.video.media import EncodePlan, Source
from functions.video.model import Video
from functions.video.package.logic import Packager
from functions.video.process import InTime
from functions.video.s3 import S3Store
from functions.video.settings import PackageSettings
from functions.video.task import Task

_STEP = "package"


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with `speech_key`, null when there is nothing to transcribe."""
    task, settings = Task.model_validate(event), PackageSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    table = Table(client("dynamodb"), settings.video_table, task.workspace)
    costs = DynamoCosts(table)
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, table, costs, context)


def _worked(
    task: Task, settings: PackageSettings, table: Table, costs: DynamoCosts, context: Any
) -> dict[str, Any]:
    media = S3Store(client("s3"), settings.media_bucket, task.prefix)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(
        dynamodb, settings.video_table, task.workspace, task.video, task.run, task.folder
    )
    log.step_started(_STEP)
    meter = Meter(Table(dynamodb, settings.platform_table, task.workspace), settings.stage)
    meter.release(spent_on("encoders", task.video, task.run))  # they have ended
    plan = EncodePlan.model_validate(media.get_json(keys.PLAN))
    source = Source.model_validate(media.get_json(keys.INSPECTION))
    with tempfile.TemporaryDirectory() as folder:
        manifest = Packager(
            tool=InTime(FFmpeg(find_binary("ffmpeg")), context.get_remaining_time_in_millis),
            plan=plan,
            store=media,
            folder=Path(folder),
        ).package(log.chunks())
    objects, size = media.measure()
    costs.tell(task.video, task.run, _STEP, {"puts": objects, "stored_bytes": size})
    log.step_done("encode")  # by many workers; here it is certain that none is missing
    log.step_done(_STEP, {"renditions": [rendition.name for rendition in manifest.renditions]})
    caller = Caller.pipeline(task.workspace, task.request_id)
    facts = MediaFacts.of(source, plan, manifest)
    DynamoVideos(table, Video, caller).mark_ready(task.video, task.run, facts)
    meter.settle(spent_on("encoded_minutes", task.video, task.run), minutes(plan.duration_ms))
    heard = manifest.audio is not None and not manifest.audio.silent
    return {"outcome": "ok", "speech_key": task.prefix + keys.SPEECH if heard else None}
