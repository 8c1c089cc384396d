"""λ crm/project_timeline: puts events from the bus on the timelines of the records they concern."""

from typing import Any

from functions.crm.dynamodb_timelines import Timelines
from functions.crm.settings import ProjectTimelineSettings
from functions.crm.timeline import project
from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one SQS batch of bus events; failed messages are reported one by one.

    A repeated event finds its entries there already, and one that comes late stands where its
    time belongs: the sort key is the time of the event, not of its arrival.
    """
    return consume(event, _project)


def _project(message: dict[str, Any]) -> None:
    workspace, entry, record_ids = project(message["detail"])
    if record_ids:
        table = Table(client("dynamodb"), ProjectTimelineSettings.from_env().crm_table, workspace)
        Timelines(table).add(entry, record_ids)
