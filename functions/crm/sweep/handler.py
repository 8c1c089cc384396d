"""λ crm/sweep: what belonged to a record that is gone for good goes too."""

from typing import Any

from functions.crm.dynamodb_sweeping import sweep
from functions.crm.settings import SweepSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.consumer import consume
from functions.shared.errors import UnavailableError
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented

_MARGIN_MS = 5_000  # left over when no further items are begun


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `….purged` and `….expired` events; one that is not done in time comes back, and finds
    less to do."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        annotate(workspace=detail["workspace"])
        table = Table(client("dynamodb"), SweepSettings.from_env().crm_table, detail["workspace"])
        caller = Caller.pipeline(detail["workspace"], detail["id"])
        if not sweep(table, caller, detail["subject"]["id"], in_time):
            raise UnavailableError("There was no time to remove all that belonged to the record.")

    return consume(event, handle)
