"""λ video/relink: videos follow the records that they are linked to, when these merge or go."""

from dataclasses import replace
from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_links import LinkMover
from functions.video.model import Video
from functions.video.relink.logic import follow, source_of
from functions.video.settings import RelinkSettings

_MARGIN_MS = 10_000  # left over when no further video is begun


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `merge.started`, `merge.undo_started`, `….purged` and `….expired` events of the CRM;
    one that is not done in time comes back and goes on."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        annotate(workspace=detail["workspace"])
        system = Caller.pipeline(detail["workspace"], detail["id"])
        caller = replace(system, source=source_of(detail))
        table = Table(
            client("dynamodb"), RelinkSettings.from_env().video_table, detail["workspace"]
        )
        follow(detail, LinkMover(table, caller, DynamoVideos(table, Video, caller), in_time))
        logger.info("links follow", extra={"event_id": detail["id"], "what": detail["type"]})

    return consume(event, handle)
