"""λ pull: fetches missing parts of a file from its address; called again until none is missing."""

import tempfile
from pathlib import Path
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.meter import Meter
from functions.shared.pinned_http import PinnedHttp
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video.completion import Completion
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.http_origin import HttpOrigin
from functions.video.keys import FIRST
from functions.video.model import Video
from functions.video.multipart_s3 import S3MultipartUploads
from functions.video.pulling import Pull
from functions.video.s3 import S3Store
from functions.video.settings import PullSettings


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Return `outcome`: `more` when parts are still missing, else what became of the upload.
    `give_up` in the event is the code of why nothing more is to be tried."""
    workspace, video = str(event["workspace"]), str(event["video"])
    annotate(workspace=workspace, video=video)
    with tempfile.TemporaryDirectory() as folder:
        pull = _pull(workspace, int(event.get("source", FIRST)), Path(folder), context)
        code = event.get("give_up")
        return {"outcome": pull.give_up(video, code) if code else pull.go_on(video)}


def _pull(workspace: str, number: int, folder: Path, context: Any) -> Pull:
    settings = PullSettings.from_env()
    table = Table(client("dynamodb"), settings.video_table, workspace)
    videos = DynamoVideos(table, Video, Caller.pipeline(workspace, context.aws_request_id))
    # a part may be hundreds of megabytes
    uploads = S3MultipartUploads(client("s3", read_timeout=120), settings.uploads_bucket)
    sources = S3Store(client("s3"), settings.uploads_bucket)
    platform = Table(client("dynamodb"), settings.platform_table, workspace)
    return Pull(
        workspace=workspace,
        number=number,
        videos=videos,
        uploads=uploads,
        origin=HttpOrigin(PinnedHttp(exempt=frozenset(settings.pull_exempt.split()))),
        completion=Completion(workspace, videos, uploads, sources, now),
        quotas=Meter(platform, settings.stage),
        clock=now,
        folder=folder,
        remaining_ms=context.get_remaining_time_in_millis,
    )
