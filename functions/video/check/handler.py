"""λ video/check: do these videos exist, and may this caller act on them? Invoked synchronously."""

from functools import partial
from typing import Any

from functions.shared.aws import client
from functions.shared.check import Question
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video.check.logic import answer
from functions.video.dynamodb_videos import visible
from functions.video.settings import CheckSettings


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a check.Question about videos with `{"missing": [{"type", "id"}]}`.

    Raises pydantic.ValidationError for another shape and UnavailableError when the table does
    not answer: both are the invoking function's errors, not answers.
    """
    question = Question.model_validate(event)
    workspace = question.caller.workspace
    annotate(workspace=workspace, records=len(question.records))
    table = Table(client("dynamodb"), CheckSettings.from_env().video_table, workspace)
    return answer(question, partial(visible, table)).model_dump()
