"""λ crm/finish_import: an act of an import is over → its report, its state, its event."""

from typing import Any

from functions.crm import dynamodb_jobs
from functions.crm.finish_import.logic import Ending
from functions.crm.jobs import Import
from functions.crm.s3_exchange import Exchange
from functions.crm.settings import FinishImportSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger

_WORKING = ("previewing", "running", "cancelling", "reverting")


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """End the act of this execution; another's is left alone."""
    workspace, job_id = event["workspace"], event["job"]
    annotate(workspace=workspace, job=job_id)
    settings = FinishImportSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    imports = dynamodb_jobs.imports(table, Caller.pipeline(workspace, job_id))
    job = imports.get(job_id, consistent=True)
    if job.acts != event["number"] or job.state not in _WORKING:
        logger.info("not this execution's to end", extra={"state": job.state})
        return {"outcome": "skipped"}
    plan = f"{job.plan}-revert" if job.act == "revert" else str(job.plan)
    exchange = Exchange(client("s3"), settings.exchange_bucket)
    ending = Ending(job, workspace, dynamodb_jobs.Ledger(table, job_id, plan), exchange.put_blocks)
    done, name = ending.result(event.get("problem"))

    def ended(now: Import) -> Import:
        # a cancel that came meanwhile has nothing left to stop
        fields = done.model_dump(exclude={"version", "updated_at"})
        return now.changed(**fields) if now.acts == job.acts else now

    imports.change(job_id, ended, event=name)
    return {"outcome": "ok", "state": done.state}
