"""λ crm/score_leads: leads are scored anew when a scoring rule has changed."""

import time
from typing import Any

from functions.crm.dynamodb_leads import Leads
from functions.crm.dynamodb_rules import ScoringRuns, scoring_rules
from functions.crm.score_leads.logic import score_all
from functions.crm.settings import ScoreLeadsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger

_MARGIN_MS = 20_000  # left over when no further lead is begun
_PAUSE = 0.005  # seconds before each write: at most 200 a second


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `scoring_rule.*` events; one that is not done in time comes back and goes on."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        annotate(workspace=detail["workspace"])
        caller = Caller.pipeline(detail["workspace"], detail["id"])
        table = Table(
            client("dynamodb"), ScoreLeadsSettings.from_env().crm_table, detail["workspace"]
        )
        rules = scoring_rules(table, caller).all()
        leads = Leads(table, caller, scoring=lambda: rules, source="automation")
        written = score_all(
            detail["occurred_at"],
            rules,
            leads,
            ScoringRuns(table),
            in_time,
            lambda: time.sleep(_PAUSE),
        )
        logger.info("leads scored", extra={"event_id": detail["id"], "written": written})

    return consume(event, handle)
