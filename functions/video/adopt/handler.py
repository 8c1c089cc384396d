"""λ adopt: what MediaConvert has rendered → the run's own segments; or why it has not."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from functions.shared.aws import client
from functions.shared.effort import noted
from functions.shared.meter import Meter
from functions.shared.quotas import minutes, spent_on
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.adopt.logic import Adopter, CutShortError
from functions.video.conversion_errors import cut_short, reason_of_job
from functions.video.costs import CONVERT, conversion
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.media import EncodePlan
from functions.video.model import Reason
from functions.video.s3 import S3Store
from functions.video.settings import AdoptSettings
from functions.video.task import Task

_STEP = "encode"


class Converted(Task):
    """The state machine's input; `failure` is what was caught instead of the job."""

    failure: Mapping[str, Any] | None = None


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with how many `frames` there are, or `refused` with a reason. May be repeated."""
    task, settings = Converted.model_validate(event), AdoptSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    costs = DynamoCosts(Table(client("dynamodb"), settings.video_table, task.workspace))
    with noted(context, partial(costs.note, task.video, task.run, CONVERT)):
        return _worked(task, settings, costs)


def _worked(task: Converted, settings: AdoptSettings, costs: DynamoCosts) -> dict[str, Any]:
    media = S3Store(client("s3"), settings.media_bucket, task.prefix)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(
        dynamodb, settings.video_table, task.workspace, task.video, task.run, task.folder
    )
    if task.failure is not None:
        job = log.job()
        return _refused(log, reason_of_job(task.failure, job.error_code if job else None))
    log.step_started(_STEP)
    plan = EncodePlan.model_validate(media.get_json(keys.PLAN))
    try:
        made = Adopter(plan, media, log).adopt()
    except CutShortError as error:
        return _refused(log, cut_short(error.made_s, error.wanted_s))
    if made.video is None:
        raise LookupError(f"{task.video} has no picture")
    # The job is complete, and billed, whatever becomes of the run.
    costs.tell(task.video, task.run, CONVERT, conversion(made.video))
    meter = Meter(Table(dynamodb, settings.platform_table, task.workspace), settings.stage)
    meter.settle(spent_on("converted_minutes", task.video, task.run), minutes(made.duration_ms))
    return {"outcome": "ok", "frames": made.video.timing.frames}


def _refused(log: DynamoRunLog, reason: Reason) -> dict[str, Any]:
    log.step_failed(_STEP, reason)
    annotate(reason=reason.code)
    return {"outcome": "refused", "reason": reason.model_dump()}
