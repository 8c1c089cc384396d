"""Timelines in the CRM's table: entries under the records that they concern.

    pattern                     index  requests                               units (1 KB items)
    timeline of a record        table  1 Query a page                         0.5 RRU per 4 KB
      ... that has no entries   table  + 1 GetItem (absent or just empty?)    0.5 RRU
      ... of some groups        gsi2   1 GetItem + 1 Query a group            0.5 RRU per 4 KB each
      ... of some kinds         gsi2   as of their groups, up to 5 times      0.5 RRU per 4 KB each
      ... for who sees some     table  + 1 GetItem + 1 BatchGetItem           0.5 RRU + 1 RRU a
                                       (+ 1 invoke of video/check)            record
    put an event on timelines   table  1 PutItem, or 1 TransactWriteItems     1 WRU, or 2 a record,
                                                                              + 1 WRU (gsi2) each

    entry      pk W#<workspace>#TIMELINE#<id>   sk <occurred_at>#<event id>
               gsi2pk W#<workspace>#TIMELINE#<id>#<group>   gsi2sk as sk
               (of a video: copies of what the timelines of its records say of it, to be found by
               when it is gone for good)
    closed     pk W#<workspace>#TIMELINE#<id>   sk ~DELETED   written with the record's deletion
    names      pk W#<workspace>#TIMELINE#<id>   sk ~MERGED    whose timelines are read with it: a
                                                              Query more for each of them
    name       pk W#<workspace>#TIMELINE#<id>   sk ~INTO      of which record it has become a part

What an entry says and where it stands follow from its event alone, so whatever is delivered twice,
late or in another order leaves the same timeline. What goes on, a viewing, is one entry: the event
that tells of the most stands there.

`~` sorts after every time, so what became of a record is known by the first items of its timeline,
without another request. Nothing is copied when records are merged, nor when that is undone.
"""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from functions.crm.dynamodb_lifecycle import CLOSED, MERGED
from functions.crm.dynamodb_mergeable import MAX_HOPS
from functions.crm.timeline import Choice, TimelineEntry
from functions.shared.paging import Page, Strand, merged
from functions.shared.table import MAX_TRANSACTION, ConditionFailedError, Item, Put, Table

INTO = "~INTO"
_SIGNS = 2  # at most beside the entries of one timeline
_PAGE, MAX_READ = 100, 500


class Timelines:
    """The timelines of one workspace's records."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self, record_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[TimelineEntry] | None:
        """Return one page, newest first; None when the record was deleted. Of a record that others
        were merged into theirs are read with it; a merged record's is the winner's."""
        before = start["sk"] if start else None
        if start and "of" in start:
            return self._together(start["of"], before, limit)
        signs: dict[str, Item] = {}
        for _ in range(MAX_HOPS):
            # signs sort after all entries, so they come with the first page
            found = self._table.query(
                self._table.key("TIMELINE", record_id),
                limit=limit if start else limit + _SIGNS,
                newest_first=True,
                before=before,
            )
            signs = {item["sk"]: item for item in found.items if item["sk"].startswith("~")}
            if INTO not in signs:
                break
            record_id = signs[INTO]["into"]
        if CLOSED in signs or INTO in signs:
            return None
        if MERGED in signs:
            return self._together([record_id, *signs[MERGED]["record_ids"]], None, limit)
        entries = [item for item in found.items if item["sk"] not in signs]
        more = found.last_key is not None or len(entries) > limit
        entries = entries[:limit]
        return Page(
            items=[TimelineEntry.model_validate(item) for item in entries],
            position={"sk": entries[-1]["sk"]} if more and entries else None,
        )

    def _together(
        self, record_ids: Sequence[str], before: str | None, limit: int
    ) -> Page[TimelineEntry]:
        strands = []
        for each in record_ids:
            found = self._table.query(
                self._table.key("TIMELINE", each),
                limit=limit,
                newest_first=True,
                before=before or "~",
            )
            entries = [(item["sk"], TimelineEntry.model_validate(item)) for item in found.items]
            strands.append(Strand(entries, more=found.last_key is not None))
        page = merged(strands, limit)
        position = page.position and {**page.position, "of": list(record_ids)}
        return Page(page.items, position)

    def chosen(
        self,
        record_ids: Sequence[str],
        choice: Choice,
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
    ) -> Page[TimelineEntry]:
        """Return one page of some kinds of entries, newest first. Where single kinds are chosen,
        at most MAX_READ entries of their groups are looked at: the page may be short then, and
        its position leads on."""
        taken: list[TimelineEntry] = []
        position, read = start, 0
        while read < MAX_READ:
            size = _PAGE if choice.picks else limit
            page = self._of_groups(record_ids, choice, size, position)
            read += size
            for entry in page.items:
                if choice.takes(entry.kind):
                    taken.append(entry)
                    if len(taken) == limit and entry != page.items[-1]:
                        return Page(taken, {"sk": _place(entry)})
            position = page.position
            if position is None or len(taken) == limit:
                break
        return Page(taken, position)

    def add(self, entry: TimelineEntry, record_ids: Sequence[str]) -> None:
        """Put an entry on several records' timelines, unless it stands there already (1 request
        for up to 100 records, which get it all or none)."""
        writes = [self._put(entry, record_id) for record_id in record_ids]
        for first in range(0, len(writes), MAX_TRANSACTION):
            some = writes[first : first + MAX_TRANSACTION]
            # refused: this event was here before, with just these records
            with suppress(ConditionFailedError):
                if len(some) == 1:
                    self._table.write(some[0])
                else:
                    self._table.transact(some)

    def _of_groups(
        self, record_ids: Sequence[str], choice: Choice, limit: int, start: Mapping[str, Any] | None
    ) -> Page[TimelineEntry]:
        before = start["sk"] if start else None
        strands = []
        for record_id, group in itertools.product(record_ids, choice.groups):
            found = self._table.query(
                self._table.key("TIMELINE", record_id, group),
                index="gsi2",
                limit=limit,
                newest_first=True,
                before=before,
            )
            entries = [(each["sk"], TimelineEntry.model_validate(each)) for each in found.items]
            strands.append(Strand(entries, more=found.last_key is not None))
        return merged(strands, limit)

    def _put(self, entry: TimelineEntry, record_id: str) -> Put:
        place = _place(entry)
        item = {
            **entry.model_dump(mode="json", exclude_none=True),
            "pk": self._table.key("TIMELINE", record_id),
            "sk": place,
            "gsi2pk": self._table.key("TIMELINE", record_id, entry.group),
            "gsi2sk": place,
        }
        if entry.progress is None:
            return Put(item, "attribute_not_exists(pk)")
        # the one entry of what goes on: a repeat, or an older event that comes late, is refused
        return Put(
            item | {"progress": entry.progress},
            "attribute_not_exists(pk) OR progress < :progress",
            values={":progress": entry.progress},
        )


def _place(entry: TimelineEntry) -> str:
    return f"{entry.occurred_at}#{entry.id}"
