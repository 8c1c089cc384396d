"""λ crm/export_rows: records are written to a file of the exchange bucket."""

from datetime import timedelta
from typing import Any

from functions.crm import dynamodb_jobs
from functions.crm.clockwork import Watch
from functions.crm.dynamodb import CrmRecords
from functions.crm.dynamodb_custom_targets import custom_targets
from functions.crm.exchange_keys import export_key
from functions.crm.export_rows.logic import Progress, Writer
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Export, Reason
from functions.crm.s3_exchange import PART, Exchange
from functions.crm.settings import ExportRowsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented

KEPT_DAYS = 7  # the exchange bucket's rule for exports/


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write until the file is done, the time is over (`more`), or the export is cancelled; with a
    `problem`, end an export that cannot go on: its parts stay, for `resume`. Another execution's
    export is left alone."""
    workspace, job_id = event["workspace"], event["job"]
    annotate(workspace=workspace, job=job_id)
    settings = ExportRowsSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    exports = dynamodb_jobs.exports(table, Caller.pipeline(workspace, job_id))
    job = exports.get(job_id, consistent=True)
    if job.state not in ("running", "cancelling") or job.acts != event["number"]:
        return {"outcome": "skipped"}
    exchange = Exchange(client("s3"), settings.exchange_bucket)
    key = export_key(workspace, job_id, job.format)
    notes = dynamodb_jobs.Notes(table, job_id)
    if "problem" in event or job.state == "cancelling":
        ending, progress = "stopped", notes.progress()
    else:
        what = IMPORTABLES[job.record_type]
        watch = Watch(
            lambda: _goes_on(exports.get(job_id, consistent=True), job.acts),
            context.get_remaining_time_in_millis,
        )
        records = CrmRecords(table, what.kind, Caller.bearing(job.passport))
        query = records.query(job.asked)
        ending, progress = Writer(
            job=job,
            key=key,
            custom=list(custom_targets(table, job.record_type).kinds),
            files=exchange,
            notes=notes,
            pages=lambda limit, start: records.listed(query, limit=limit, start=start, most=limit),
            stop=watch.stopped,
            timely=watch.timely,
            part_bytes=PART,
        ).write(what.kind)
    if ending == "more":
        return {"outcome": "more"}
    failed = "problem" in event

    def ended(old: Export) -> Export:
        if old.state not in ("running", "cancelling") or old.acts != job.acts:
            return old
        return _ended(old, key, progress, done=ending == "done", failed=failed)

    event_name = "completed" if ending == "done" else "failed" if failed else "cancelled"
    if exports.change(job_id, ended, event=event_name).state == "cancelled" and progress:
        exchange.abort(key, progress.upload)
    return {"outcome": ending}


def _goes_on(job: Export, acts: int) -> bool:
    return job.state == "running" and job.acts == acts


def _ended(old: Export, key: str, progress: Progress | None, *, done: bool, failed: bool) -> Export:
    if done and progress is not None:
        return old.changed(
            state="done",
            key=key,
            rows=progress.rows,
            size_bytes=progress.size_bytes,
            file_expires_at=iso(now() + timedelta(days=KEPT_DAYS)),
        )
    if failed:
        said = "Something went wrong on our side; `resume` goes on where it broke off."
        reason = Reason(code="error", detail=said)
        return old.changed(state="failed", reason=reason.model_dump())
    return old.changed(state="cancelled")
