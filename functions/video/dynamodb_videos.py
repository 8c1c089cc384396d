"""Video records in the video table, each together with its newest run.

    pattern                  index  requests                              units (4 KB record, run)
    get with newest run      table  1 Query, 2 items                      1 RRU (2 strong)
    list newest first        gsi1   1 Query a page                        0.5 RRU per 4 KB
      ... what some may see  gsi3   1 Query a page (the owner's)          0.5 RRU per 4 KB
                             gsi4   + 1 Query for each team               0.5 RRU per 4 KB each
    create                   table  1 TransactWriteItems                  2 WRU x item + 1 WRU x
                                                                          (gsi1, gsi2, gsi3, gsi4)
      ... that has links                                                  + 2 WRU a link
      ... whose checksum is known                                         + 2 WRU
    change, with its run     table  1 Query + 1 TransactWriteItems        2 RRU + as create + run
    delete (soft), restore   table  1 Query + 1 TransactWriteItems        as change
    purge                    table  1 Query + 1 TransactWriteItems        2 RRU + 2 WRU x (record,
                                                                          links, audit key, reply)
    list deleted             gsi1   1 Query a page (gsi3, gsi4 as above)  0.5 RRU per 4 KB
    look up to 100 up        table  1 BatchGetItem                        1 RRU a record
    due now, all workspaces  gsi2   1 Query per shard                     0.5 RRU per 4 KB of what
                                                                          is due, or 0.5
    forget a deleted video   table  1 Query + 1 DeleteItem per item       1 WRU per item

    record   pk W#<workspace>#<video>   sk RECORD
    run      pk W#<workspace>#<video>   sk RUN#<9999 - number>
    gsi1     pk W#<workspace>#video#0   sk <created_at>#<video>
    gsi3, gsi4: the owner's and the team's videos, as in `functions.shared.records`
    links, and what becomes of them when records merge: `dynamodb_links`
    deleted  gsi1pk, gsi3pk, gsi4pk …#DELETED   sk <deleted_at>#<video>   until it is purged
    purged   sk RECORD   id, object, version, purged_at alone, for 30 days
    gsi2     pk W#SYSTEM#DUE#<shard>    sk <due_at>#<workspace>#<video>   while it has one

gsi2 is the one index that crosses workspaces: the pipeline's own agenda (`due_at`), read by
λ expire alone and by nobody on behalf of a caller.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from functions.shared.check import Question, RecordName
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.ids import is_id
from functions.shared.record import stamp
from functions.shared.records import (
    Also,
    Records,
    check_match,
    nothing_else,
)
from functions.shared.table import (
    Check,
    ConditionFailedError,
    DynamoClient,
    Item,
    Put,
    Table,
    Write,
)
from functions.video.due import DUE_SHARDS, Due, shard_of
from functions.video.dynamodb_equals import equal_rows
from functions.video.dynamodb_links import link_rows
from functions.video.facts import MediaFacts
from functions.video.model import Run, Video
from functions.video.ports import Event
from functions.video.run_items import run_attributes, run_key, run_of
from functions.video.runs import ready

ATTEMPTS = 8
_PROGRESS = re.compile(r'\.\d+\.\d+"')  # the tail of an ETag: run and revision
_AFTER_SEPARATOR = "$"  # sorts right behind the `#` that follows a moment in a key
_AT_VERSION = "#version = :version AND attribute_not_exists(deleted_at)"


class LiveVideos(Records[Video]):
    """The videos of one workspace that are not deleted, as one caller changes them."""

    def get(self, record_id: str, *, consistent: bool = False) -> Video:
        """Return a live video with its newest run; raises NotFoundError for one that is absent,
        deleted, foreign or not for the caller to see."""
        if not is_id(record_id, Video.PREFIX):
            raise self._absent()
        found = self._table.query(self._table.key(record_id), limit=2, consistent=consistent)
        record = found.items[0] if found.items else {}
        if record.get("sk") != "RECORD" or "deleted_at" in record or self._hidden(record):
            raise self._absent()
        return video_of(found.items)

    def create(self, record: Video, *, also: Also[Video] = nothing_else) -> Video:
        """As `Records.create`, with the rows by which its links lead to it."""
        rows = [
            *link_rows(self._table, record.id, (), record.links),
            *equal_rows(self._table, record.id, None, record),
        ]
        return super().create(record, also=lambda made: [*rows, *also(made)])

    def change(
        self,
        record_id: str,
        edit: Callable[[Video], Video],
        *,
        event: Event = None,
        if_match: str | None = None,
        also: Also[Video] = nothing_else,
    ) -> Video:
        """Apply `edit` to the record and its newest run and store both, unless either changed
        meanwhile: then the edit is tried again on what is there now.

        `event` is published if the edit changed the record's version; it may depend on the
        result. `if_match` is compared by version alone: a run's progress is no conflict.
        Raises NotFoundError, PreconditionFailedError, InvalidError when the video cannot be given
        to whom the edit names, and ConflictError when others keep changing the record.
        """
        for _ in range(ATTEMPTS):
            old = self.get(record_id, consistent=True)
            check_version(old, if_match)
            new = edit(old)
            self._check_ownership(new, old)
            own = self._writes(old, new, event)
            writes = [*own, *also(new)]
            if not writes:
                return new
            try:
                self._table.transact(writes)
            except ConditionFailedError as error:
                if min(error.failed) >= len(own):
                    raise
                continue
            return new
        raise ConflictError("The video is being changed by others; please try again.")

    def lying(self, record_id: str) -> Video:
        """Return a video that is there, deleted or not, with its newest run. Raises as `get`."""
        if not is_id(record_id, Video.PREFIX):
            raise self._absent()
        found = self._table.query(self._table.key(record_id), limit=2, consistent=True)
        record = found.items[0] if found.items else {}
        if record.get("sk") != "RECORD" or "purged_at" in record or self._hidden(record):
            raise self._absent()
        return video_of(found.items)

    def mark_ready(self, video_id: str, run: int, media: MediaFacts) -> None:
        """Make the run's renditions the video's; see ports.ReadyMark."""
        before = 0

        def edit(video: Video) -> Video:
            nonlocal before
            before = video.source_number
            return ready(video, run, media, now())

        def events(video: Video) -> tuple[str, ...]:
            return ("ready",) if video.source_number == before else ("ready", "source_replaced")

        self.change(video_id, edit, event=events)

    def runs(self, record_id: str) -> list[Run]:
        """Return all runs, newest first."""
        items = self._items(self._table.key(record_id), "RUN#")
        return [run_of(item) for item in items]

    def _items(self, pk: str, prefix: str) -> Iterator[Item]:
        return self._table.items(pk, begins_with=prefix, consistent=True)

    def _writes(self, old: Video, new: Video, event: Event) -> list[Write]:
        if new is old:
            return []
        writes: list[Write] = []
        if _record(new) != _record(old):
            named = event(new) if callable(event) else event
            names = (named,) if isinstance(named, str) else named or ()
            stamped = names if new.version != old.version else ()
            events = [self._stamp(each, new) for each in stamped]
            writes.append(self._at(old, self._item(new, events)))
            writes += link_rows(self._table, old.id, old.links, new.links)
            writes += equal_rows(self._table, new.id, old, new)
        else:
            key = {"pk": self._table.key(old.id), "sk": "RECORD"}
            version, values = {"#version": "version"}, {":version": old.version}
            writes.append(Check(key, _AT_VERSION, version, values))
        return [*writes, *self._run_writes(old, new)]

    def _run_writes(self, old: Video, new: Video) -> list[Write]:
        if new.run is None or new.run is old.run:
            return []
        return [self._run(old.run, new.run, new.id)]

    def _stamp(self, name: str, video: Video) -> dict[str, Any]:
        if name != "analysed":
            return stamp(f"video.{name}", self._caller)
        # each statement of the analysis has the words that it stands on; all were spoken here
        told = stamp(f"video.{name}", self._caller, source="ai")
        return {**told, "evidence": {"video": video.id, "run": video.artefacts.analysis.run}}

    def _run(self, old: Run | None, new: Run, video_id: str) -> Put:
        item = {
            "pk": self._table.key(video_id),
            "sk": run_key(new.number),
            **run_attributes(new),
        }
        if old is None or old.number != new.number:
            return Put(item, "attribute_not_exists(pk)")
        return Put(item, "rev = :rev", values={":rev": old.rev})

    def _at(self, old: Video, item: Item) -> Put:
        return Put(item, _AT_VERSION, {"#version": "version"}, {":version": old.version})

    def _item(self, record: Video, events: list[dict[str, Any]]) -> Item:
        item = super()._item(record, events)
        item |= due_keys(self._table, record.id, record.due_at)
        if record.artefacts.analysis.summary is not None:
            item["analysis"] = dict(record.artefacts.analysis.summary)  # for video.analysed
        return item

    def _absent(self) -> NotFoundError:
        return NotFoundError("There is no such video.")


def _record(video: Video) -> Video:
    return video.model_copy(update={"run": None})


def visible(table: Table, question: Question, names: Sequence[RecordName]) -> set[str]:
    """Return the ids of the videos that the asking caller may see (1 request for up to 100)."""
    keys = [(table.key(each.id), "RECORD") for each in names]
    found = table.get_many(keys, consistent=True) if keys else {}
    return {item["id"] for item in found.values() if question.allows(item)}


class DynamoDueList:
    """DueList: what λ expire must look at, of all workspaces."""

    def __init__(self, client: DynamoClient, table: str) -> None:
        self._table = Table(client, table, "SYSTEM")

    def due(self, at: datetime, limit: int) -> list[Due]:
        """Return up to `limit` videos per shard whose time has come, the longest due first. What is
        due later is not read."""
        end = f"{iso(at)}{_AFTER_SEPARATOR}"
        found: list[Due] = []
        for shard in DUE_SHARDS:
            page = self._table.query(
                self._table.key("DUE", shard), index="gsi2", before=end, limit=limit
            )
            found += [Due(*item["gsi2sk"].split("#")) for item in page.items]
        return sorted(found)


def due_keys(table: Table, video_id: str, due_at: str | None) -> Item:
    """Return where a video stands on the agenda; nothing for one that is not due."""
    if due_at is None:
        return {}
    place = f"{due_at}#{table.workspace}#{video_id}"
    return {"gsi2pk": "#".join(("W", "SYSTEM", "DUE", shard_of(video_id))), "gsi2sk": place}


def check_version(video: Video, if_match: str | None) -> None:
    """Raise PreconditionFailedError unless `If-Match` names this version, whatever the progress
    of the run was when the caller read it."""
    if if_match is not None:
        check_match(f'"{video.version}"', _PROGRESS.sub('"', if_match))


def video_of(items: Sequence[Item]) -> Video:
    """Make a video of its record and, behind it, its newest run if it has one."""
    video = Video.model_validate(items[0])
    if len(items) > 1 and items[1]["sk"].startswith("RUN#"):
        return video.model_copy(update={"run": run_of(items[1])})
    return video
