"""The audit log on moto: the API of a workspace, the streams of its tables, what was entered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from functions.crm.api.handler import handler as crm_handler
from functions.identity.api.handler import handler as identity_handler
from functions.identity.record_audit.handler import _recorder
from functions.identity.record_audit.handler import handler as record_audit
from functions.shared import aws
from functions.shared.audit import ACT
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT, Api, Member
from tests.integration.stream import Stream

PLATFORM = ENVIRONMENT["PLATFORM_TABLE"]
WORKSPACE = "ws_one"


@dataclass
class Desk:
    """One workspace: its API, and the recorder at the tables' streams."""

    member: Member = field(default_factory=lambda: Member(WORKSPACE, "key_one"))
    streams: dict[str, Stream] = field(
        default_factory=lambda: {
            name: Stream(ENVIRONMENT[name])
            for name in ("CRM_TABLE", "IDENTITY_TABLE", "PLATFORM_TABLE")
        }
    )

    @property
    def crm(self) -> Api:
        return Api(crm_handler, self.member)

    @property
    def identity(self) -> Api:
        return Api(identity_handler, self.member)

    def as_member(self, **changed: Any) -> "Desk":
        """Return the same desk with another caller in front of it."""
        return Desk(Member(**{"workspace": WORKSPACE, **changed}), self.streams)

    def records(self) -> list[dict[str, Any]]:
        """Return what the streams hold since the last time, as infra's mappings let it through."""
        found = [record for stream in self.streams.values() for record in stream.records()]
        return [
            record
            for record in found
            if "_events" in record["dynamodb"]["NewImage"]
            or "_audit" in record["dynamodb"]["NewImage"]
        ]

    def pump(self) -> None:
        """Let the recorder take in what was written."""
        record_audit({"Records": self.records()}, CONTEXT)

    def entries(self, query: str = "") -> list[dict[str, Any]]:
        """Return the audit log as the API shows it, newest first, whatever its pages."""
        return list(self._pages(query))

    def _pages(self, query: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            reply = self.identity.get(f"/v1/audit?{query}{cursor}")
            assert reply.status == 200, reply.body
            yield from reply.json["data"]
            following = reply.json["next_cursor"]
            if following is None:
                return
            cursor = f"&cursor={following}"


def platform(workspace: str = WORKSPACE) -> Table:
    return Table(aws.client("dynamodb"), PLATFORM, workspace)


def stored(prefix: str = "") -> list[dict[str, Any]]:
    """Return the platform table's items under a prefix of their partition key."""
    items = aws.client("dynamodb").scan(TableName=PLATFORM)["Items"]
    return [item for item in items if item["pk"]["S"].startswith(f"W#{prefix}")]


def fresh_process() -> None:
    """Let the recorder's next run be a new process's first."""
    _recorder.cache_clear()


__all__ = ["ACT", "PLATFORM", "WORKSPACE", "Desk", "fresh_process", "platform", "stored"]
