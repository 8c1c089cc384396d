"""λ finish: the outcome of transcribing or analysing → the video's artefact; the last one closes
the run."""

from functools import partial
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.effort import noted
from functions.shared.errors import NotFoundError
from functions.shared.limits import Kind
from functions.shared.meter import Meter
from functions.shared.quotas import Claim, spent_on
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video.costs import told
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.finish.logic import Ending, result_of
from functions.video.model import Video
from functions.video.outcomes import finish_artefact
from functions.video.runs import STEP_OF
from functions.video.settings import FinishSettings


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the outcome `ok`, with `made`: whether the artefact is there; `gone` when the
    video was deleted meanwhile."""
    task, settings = Ending.model_validate(event), FinishSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run, artefact=task.artefact)
    table = Table(client("dynamodb"), settings.video_table, task.workspace)
    costs, step = DynamoCosts(table), STEP_OF[task.artefact]
    with noted(context, partial(costs.note, task.video, task.run, f"finish_{step}")):
        costs.tell(
            task.video,
            task.run,
            step,
            told(task.result.get("effort", {}), task.result.get("usage", {})),
        )
        return _worked(task, settings, table)


def _worked(task: Ending, settings: FinishSettings, table: Table) -> dict[str, Any]:
    platform = Table(client("dynamodb"), settings.platform_table, task.workspace)
    # What the step has spent it has settled itself; this is for one that could not say so.
    Meter(platform, settings.stage).release(_claim(task))
    caller = Caller.pipeline(task.workspace, task.request_id)
    try:
        made = finish_artefact(
            DynamoVideos(table, Video, caller),
            task.video,
            task.run,
            task.artefact,
            result_of(task),
            now(),
        )
    except NotFoundError:
        return {"outcome": "gone", "made": False}
    return {"outcome": "ok", "made": made}


def _claim(task: Ending) -> Claim:
    kind: Kind = "transcribed_minutes" if task.artefact == "transcript" else "model_tokens"
    return spent_on(kind, task.video, task.run)
