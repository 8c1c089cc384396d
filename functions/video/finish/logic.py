"""What λ finish is given, and the outcome in it."""

from collections.abc import Mapping
from typing import Any

from functions.video.model import ArtefactName
from functions.video.reasons import reason_of
from functions.video.runs import STEP_OF
from functions.video.task import Task


class Ending(Task):
    """The state machine's input: `result` is a step's outcome, or the error that was caught."""

    artefact: ArtefactName
    result: Mapping[str, Any]


def result_of(task: Ending) -> Mapping[str, Any]:
    """Return the step's outcome; a caught error, or a step that never came to an end, becomes
    `failed` with a typed reason."""
    if task.result.get("outcome") in ("ok", "skipped"):
        return task.result
    step = STEP_OF[task.artefact]
    failure = {"step": step, **task.result}
    return {"outcome": "failed", "reason": reason_of(failure).model_dump()}
