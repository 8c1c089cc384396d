"""λ crm/reindex: when a custom field gets or loses its index, or an operator asks for it
(`reelate reindex`), the records that are there follow."""

import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.dynamodb_definitions import read_definitions
from functions.crm.dynamodb_index import Index
from functions.crm.dynamodb_reindex import UnfinishedError, reindex
from functions.crm.settings import ReindexSettings
from functions.shared.aws import client
from functions.shared.consumer import consume
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented, logger

_MARGIN_MS = 20_000  # left over when no further records are begun


class Asked(BaseModel):
    """What an operator asks for: the records of one type of a workspace, for so many seconds. The
    same `run`, asked for again, goes on where it was."""

    model_config = ConfigDict(extra="forbid")

    workspace: Annotated[str, Field(pattern=r"^[a-z]+_[0-9a-z]{1,40}$")]
    record_type: Literal["contact", "company", "deal", "lead", "activity", "product"]
    run: Annotated[str, Field(pattern=r"^run_[0-9a-z]{1,40}$")]
    seconds: Annotated[int, Field(ge=1, le=600)]


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle `field.*` events; one that is not done in time comes back and goes on. Or do what is
    Asked, and say how many records were `seen` and whether all are `done`."""

    def in_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _MARGIN_MS)

    if "Records" not in event:
        return _asked(Asked.model_validate(event), in_time)

    def handle(message: dict[str, Any]) -> None:
        detail = message["detail"]
        if not _matters(detail):
            return
        annotate(workspace=detail["workspace"])
        table = Table(client("dynamodb"), ReindexSettings.from_env().crm_table, detail["workspace"])
        index = Index(table, read_definitions(table).indexed())
        seen = reindex(table, index, detail["data"]["record_type"], detail["id"], in_time)
        logger.info("records reindexed", extra={"event_id": detail["id"], "seen": seen})

    return consume(event, handle)


def _asked(asked: Asked, in_time: Callable[[], bool]) -> dict[str, Any]:
    annotate(workspace=asked.workspace)
    table = Table(client("dynamodb"), ReindexSettings.from_env().crm_table, asked.workspace)
    index = Index(table, read_definitions(table).indexed())
    end = time.monotonic() + asked.seconds

    def still_in_time() -> bool:
        return in_time() and time.monotonic() < end

    try:
        seen = reindex(table, index, asked.record_type, asked.run, still_in_time)
    except UnfinishedError as error:
        return {"seen": error.seen, "done": False}
    return {"seen": seen, "done": True}


def _matters(detail: dict[str, Any]) -> bool:
    """Say whether a change of a field's definition changes what is indexed."""
    indexed = bool(detail["data"].get("indexed"))
    if detail["type"] == "field.updated":
        return "indexed" in detail.get("previous", {})
    return indexed
