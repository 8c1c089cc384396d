"""λ reuse: finished renditions of equal bytes → this video's own, `ready` without encoding."""

from functools import partial
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.effort import noted
from functions.shared.errors import NotFoundError
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.dynamodb_equals import DynamoEquals
from functions.video.intake import intake_of
from functions.video.model import Reason, Video
from functions.video.playback import sight_of
from functions.video.reuse.logic import take_over
from functions.video.s3 import S3Store
from functions.video.settings import ReuseSettings
from functions.video.task import Task

_STEP = "reuse"
_STEPS = ("inspect", "plan", "encode", "encode_audio", "capture", "package")
_REUSED = Reason(code="reused", detail="Taken over from a video of the same bytes.")
_NOTHING = {"outcome": "none"}


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `reused` with `speech_key` and `twin_speech_key` (null without sound), or `none`:
    there is nothing that the uploader may read, and the run goes its usual way."""
    task, settings = Task.model_validate(event), ReuseSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    table = Table(client("dynamodb"), settings.video_table, task.workspace)
    costs = DynamoCosts(table)
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, table, costs)


def _worked(
    task: Task, settings: ReuseSettings, table: Table, costs: DynamoCosts
) -> dict[str, Any]:
    videos = DynamoVideos(table, Video, Caller.pipeline(task.workspace, task.request_id))
    try:
        video = videos.get(task.video, consistent=True)
    except NotFoundError:
        return _NOTHING
    file = video.replacement or video
    if not file.sight or intake_of(video).number != task.source:
        return _NOTHING
    uploader = sight_of(task.workspace, "uploader", "system", file.sight)
    twin = DynamoEquals(table, DynamoVideos(table, Video, uploader)).twin(video)
    made = twin.artefacts.renditions.run if twin else None
    if twin is None or twin.media is None or made is None:
        return _NOTHING
    source = keys.run_prefix(task.workspace, twin.id, made)
    taken = take_over(S3Store(client("s3"), settings.media_bucket), source, task.prefix)
    if taken is None:
        return _NOTHING
    left = {"puts": taken.objects, "stored_bytes": taken.bytes}
    annotate(**left)
    costs.tell(task.video, task.run, _STEP, left)
    log = DynamoRunLog(
        client("dynamodb"), settings.video_table, task.workspace, task.video, task.run
    )
    for step in _STEPS:
        log.step_skipped(step, _REUSED)
    try:
        videos.mark_ready(task.video, task.run, twin.media)
    except NotFoundError:
        return _NOTHING  # deleted meanwhile; its bytes go with it
    return {
        "outcome": "reused",
        "speech_key": task.prefix + keys.SPEECH if taken.has_speech else None,
        "twin_speech_key": source + keys.SPEECH if taken.has_speech else None,
    }
