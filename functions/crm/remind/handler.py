"""λ crm/remind: says that a task is due to be reminded of, or overdue. A schedule invokes it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from functions.crm.dynamodb_activities import Activities
from functions.crm.settings import RemindSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.errors import NotFoundError
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


class Due(BaseModel):
    """A schedule's payload."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: str
    task: str
    say: Literal["remind", "overdue"]
    at: str


@instrumented
def handler(event: dict[str, Any], context: Any) -> None:
    """Say it, unless it was said before, or is no longer so (1 GetItem, + 1 TransactWriteItems).

    Raises UnavailableError when the table does not answer: the schedule tries again.
    """
    due = Due.model_validate(event)
    annotate(workspace=due.workspace)
    caller = Caller.pipeline(due.workspace, context.aws_request_id)
    table = Table(client("dynamodb"), RemindSettings.from_env().crm_table, due.workspace)
    try:
        Activities(table, caller, source="pipeline").say(due.task, due.say, due.at)
    except NotFoundError:  # deleted meanwhile
        return
