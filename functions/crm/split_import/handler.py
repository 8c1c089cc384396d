"""λ crm/split_import: where the rows of an import's file begin and end → its plan, and the lanes
that work by it."""

from typing import Any

from functions.crm import dynamodb_jobs
from functions.crm.dynamodb_custom_targets import custom_targets
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.rapidfuzz_texts import similarity
from functions.crm.s3_exchange import Exchange
from functions.crm.settings import SplitImportSettings
from functions.crm.split_import.logic import split
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Make the plan; the outcome is a value, and `lanes` are the numbers of the workers."""
    workspace, job_id = event["workspace"], event["job"]
    annotate(workspace=workspace, job=job_id)
    settings = SplitImportSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    job = dynamodb_jobs.imports(table, Caller.pipeline(workspace, job_id)).get(
        job_id, consistent=True
    )
    exchange = Exchange(client("s3"), settings.exchange_bucket)
    if event["act"] == "revert":
        outcome = "ok"
    else:
        outcome = split(
            job,
            workspace,
            exchange,
            custom_targets(table, job.record_type),
            similarity,
            lambda: definitions_of(table).phone_region,
        )
    return {"outcome": outcome, "lanes": list(range(settings.import_lanes))}
