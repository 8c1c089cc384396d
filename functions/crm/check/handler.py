"""λ crm/check: do these records exist, and may this caller act on them? Invoked synchronously."""

from functools import partial
from typing import Any

from functions.crm import dynamodb
from functions.crm.check.logic import answer, shown
from functions.crm.settings import CheckSettings
from functions.shared.aws import client
from functions.shared.check import Question, Shown
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a check.Question, `{"caller", "records", "action", "deleted"}`, with
    `{"missing": [{"type", "id"}]}`; with `"show": true` with `{"shown": {id: record}}`.

    Raises pydantic.ValidationError for another shape and UnavailableError when the table does
    not answer: both are the invoking function's errors, not answers.
    """
    question = Question.model_validate(event)
    annotate(workspace=question.caller.workspace, records=len(question.records))
    table = Table(client("dynamodb"), CheckSettings.from_env().crm_table, question.caller.workspace)
    if question.show:
        found = shown(question, partial(dynamodb.shown, table))
        return Shown(shown=found).model_dump()
    return answer(question, partial(dynamodb.visible, table)).model_dump()
