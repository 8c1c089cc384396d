"""Reading a timeline: whose it is, and what of it the caller may see."""

from collections.abc import Mapping
from typing import Any

from functions.crm.model import CrmRecord
from functions.crm.ports import R, Store, TimelineStore
from functions.crm.timeline import READ_SCOPES, TimelineEntry
from functions.shared.caller import Caller
from functions.shared.errors import NotFoundError
from functions.shared.ids import is_id
from functions.shared.paging import Page


def read_timeline(
    kind: type[CrmRecord],
    record_id: str,
    caller: Caller,
    timelines: TimelineStore,
    records: Store[R],
    *,
    limit: int,
    start: Mapping[str, Any] | None,
) -> Page[TimelineEntry]:
    """Return one page of a record's timeline, newest first, without the entries about things
    that the caller may not read (so a page may hold fewer than `limit`).

    Raises NotFoundError for an absent, deleted or foreign record and for another type's id.
    """
    page = None
    if is_id(record_id, kind.PREFIX):
        page = timelines.page(record_id, limit=limit, start=start)
    if page is None:
        raise NotFoundError(f"There is no such {kind.OBJECT}.")
    if not page.items and start is None:
        records.get(record_id)  # nothing happened yet, or is there no such record?
    visible = [
        entry for entry in page.items if READ_SCOPES.get(entry.subject.type) in caller.scopes
    ]
    return Page(visible, page.position)
