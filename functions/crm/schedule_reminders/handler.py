"""λ crm/schedule_reminders: keeps the schedules of tasks equal to what the tasks say."""

from typing import Any

from functions.crm.eventbridge_scheduler import EventBridgeSchedules
from functions.crm.reminders import concerns, follow
from functions.crm.settings import ScheduleRemindersSettings
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one SQS batch of activities' events; failed messages are reported one by one."""
    return consume(event, _follow)


def _follow(message: dict[str, Any]) -> None:
    detail = message["detail"]
    if not concerns(detail):
        return
    settings = ScheduleRemindersSettings.from_env()
    workspace = detail["workspace"]
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    schedules = EventBridgeSchedules(
        client("scheduler"),
        settings.schedule_prefix,
        settings.remind_function_arn,
        settings.schedule_role_arn,
        settings.remind_dead_letters_arn,
    )
    follow(
        workspace,
        detail["subject"]["id"],
        lambda task: table.get(table.key(task), "RECORD", consistent=True),
        schedules,
        now,
    )
