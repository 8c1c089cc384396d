"""λ seal_audit: every hour, seals what the audit log has taken in until the hour before."""

from typing import Any

from functions.identity.dynamodb_audit import AuditHours, AuditLog
from functions.identity.s3_seals import S3Seals
from functions.identity.seal_audit.logic import Sealing
from functions.identity.settings import SealAuditSettings
from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.errors import UnavailableError
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger


def _failed(workspace: str, hour: str, error: Exception) -> None:
    logger.error(
        "sealing failed",
        extra={"workspace": workspace, "hour": hour, "error_type": type(error).__name__},
    )


@instrumented
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Return `{sealed}`, the number of seals made. Raises UnavailableError when a workspace could
    not be sealed; the others are, and the next run goes on with that one."""
    settings = SealAuditSettings.from_env()
    database = client("dynamodb")
    table = settings.platform_table
    tally = Sealing(
        hours=AuditHours(database, table),
        log_of=lambda workspace: AuditLog(Table(database, table, workspace)),
        seals=S3Seals(client("s3"), settings.audit_bucket),
        failed=_failed,
    ).run(now())
    annotate(sealed=tally.sealed, failed=len(tally.failed))
    if tally.failed:
        raise UnavailableError(f"{len(tally.failed)} workspaces could not be sealed.")
    return {"sealed": tally.sealed}
