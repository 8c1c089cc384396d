"""λ record_audit: table streams → audit log. An act is entered if and only if it was committed."""

import time
from functools import cache
from typing import Any

from functions.identity.audit_entry import Draft
from functions.identity.audit_vault import KeyCache, Vault
from functions.identity.dynamodb_audit import AuditHours, AuditLog
from functions.identity.kms import KmsEnvelope
from functions.identity.record_audit.logic import Log, Recorder, Sealer
from functions.identity.settings import RecordAuditSettings
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.errors import UnavailableError
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger


def _failed(draft: Draft, error: Exception) -> None:
    # The type, not the message: it may quote what was written.
    logger.error(
        "entry failed",
        extra={
            "workspace": draft.workspace,
            "event": draft.id,
            "error_type": type(error).__name__,
        },
    )


@cache
def _recorder() -> Recorder:
    settings = RecordAuditSettings.from_env()
    database, table = client("dynamodb"), settings.platform_table
    envelope, opened = KmsEnvelope(client("kms"), settings.audit_key), KeyCache(time.monotonic)

    def books(workspace: str) -> tuple[Log, Sealer]:
        log = AuditLog(Table(database, table, workspace))
        return log, Vault(envelope, log, opened)

    return Recorder(books, AuditHours(database, table), now, _failed)


@instrumented
def handler(event: dict[str, Any], _context: Any) -> None:
    """Enter a batch. Raises UnavailableError when an act could not be entered: the stream then
    delivers the batch again, and an act that is there already stays as it is."""
    entered, failures = _recorder().record(event["Records"])
    annotate(entered=entered, failures=failures, records=len(event["Records"]))
    if failures:
        raise UnavailableError(f"{failures} acts could not be entered.")
