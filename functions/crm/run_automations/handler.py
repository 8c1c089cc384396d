"""λ crm/run_automations: does what automations want on the events of records."""

from typing import Any

from functions.crm.automation_runs import run_all
from functions.crm.dynamodb_automations import Automations, TableHands
from functions.crm.model import KINDS
from functions.crm.settings import RunAutomationsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.consumer import consume
from functions.shared.door import LambdaDoor
from functions.shared.table import Table
from functions.shared.telemetry import instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one SQS batch of bus events; failed messages are reported one by one. A repeated
    event finds its actions done."""
    return consume(event, _run)


def _run(message: dict[str, Any]) -> None:
    detail = message["detail"]
    if detail["subject"]["type"] not in KINDS:
        return
    settings = RunAutomationsSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, detail["workspace"])
    caller = Caller.pipeline(detail["workspace"], detail["request_id"])
    hands = TableHands(
        table,
        detail["request_id"],
        lambda asking: LambdaDoor(settings.identity_check_function, asking),
    )
    run_all(detail, Automations(table, caller).for_event(detail["occurred_at"]), hands, now())
