"""What tests of the pipeline share: a refusal, progress, time to come, a service that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import EndpointConnectionError

from functions.shared import aws
from functions.shared.clock import iso
from functions.video.dynamodb import DynamoRunLog
from tests.integration.video.conftest import MEDIA, TABLE, UPLOADS, Cloud

NOT_MEDIA = {"reason": {"code": "not_media", "detail": "Not a video.", "step": "inspect"}}


@contextmanager
def unreachable(service: str, operation: str) -> Iterator[None]:
    """Let one of a service's operations fail as when nothing answers."""

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://nowhere")

    events = aws.client(service).meta.events
    events.register(f"before-call.{service}.{operation}", fail)
    yield
    events.unregister(f"before-call.{service}.{operation}", fail)


def purge(cloud: Cloud, video: Any) -> Any:
    """Purge a video, deleted or not."""
    return cloud.api.post(f"/v1/videos/{video['id']}/purge", **{"If-Match": "*"})


def later(**by: int) -> str:
    return iso(datetime.now(UTC) + timedelta(**by))


def log_of(video: Any, run: int = 1) -> DynamoRunLog:
    return DynamoRunLog(aws.client("dynamodb"), TABLE, "wsp_one", video["id"], run)


def delete(cloud: Cloud, video: Any) -> None:
    assert cloud.api.delete(f"/v1/videos/{video['id']}").status == 204


def restore(cloud: Cloud, video: Any, **headers: str) -> Any:
    return cloud.api.post(f"/v1/videos/{video['id']}/restore", **headers)


def versions(video: Any) -> list[str]:
    """Return every version and every mark of a deletion of a video's, in both buckets."""
    found = []
    for bucket in (UPLOADS, MEDIA):
        reply = aws.client("s3").list_object_versions(
            Bucket=bucket, Prefix=f"wsp_one/{video['id']}/"
        )
        found += [
            f"{each['Key']} {each['VersionId']}"
            for each in (*reply.get("Versions", ()), *reply.get("DeleteMarkers", ()))
        ]
    return found
