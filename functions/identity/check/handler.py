"""λ identity/check: may this caller give records to these members and teams? Invoked
synchronously."""

from functools import partial
from typing import Any

from functions.identity.check.logic import answer, shown
from functions.identity.dynamodb import people, team_members
from functions.identity.settings import CheckSettings
from functions.shared.aws import client
from functions.shared.check import Question, Shown
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a check.Question about members and teams with `{"missing": [{"type", "id"}]}`; with
    `"show": true` about teams, with `{"shown": {team: {"member_ids"}}}`: its active members.

    Raises pydantic.ValidationError for another shape and UnavailableError when the table does
    not answer: both are the invoking function's errors, not answers.
    """
    question = Question.model_validate(event)
    workspace = question.caller.workspace
    annotate(workspace=workspace, records=len(question.records))
    table = Table(client("dynamodb"), CheckSettings.from_env().identity_table, workspace)
    if question.show:
        found = shown(question, partial(people, table), partial(team_members, table))
        return Shown(shown=found).model_dump()
    return answer(question, partial(people, table)).model_dump()
