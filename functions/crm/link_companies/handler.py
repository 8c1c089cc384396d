"""λ crm/link_companies: people get the companies that own the domains of their addresses."""

from typing import Any

from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_employers import Employers
from functions.crm.employers import concerns
from functions.crm.settings import LinkCompaniesSettings
from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import instrumented, logger


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one SQS batch of bus events; failed messages are reported one by one. A company with
    more people than there is time for is heard of again, and goes on with the others."""
    return consume(event, _link)


def _link(message: dict[str, Any]) -> None:
    detail = message["detail"]
    if not concerns(detail):
        return
    settings = LinkCompaniesSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, detail["workspace"])
    policy = definitions_of(table, since=detail["occurred_at"]).link_companies
    if policy == "off":
        return
    employers = Employers(table, detail["request_id"], policy)
    subject = detail["subject"]
    if subject["type"] == "company":
        linked = employers.company_came(subject["id"])
    else:
        linked = int(employers.somebody_came(subject["id"]))
    logger.info("people linked", extra={"linked": linked})
