"""Technical failures in a user's words: what Step Functions caught becomes a typed reason."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from functions.video.model import Reason

# The error name under which branches of the state machine hand on what they know (its Cause).
PASSED_ON = "RunFailed"
_TIMEOUTS = frozenset({"Sandbox.Timedout", "States.Timeout", "ToolTimedOutError"})
_DOING: Mapping[str, str] = {
    "inspect": "examining the file",
    "plan": "planning the work",
    "encode": "encoding the video",
    "encode_audio": "encoding the sound",
    "capture": "taking pictures",
    "package": "putting the renditions together",
    "transcribe": "transcribing",
    "analyse": "analysing",
}

LOST = Reason(
    code="timeout", detail="The run did not end in time. Please start it again.", step=None
)


def reason_of(failure: Mapping[str, Any]) -> Reason:
    """Return why a run or a step failed: the reason that a step gave (`reason`), else one for
    the error that was caught (`error: {Error, Cause}`, `step`). The cause's own words, which
    may be anything, reach nobody."""
    given = failure.get("reason")
    if given:
        return Reason.model_validate(given)
    error = failure.get("error") or {}
    if error.get("Error") == PASSED_ON:
        try:
            passed = json.loads(error.get("Cause", ""))
            return reason_of(passed)
        except (ValueError, AttributeError, ValidationError):
            return _technical(None, "")
    return _technical(failure.get("step"), str(error.get("Error", "")))


def told_better(reason: Reason, trouble: Reason | None) -> Reason:
    """Return what is known of a failure in `encode`: what its batch said (`trouble`) where the
    state machine, which is told only that some batch failed, has nothing better."""
    if trouble is not None and reason.step == "encode" and not is_expected(reason):
        return trouble
    return reason


def is_expected(reason: Reason) -> bool:
    """Say whether a step refused the video knowingly, rather than something having broken."""
    return reason.code not in ("timeout", "internal")


def _technical(step: str | None, error: str) -> Reason:
    doing = _DOING.get(step or "", "processing the video")
    if error in _TIMEOUTS:
        detail = f"It took too long while {doing}. Please start the run again."
        return Reason(code="timeout", detail=detail, step=step)
    detail = f"Something went wrong on our side while {doing}. Please start the run again."
    return Reason(code="internal", detail=detail, step=step)
