"""Moving the records of archived stages to the stages that take them over.

What has moved is no longer in the column, and a stage that is empty says so on the pipeline. So a
repeat does nothing twice, and goes on where an attempt broke off.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from functions.crm.model import StagedRecord
from functions.crm.pipelines import DRAIN_SECONDS, Pipeline, RecordType, Stage
from functions.crm.staged import moved, since
from functions.shared.errors import NotFoundError
from functions.shared.paging import MAX_LIMIT

SOURCE = "automation"


class TooEarlyError(Exception):
    """A write that knew the stage open may still be on its way; the same message comes again."""


class Column(Protocol):
    """The records of one type."""

    def column(
        self, pipeline_id: str, stage: str, *, limit: int, start: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]: ...
    def change(self, record_id: str, edit: Callable[[Any], Any]) -> Any: ...


class Book(Protocol):
    """The workspace's pipelines."""

    def get(self, record_id: str, *, consistent: bool = False) -> Pipeline: ...
    def change(
        self, record_id: str, edit: Callable[[Pipeline], Pipeline], *, event: str
    ) -> Pipeline: ...


def empty(
    pipeline_id: str,
    book: Book,
    columns: Mapping[RecordType, Column],
    by: Mapping[str, str],
    in_time: Callable[[], bool],
    moment: datetime,
) -> int:
    """Move the records out of a pipeline's archived stages; returns how many.

    When the time is over it says so on the pipeline, whose event brings the work back. Raises
    TooEarlyError when a stage was archived less than DRAIN_SECONDS before `moment`.
    """
    pipeline = book.get(pipeline_id, consistent=True)
    count = 0
    for stage in [each for each in pipeline.stages if each.state == "archiving"]:
        if since(str(stage.archived_at), moment) < DRAIN_SECONDS * 1000:
            raise TooEarlyError
        gone, done = _empty(pipeline, stage, columns[pipeline.record_type], by, in_time)
        count += gone
        if not done:
            book.change(pipeline_id, lambda old: old.changed(), event="stage_closed")
            return count
        book.change(
            pipeline_id,
            lambda old, key=stage.key: old.emptied(key),  # type: ignore[misc]
            event="stage_archived",
        )
    return count


def _empty(
    pipeline: Pipeline,
    stage: Stage,
    column: Column,
    by: Mapping[str, str],
    in_time: Callable[[], bool],
) -> tuple[int, bool]:
    heir = pipeline.stage(str(stage.moves_to))
    assert heir is not None  # noqa: S101 - a stage is never deleted

    def edit(record: StagedRecord) -> StagedRecord:
        if (record.pipeline_id, record.stage) != (pipeline.id, stage.key):
            return record  # the index lags: it may still list what has moved
        return moved(
            record, pipeline, heir, by=by, source=SOURCE, rank=record.rank,
            loss_reason=record.loss_reason, checked=False,
        )  # fmt: skip

    count, start = 0, None
    while True:
        items, start = column.column(pipeline.id, stage.key, limit=MAX_LIMIT, start=start)
        for item in items:
            if not in_time():
                return count, False
            try:
                column.change(item["id"], edit)
            except NotFoundError:  # deleted meanwhile
                continue
            count += 1
        if start is None:
            return count, True
