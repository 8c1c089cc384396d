"""λ crm/merge_records: moves what a merge has to move, and moves it back when it is undone."""

from typing import Any

from functions.crm.dynamodb_journal import note_videos
from functions.crm.dynamodb_moving import Mover
from functions.crm.settings import MergeRecordsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger

_MARGIN_MS = 20_000  # left over when nothing further is begun


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `merge.started`, `merge.undo_started` and `merge.resumed` events, and what the video
    context tells of its part, `merge.videos_moved`.

    What there is to move is looked up, not remembered, so a repeated event finds nothing to do.
    A merge that takes longer than the function may run hands itself on.
    """

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        annotate(workspace=detail["workspace"])
        caller = Caller.pipeline(detail["workspace"], detail["id"])
        settings = MergeRecordsSettings.from_env()
        table = Table(client("dynamodb"), settings.crm_table, detail["workspace"])
        merge_id = detail["subject"]["id"]
        if detail["type"] == "merge.videos_moved":
            told = detail["data"]
            note_videos(table, merge_id, told["videos"], told["videos_back"])
            logger.info("videos of a merge noted", extra={"merge": merge_id})
            return
        state = Mover(table, caller, in_time).run(merge_id)
        logger.info("merge worked on", extra={"merge": merge_id, "state": state})

    return consume(event, handle)
