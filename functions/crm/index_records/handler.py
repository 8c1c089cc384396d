"""λ crm/index_records: keeps the rows and counters of the index equal to what the records say."""

from typing import Any

from functions.crm.declared_lists import LISTINGS
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_index import Index
from functions.crm.settings import IndexRecordsSettings
from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one SQS batch of bus events; failed messages are reported one by one.

    An event only names its record: what is indexed is the record as it is now, so a repeated or
    late event finds nothing to do.
    """
    return consume(event, _index)


def _index(message: dict[str, Any]) -> None:
    detail = message["detail"]
    subject = detail["subject"]
    if subject["type"] in LISTINGS:
        settings = IndexRecordsSettings.from_env()
        table = Table(client("dynamodb"), settings.crm_table, detail["workspace"])
        Index(table, definitions_of(table).indexed()).refresh(
            subject["id"], purged=detail["type"].endswith(".purged")
        )
