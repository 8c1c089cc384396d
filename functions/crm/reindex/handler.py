"""λ crm/reindex: when a custom field gets or loses its index, the records that are there follow."""

from typing import Any

from functions.crm.dynamodb_definitions import read_definitions
from functions.crm.dynamodb_index import Index
from functions.crm.dynamodb_reindex import reindex
from functions.crm.settings import ReindexSettings
from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger

_MARGIN_MS = 20_000  # left over when no further records are begun


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `field.*` events; one that is not done in time comes back and goes on."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        if not _matters(detail):
            return
        annotate(workspace=detail["workspace"])
        table = Table(client("dynamodb"), ReindexSettings.from_env().crm_table, detail["workspace"])
        index = Index(table, read_definitions(table).indexed())
        seen = reindex(table, index, detail["data"]["record_type"], detail["id"], in_time)
        logger.info("records reindexed", extra={"event_id": detail["id"], "seen": seen})

    return consume(event, handle)


def _matters(detail: dict[str, Any]) -> bool:
    """Say whether a change of a field's definition changes what is indexed."""
    indexed = bool(detail["data"].get("indexed"))
    if detail["type"] == "field.updated":
        return "indexed" in detail.get("previous", {})
    return indexed
