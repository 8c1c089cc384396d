"""λ plan: inspection.json → plan.json, and the batches of chunks that the Map goes through."""

from functools import partial
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.effort import noted
from functions.shared.meter import Meter
from functions.shared.quotas import EXCEEDED, QuotaExceededError, minutes, spent_on
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.media import EncodePlan, Source
from functions.video.model import Reason, Video
from functions.video.plan.logic import WAIT_SECONDS, encoders, plan
from functions.video.s3 import S3Store
from functions.video.settings import PlanSettings
from functions.video.task import Task

_STEP = "plan"


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with `batches` (each with the numbers of its `chunks`), how many `lanes` these
    have, `video` and `audio`; `busy` with `wait_seconds` while all of the workspace's encoders are
    at work; or `refused` with a reason when the quota of encoded minutes does not suffice."""
    task, settings = Task.model_validate(event), PlanSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    table = Table(client("dynamodb"), settings.video_table, task.workspace)
    costs = DynamoCosts(table)
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, table)


def _worked(task: Task, settings: PlanSettings, table: Table) -> dict[str, Any]:
    media = S3Store(client("s3"), settings.media_bucket, task.prefix)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(
        dynamodb, settings.video_table, task.workspace, task.video, task.run, task.folder
    )
    meter = Meter(Table(dynamodb, settings.platform_table, task.workspace), settings.stage)
    log.step_started(_STEP)
    planned = media.exists(keys.PLAN)
    if planned:
        # Written once: chunks that are done were cut by it.
        made = EncodePlan.model_validate(media.get_json(keys.PLAN))
    else:
        source = Source.model_validate(media.get_json(keys.INSPECTION))
        caller = Caller.pipeline(task.workspace, task.request_id)
        wanted = DynamoVideos(table, Video, caller).get(task.video, consistent=True).content
        content = None if wanted == "auto" else wanted
        made = plan(source, content=content, chunk_segments=settings.chunk_segments)
    if not planned or task.resumes is not None:  # what the run before had reserved is released
        try:
            meter.reserve(
                spent_on("encoded_minutes", task.video, task.run), minutes(made.duration_ms)
            )
        except QuotaExceededError as refusal:
            reason = Reason(code=EXCEEDED, detail=refusal.detail, step=_STEP)
            log.step_failed(_STEP, reason)
            return {"outcome": "refused", "reason": reason.model_dump()}
    if not planned:
        media.put_json(keys.PLAN, made.model_dump(mode="json"))
    most = min(settings.encode_concurrency, max(1, len(made.batches)))
    lanes = encoders(meter, spent_on("encoders", task.video, task.run), most)
    if not lanes:
        return {"outcome": "busy", "wait_seconds": WAIT_SECONDS}
    chunks = len(made.video.chunks) if made.video else 0
    log.chunks_planned(chunks)
    log.step_done(_STEP, {"chunks": chunks})
    return {
        "outcome": "ok",
        "lanes": lanes,
        "batches": [{"chunks": list(batch)} for batch in made.batches],
        "video": made.video is not None,
        "audio": made.audio is not None,
    }
