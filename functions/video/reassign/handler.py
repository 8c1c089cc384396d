"""λ video/reassign: a deactivated member's videos become another's."""

from typing import Any

from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.consumer import consume
from functions.shared.door import LambdaDoor
from functions.shared.reassignment import Holdings, reassign
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.model import Video
from functions.video.settings import ReassignSettings

_MARGIN_MS = 20_000  # left over when no further record is begun


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `member.deactivated` events; one that is not done in time comes back and goes on."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        annotate(workspace=detail["workspace"])
        settings = ReassignSettings.from_env()
        caller = Caller.pipeline(detail["workspace"], detail["id"])
        table = Table(client("dynamodb"), settings.video_table, detail["workspace"])
        holdings: list[Holdings[Any]] = [DynamoVideos(table, Video, caller)]
        people = LambdaDoor(settings.identity_check_function, caller)
        moved = reassign(detail, people, holdings, in_time)
        logger.info("records reassigned", extra={"event_id": detail["id"], "moved": moved})

    return consume(event, handle)
