"""Reading a timeline: whose it is, and what of it the caller may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.crm.model import CrmRecord
from functions.crm.ports import R, Store, Subjects, TimelineStore
from functions.crm.product import RECORDS
from functions.crm.timeline import Choice, TimelineEntry, concerns, readable
from functions.shared.caller import Caller
from functions.shared.check import Door, Look, Question, RecordName
from functions.shared.errors import NotFoundError
from functions.shared.ids import is_id
from functions.shared.paging import Page


@dataclass(frozen=True, slots=True)
class KnownSubjects:
    """Subjects for one caller: the CRM's own are looked up, videos are asked for."""

    caller: Caller
    look: Look
    videos: Door

    def seen(self, subjects: Sequence[RecordName]) -> set[str]:
        """Return the ids of those that the caller may see (1 BatchGetItem for the CRM's, 1 invoke
        when there are videos)."""
        mine = [each for each in subjects if each.type in RECORDS]
        theirs = [each for each in subjects if each.type not in RECORDS]
        question = Question.of(self.caller, subjects, deleted=True)
        missing = self.videos.missing(theirs, deleted=True)
        return self.look(question, mine) | {each.id for each in theirs if each not in missing}


def read_timeline(
    kind: type[CrmRecord],
    record_id: str,
    caller: Caller,
    timelines: TimelineStore,
    records: Store[R],
    subjects: Subjects,
    *,
    limit: int,
    start: Mapping[str, Any] | None,
    choice: Choice | None = None,
) -> Page[TimelineEntry]:
    """Return one page of a record's timeline, newest first, without the entries about things
    that the caller may not read (so a page may hold fewer than `limit`).

    Who sees only some records sees an entry when it sees what the entry is about, as that is now:
    whose it was when it happened does not count. Raises NotFoundError for a record that is
    absent, deleted, foreign or not for the caller to see, and for another type's id.
    """
    some = caller.visibility != "all"
    page = None
    ids = [record_id]
    if some or choice is not None:
        record = records.get(record_id)
        ids = [record.id, *getattr(record, "merged_ids", ())]
    if choice is not None:
        page = timelines.chosen(ids, choice, limit=limit, start=start)
    elif is_id(record_id, kind.PREFIX):
        page = timelines.page(record_id, limit=limit, start=start)
    if page is None:
        raise NotFoundError(f"There is no such {kind.OBJECT}.")
    if not page.items and start is None and not some and choice is None:
        records.get(record_id)  # nothing happened yet, or is there no such record?
    entries = [entry for entry in page.items if readable(entry, caller.scopes)]
    if some:
        entries = _about_seen(entries, record_id, subjects)
    return Page(entries, page.position)


def _about_seen(
    entries: Sequence[TimelineEntry], record_id: str, subjects: Subjects
) -> list[TimelineEntry]:
    others = {
        subject.id: subject
        for each in entries
        for subject in concerns(each)
        if subject.id != record_id
    }
    seen = subjects.seen([RecordName(type=each.type, id=each.id) for each in others.values()])
    seen |= {record_id}
    return [each for each in entries if all(about.id in seen for about in concerns(each))]
