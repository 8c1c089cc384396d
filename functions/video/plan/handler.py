"""λ plan: inspection.json → plan.json, and the batches of chunks that the Map goes through."""

from functools import partial
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.effort import noted
from functions.shared.limits import Kind
from functions.shared.meter import Meter
from functions.shared.quotas import EXCEEDED, QuotaExceededError, minutes, spent_on
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.engine import choose, without_quota
from functions.video.media import Choice, EncodePlan, Source
from functions.video.mediaconvert import request
from functions.video.model import Reason, Video, WantedEngine
from functions.video.plan.logic import WAIT_SECONDS, encoders, plan, settled
from functions.video.s3 import S3Store
from functions.video.settings import PlanSettings
from functions.video.task import Task

_STEP = "plan"
_ENCODED: tuple[Kind, ...] = ("encoded_minutes",)
_CONVERTED: tuple[Kind, ...] = ("converted_minutes",)


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with `batches` (each with the numbers of its `chunks`), how many `lanes` these
    have, `video` and `audio`, and the `job` for MediaConvert where that renders the picture;
    `busy` with `wait_seconds` while all of the workspace's encoders are at work; or `refused` with
    a reason when the quota of encoded minutes does not suffice."""
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
        video = DynamoVideos(table, Video, caller).get(task.video, consistent=True)
        content = None if video.content == "auto" else video.content
        made = plan(source, content=content, chunk_segments=settings.chunk_segments)
    converts = _converts(made, log)
    if not planned or task.resumes is not None:  # what the run before had reserved is released
        try:
            for kind in (*_ENCODED, *(_CONVERTED if converts else ())):
                meter.reserve(spent_on(kind, task.video, task.run), minutes(made.duration_ms))
        except QuotaExceededError as refusal:
            reason = Reason(code=EXCEEDED, detail=refusal.detail, step=_STEP)
            log.step_failed(_STEP, reason)
            return {"outcome": "refused", "reason": reason.model_dump()}
    if not planned:
        made = settled(made, _chosen(task, settings, meter, video.engine, source, made))
        media.put_json(keys.PLAN, made.model_dump(mode="json"))
        converts = _converts(made, log)
    most = min(settings.encode_concurrency, max(1, len(made.batches)))
    job = _job(task, settings, made) if converts else None
    lanes = 1 if job else encoders(meter, spent_on("encoders", task.video, task.run), most)
    if not lanes:
        return {"outcome": "busy", "wait_seconds": WAIT_SECONDS}
    # Of a job's progress its own events tell.
    chunks = len(made.video.chunks) if made.video and not job else 0
    log.chunks_planned(chunks, made.choice)
    log.step_done(_STEP, {"chunks": chunks})
    return {
        **({"job": job} if job else {}),
        "outcome": "ok",
        "lanes": lanes,
        "batches": [{"chunks": list(batch)} for batch in made.batches],
        "video": made.video is not None,
        "audio": made.audio is not None,
    }


def _chosen(
    task: Task,
    settings: PlanSettings,
    meter: Meter,
    wanted: WantedEngine,
    source: Source,
    made: EncodePlan,
) -> Choice:
    """Return the engine; MediaConvert only when the workspace's minutes of it suffice."""
    choice = choose(
        wanted,
        source,
        made.video,
        offered=bool(settings.mediaconvert_role),
        lanes=min(settings.encode_concurrency, max(1, len(made.batches))),
    )
    if choice.engine == "mediaconvert":
        claim = spent_on("converted_minutes", task.video, task.run)
        try:
            meter.reserve(claim, minutes(made.duration_ms))
        except QuotaExceededError as refusal:
            return without_quota(refusal.detail)
    return choice


def _converts(made: EncodePlan, log: DynamoRunLog) -> bool:
    """Say whether MediaConvert has a picture to render: not what an earlier run has taken in."""
    if made.video is None or made.choice is None or made.choice.engine != "mediaconvert":
        return False
    return len(log.chunks()) < len(made.video.chunks)


def _job(task: Task, settings: PlanSettings, made: EncodePlan) -> dict[str, Any] | None:
    if made.video is None:
        return None
    return request(
        made.video,
        source=f"s3://{settings.uploads_bucket}/{task.source_key}",
        target=f"s3://{settings.media_bucket}/{task.prefix}{keys.CONVERTED}",
        role=settings.mediaconvert_role,
        token=task.request_id,
        told={
            "application": "reelate",
            "stage": settings.stage,
            "workspace": task.workspace,
            "video": task.video,
            "run": str(task.run),
        },
    )
