"""λ crm/empty_stage: the records of an archived stage move to the stage that takes them over."""

from collections.abc import Mapping
from typing import Any

from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_leads import moving
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.emptying import SOURCE, Column, empty
from functions.crm.pipelines import RecordType
from functions.crm.settings import EmptyStageSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger

_MARGIN_MS = 20_000  # left over when no further record is begun


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `pipeline.stage_closed` events; what is not done in time says so by another."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        annotate(workspace=detail["workspace"])
        caller = Caller.pipeline(detail["workspace"], detail["id"])
        table = Table(
            client("dynamodb"), EmptyStageSettings.from_env().crm_table, detail["workspace"]
        )
        columns: Mapping[RecordType, Column] = {
            "deal": Deals(table, caller, source=SOURCE),
            "lead": moving(table, caller, source=SOURCE),
        }
        moved = empty(
            detail["subject"]["id"], Pipelines(table, caller), columns, caller.actor, in_time, now()
        )
        logger.info("stage emptied", extra={"event_id": detail["id"], "moved": moved})

    return consume(event, handle)
