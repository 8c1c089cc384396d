"""λ crm/revert_rows: one lane's share of what an import wrote is taken back."""

from dataclasses import replace
from typing import Any

from functions.crm import dynamodb_jobs
from functions.crm.clockwork import Pace, Watch
from functions.crm.dynamodb_bulk_types import opened
from functions.crm.exchange_keys import plan_key
from functions.crm.piecework import Lane
from functions.crm.plan import Plan
from functions.crm.revert_rows.logic import Reverts
from functions.crm.s3_exchange import Exchange
from functions.crm.settings import RevertRowsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.door import LambdaDoor
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work until the lane's pieces are done or the time is over (`more`)."""
    workspace, job_id = event["workspace"], event["job"]
    annotate(workspace=workspace, job=job_id, lane=event["lane"])
    settings = RevertRowsSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    imports = dynamodb_jobs.imports(table, Caller.pipeline(workspace, job_id))
    job = imports.get(job_id, consistent=True)
    if job.state != "reverting":
        return {"outcome": "stopped"}
    exchange = Exchange(client("s3"), settings.exchange_bucket)
    plan = Plan.of_json(exchange.get_json(plan_key(job, workspace)))
    caller = replace(Caller.bearing(job.passport), source="import")
    door = settings.identity_check_function
    staff = LambdaDoor(door, Caller.pipeline(workspace, job_id))
    store, _ = opened(
        table, job.record_type, caller, people=LambdaDoor(door, caller), staff=staff, dry=True
    )
    run = dynamodb_jobs.Ledger(table, job_id, str(job.plan))
    watch = Watch(
        lambda: imports.get(job_id, consistent=True).state == "reverting",
        context.get_remaining_time_in_millis,
    )
    lane = Lane(
        dynamodb_jobs.Ledger(table, job_id, f"{job.plan}-revert"),
        Reverts(store, run.entries),
        plan.pieces,
        watch.stopped,
        watch.timely,
        Pace(settings.import_rows_per_second / event["lanes"]).after,
    )
    return {"outcome": lane.work(event["lane"], event["lanes"])}
