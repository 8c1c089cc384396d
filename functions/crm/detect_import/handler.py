"""λ crm/detect_import: an import's file has arrived in S3 → what it is like, and what its columns
are."""

from typing import Any

from functions.crm import dynamodb_jobs, exchange_keys
from functions.crm.charset_normalizer import guess
from functions.crm.dynamodb_custom_targets import custom_targets
from functions.crm.reception import SAMPLE, receive
from functions.crm.s3_exchange import Exchange
from functions.crm.settings import DetectImportSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.consumer import consume
from functions.shared.errors import NotFoundError
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle a batch of `Object Created` events; each may come late, twice or out of order."""
    return consume(event, _arrived)


def _arrived(message: dict[str, Any]) -> None:
    created = message["detail"]["object"]
    found = exchange_keys.job_of(created["key"])
    if found is None:
        logger.info("no import's file", extra={"event_id": message["id"]})
        return
    workspace, job_id = found
    annotate(workspace=workspace, job=job_id)
    settings = DetectImportSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    imports = dynamodb_jobs.imports(table, Caller.pipeline(workspace, job_id))
    exchange = Exchange(client("s3"), settings.exchange_bucket)
    try:
        job = imports.get(job_id, consistent=True)
    except NotFoundError:
        logger.info("no such import")
        return
    sample = exchange.beginning(created["key"], SAMPLE)
    done = receive(
        job, imports, sample, int(created["size"]), guess, custom_targets(table, job.record_type)
    )
    logger.info("file looked at", extra={"state": done.state})
