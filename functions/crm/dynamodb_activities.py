"""Activities in the CRM's table, as all its records are (`dynamodb`), and the videos they name.

create, change    as every record's, + 1 invoke of video/check when new videos are named
"""

from collections.abc import Callable, Sequence
from typing import Any

from functions.crm.dynamodb import CrmRecords, alike, dialled
from functions.crm.model import VIDEO, Activity, Reference
from functions.crm.reminders import SAYINGS
from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.record import stamp
from functions.shared.records import Also, nothing_else
from functions.shared.table import Table


class Activities(CrmRecords[Activity]):
    """A workspace's activities; `videos` is asked for those that they name."""

    def __init__(
        self,
        table: Table,
        caller: Caller,
        people: Door | None = None,
        videos: Door | None = None,
        *,
        source: str | None = None,
    ) -> None:
        super().__init__(table, Activity, caller, people=people)
        self._videos = videos
        self._source = source

    def create(self, record: Activity, *, also: Also[Activity] = nothing_else) -> Activity:
        """As `CrmRecords.create`, for videos too."""
        self._check_videos(record.videos())
        return super().create(record, also=also)

    def change(
        self,
        record_id: str,
        edit: Callable[[Activity], Activity],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Activity] = nothing_else,
    ) -> Activity:
        """As `CrmRecords.change`, for videos too."""

        def edited(old: Activity) -> Activity:
            new = edit(old)
            known = {each.id for each in old.videos()}
            self._check_videos([each for each in new.videos() if each.id not in known])
            return new

        return super().change(record_id, edited, event=event, if_match=if_match, also=also)

    def _defined(self, new: Activity, old: Activity | None) -> Activity:
        """As `CrmRecords`, with the number of a call as it is kept."""
        defined = super()._defined(new, old)
        call, before = defined.call, old and old.call
        if call is None or call.phone is None or call.phone == (before and before.phone):
            return defined
        phone = dialled(call.phone, self._definitions(new).phone_region, "/call/phone")
        kept = defined.model_copy(update={"call": call.model_copy(update={"phone": phone})})
        return old if old is not None and alike(kept, old) else kept

    def say(self, task_id: str, what: str, at: str) -> None:
        """Make a task's reminder, or that it is overdue, known, once for the instant that it was
        set to (1 GetItem, + 1 TransactWriteItems). Nothing happens when that has been moved, or
        the task is no longer open; raises NotFoundError when it is gone."""
        saying = SAYINGS[what]

        def said(task: Activity) -> Activity:
            due = task.status == "open" and getattr(task, saying.at) == at
            if not due or getattr(task, saying.mark) == at:
                return task
            return task.changed(**{saying.mark: at})

        self.change(task_id, said, event=saying.event)

    def _stamps(self, _old: Activity, _new: Activity, event: str) -> list[dict[str, Any]]:
        name = event if "." in event else f"{self._kind.OBJECT}.{event}"
        return [stamp(name, self._caller, source=self._source)]

    def _check_videos(self, named: Sequence[Reference]) -> None:
        if not named:
            return
        if self._videos is None:
            raise RuntimeError("an activity names a video where nobody can say whether it is there")
        names = {each.id: RecordName(type=VIDEO, id=each.id) for each in named}
        missing = {each.id for each in self._videos.missing(list(names.values()))}
        faults = [
            FieldProblem(each.pointer, "unknown_reference", "There is no such record.")
            for each in named
            if each.id in missing
        ]
        if faults:
            raise InvalidError(
                "The request names records that do not exist; see `errors`.",
                code="unknown_reference",
                errors=faults,
            )
