"""Entries as if they had been recorded at another time, and the sealer at chosen times."""

from datetime import UTC, datetime

from functions.identity.audit_entry import Draft, Entry
from functions.identity.dynamodb_audit import AuditHours, AuditLog
from functions.identity.s3_seals import S3Seals
from functions.identity.seal_audit.logic import Sealing, Tally
from functions.shared import aws
from tests.integration.audit.desk import PLATFORM, WORKSPACE, platform
from tests.integration.cloud import ENVIRONMENT

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BUCKET = ENVIRONMENT["AUDIT_BUCKET"]


def enter(number: int, at: datetime, workspace: str = WORKSPACE) -> Entry:
    """Enter an act as if it had been recorded at another time."""
    facts = {
        "id": f"evt_{number:04}", "type": "contact.updated", "workspace": workspace,
        "actor": {"type": "api_key", "id": "key_one"}, "member": "mem_one",
        "subject": {"type": "contact", "id": f"con_{number % 2}"},
    }  # fmt: skip
    draft = Draft(workspace, f"evt_{number:04}", facts, f"con_{number % 2}", ("key_one", "mem_one"))
    entry = draft.entry(at, None)
    AuditHours(aws.client("dynamodb"), PLATFORM).note(entry.hour, workspace, int(at.timestamp()))
    assert AuditLog(platform(workspace)).append(entry)
    return entry


class Night:
    """The sealer."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str, str]] = []

    def seal(self, at: datetime) -> Tally:
        return Sealing(
            hours=AuditHours(aws.client("dynamodb"), PLATFORM),
            log_of=lambda workspace: AuditLog(platform(workspace)),
            seals=S3Seals(aws.client("s3"), BUCKET),
            failed=lambda workspace, hour, error: self.failures.append(
                (workspace, hour, type(error).__name__)
            ),
        ).run(at)
