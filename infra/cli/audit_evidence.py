"""What there is of a workspace's audit log: items of the platform table, objects of the bucket."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Position = str  # <recorded_at>#<event>
Json = dict[str, Any]


@dataclass(frozen=True)
class Sealed:
    """An hour's seal: its oldest version, which nobody could change, and what came after it."""

    hour: str
    digest: str
    document: Json | None  # None: not JSON
    versions: int
    deleted: bool


@dataclass(frozen=True)
class Evidence:
    """Reads the log of one workspace; `dynamodb` and `s3` are boto3 clients."""

    dynamodb: Any
    s3: Any
    table: str
    bucket: str
    workspace: str

    def entries(self, since: str | None, until: str | None) -> Iterator[tuple[Position, str]]:
        """Yield (position, text) of the entries of some hours, in order."""
        for item in self._query("0", since, until):
            yield item["sk"]["S"], item.get("entry", {}).get("S", "")

    def view(
        self, name: str, since: str | None, until: str | None
    ) -> dict[Position, Sequence[str]]:
        """Return the positions in a view (`A#<actor>`, `S#<subject>`) with the actors they hold."""
        return {
            item["sk"]["S"]: [actor["S"] for actor in item.get("actors", {}).get("L", [])]
            for item in self._query(name, since, until)
        }

    def notes(self) -> dict[str, str]:
        """Return what the table has noted of the seals: their digests by hour."""
        return {item["sk"]["S"]: item["digest"]["S"] for item in self._query("SEALS", None, None)}

    def seals(self) -> dict[str, Sealed]:
        """Return every hour's seal, of all its versions."""
        prefix = f"audit/{self.workspace}/"
        versions: dict[str, list[Json]] = {}
        deleted: set[str] = set()
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for each in page.get("Versions", []):
                versions.setdefault(each["Key"], []).append(each)
            deleted |= {each["Key"] for each in page.get("DeleteMarkers", [])}
        return {
            _hour(key.removeprefix(prefix)): self._sealed(
                _hour(key.removeprefix(prefix)), found, deleted=key in deleted
            )
            for key, found in versions.items()
        }

    def _sealed(self, hour: str, versions: list[Json], *, deleted: bool) -> Sealed:
        # S3 lists a key's versions from the newest to the oldest
        oldest = versions[-1]
        body = self.s3.get_object(
            Bucket=self.bucket, Key=oldest["Key"], VersionId=oldest["VersionId"]
        )["Body"].read()
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        return Sealed(
            hour=hour,
            digest=hashlib.sha256(body).hexdigest(),
            document=document if isinstance(document, dict) else None,
            versions=len(versions),
            deleted=deleted,
        )

    def _query(self, part: str, since: str | None, until: str | None) -> Iterator[Json]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":pk": {"S": f"W#{self.workspace}#AUDIT#{part}"},
                ":since": {"S": since or "0"},
                ":until": {"S": f"{until or ''}~"},
            },
        )
        for page in pages:
            yield from page["Items"]


def _hour(path: str) -> str:
    """Return the hour of `2026/11/22/21.json`: `2026-11-22T21`."""
    day, _, hour = path.removesuffix(".json").rpartition("/")
    return f"{day.replace('/', '-')}T{hour}"
