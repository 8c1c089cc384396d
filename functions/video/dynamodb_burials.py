"""Deleted videos: laid down, listed, raised again, or made irrecoverable. What it costs stands in
`dynamodb_videos`.

A deleted record has no expiry of DynamoDB's: its bytes must be gone before it is forgotten, so the
agenda purges it when its 30 days are over. Only what is left of a purged one expires.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError
from functions.shared.paging import Page, merged
from functions.shared.record import stamp
from functions.shared.records import RESTORE_DAYS, Also, nothing_else
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Update, Write
from functions.video.burial import Grave, laid_down, raised
from functions.video.dynamodb_equals import equal_rows
from functions.video.dynamodb_links import link_rows
from functions.video.dynamodb_shares import forget_shares
from functions.video.dynamodb_videos import ATTEMPTS, LiveVideos, check_version, due_keys, video_of
from functions.video.dynamodb_views import forget_views
from functions.video.model import Link, Video
from functions.video.run_items import SPENT, chunk_partition, run_key
from functions.video.runs import AFTERMATH

_GRAVES = ("gsi1", "gsi3", "gsi4")
_STANDING = "#version = :version AND attribute_not_exists(purged_at)"


class DynamoVideos(LiveVideos):
    """The videos of one workspace, as one caller changes them."""

    def remove(
        self, record_id: str, *, if_match: str | None = None, also: Also[Video] = nothing_else
    ) -> Video:
        """Delete softly and return what was there (event `video.deleted`). Raises as `change`."""
        for _ in range(ATTEMPTS):
            old = self.get(record_id, consistent=True)
            check_version(old, if_match)
            gone = laid_down(old, now())
            item = self._buried(gone)
            writes = [
                self._standing(old, item),
                *link_rows(self._table, old.id, old.links, ()),
                *equal_rows(self._table, record_id, old, None),
                *self._run_writes(old, gone),
            ]
            if self._written(writes, also(gone)):
                return old
        raise _busy()

    def buried(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[Video]:
        """Return one page of the deleted videos that the caller sees, the last deleted first."""
        before = start["sk"] if start else None
        lists = [(index, f"{pk}#DELETED") for index, pk in self._lists()]
        return merged([self._strand(*each, before, limit) for each in lists], limit)

    def restore(
        self,
        record_id: str,
        links_of: Callable[[Video], list[Link]],
        *,
        if_match: str | None = None,
        also: Also[Video] = nothing_else,
    ) -> Video:
        """Undo a deletion (event `video.restored`); `links_of` says which links are kept. A video
        that is not deleted stays as it is. Raises as `change` does."""
        for _ in range(ATTEMPTS):
            old = self.lying(record_id)
            check_version(old, if_match)
            if old.deleted_at is None:
                if writes := also(old):
                    self._table.transact(writes)
                return old
            new = raised(old, links_of(old), now())
            writes = [
                self._standing(old, self._item(new, [stamp("video.restored", self._caller)])),
                *link_rows(self._table, old.id, (), new.links),
                *equal_rows(self._table, old.id, None, new),
            ]
            if self._written(writes, also(new)):
                return new
        raise _busy()

    def purge(
        self, record_id: str, *, if_match: str | None = None, also: Also[Video] = nothing_else
    ) -> Video:
        """Make a video, deleted or not, irrecoverable and return what was there (event
        `video.purged`); its bytes are the caller's to delete. Raises as `change` does."""
        for _ in range(ATTEMPTS):
            old = self.lying(record_id)
            check_version(old, if_match)
            moment = now()
            left: Item = {
                "pk": self._table.key(old.id),
                "sk": "RECORD",
                "id": old.id,
                "object": old.object,
                "version": old.version + 1,
                "deleted_at": iso(moment),
                "purged_at": iso(moment),
                "expires_at_epoch": _epoch(moment),
                "_events": [stamp("video.purged", self._caller, at=moment)],
                # workers that have not noticed may still write
                **due_keys(self._table, old.id, iso(moment + AFTERMATH)),
            }
            writes = [
                self._standing(old, left),
                *(link_rows(self._table, old.id, old.links, ()) if not old.deleted_at else ()),
                *(equal_rows(self._table, old.id, old, None) if not old.deleted_at else ()),
            ]
            if self._written(writes, also(old)):
                return old
        raise _busy()

    def grave(self, record_id: str) -> Grave | None:
        """Return what lies of a deleted or purged video, None when it is alive or never was."""
        item = self._table.get(self._table.key(record_id), "RECORD", consistent=True)
        if item is None or "deleted_at" not in item:
            return None
        return Grave(None if "purged_at" in item else video_of([item]))

    def put_off(self, video: Video, due_at: str) -> None:
        """Look at a deleted video again at another time, unless it was changed meanwhile."""
        keys = due_keys(self._table, video.id, due_at)
        self._table.try_write(
            Update(
                {"pk": self._table.key(video.id), "sk": "RECORD"},
                "SET due_at = :due, gsi2pk = :pk, gsi2sk = :sk",
                _STANDING,
                {"#version": "version"},
                {
                    ":due": due_at,
                    ":pk": keys["gsi2pk"],
                    ":sk": keys["gsi2sk"],
                    ":version": video.version,
                },
            )
        )

    def forget(self, record_id: str) -> None:
        """Delete the runs, chunks, costs, shares and views of a purged video and take it off the
        agenda."""
        forget_shares(self._table, record_id)
        pk, runs = self._table.key(record_id), self.runs(record_id)
        forget_views(self._table, record_id, [run.source for run in runs])
        for run in runs:
            partition = self._table.key(record_id, *chunk_partition(run.number))
            for item in self._items(partition, "CHUNK#"):
                self._table.write(Delete({"pk": partition, "sk": item["sk"]}))
            self._table.write(Delete({"pk": pk, "sk": run_key(run.number)}))
        for item in self._items(pk, SPENT):
            self._table.write(Delete({"pk": pk, "sk": item["sk"]}))
        self._table.write(Update({"pk": pk, "sk": "RECORD"}, "REMOVE gsi2pk, gsi2sk, due_at"))

    def _buried(self, gone: Video) -> Item:
        item = self._item(gone, [stamp("video.deleted", self._caller)])
        for index in _GRAVES:
            if f"{index}pk" in item:
                item[f"{index}pk"] += "#DELETED"
                item[f"{index}sk"] = f"{gone.deleted_at}#{gone.id}"
        return item

    def _standing(self, old: Video, item: Item) -> Put:
        return Put(item, _STANDING, {"#version": "version"}, {":version": old.version})

    def _written(self, own: Sequence[Write], more: Sequence[Write]) -> bool:
        """Write it all; False when others have changed what is the video's own."""
        try:
            self._table.transact([*own, *more])
        except ConditionFailedError as error:
            if min(error.failed) >= len(own):
                raise
            return False
        return True


def _epoch(moment: datetime) -> int:
    return int((moment + timedelta(days=RESTORE_DAYS)).timestamp())


def _busy() -> ConflictError:
    return ConflictError("The video is being changed by others; please try again.")
