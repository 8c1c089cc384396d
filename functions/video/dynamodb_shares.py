"""Shares in the video table, each with its lock beside it.

    pattern                    index  requests                       units (1 KB record)
    get one                    table  1 GetItem (strong)             1 RRU
    list of a video, newest    gsi1   1 Query a page                 0.5 RRU per 4 KB
    create                     table  1 TransactWriteItems           2 WRU x (item, lock) + 1 (gsi1)
    revoke                     table  1 GetItem + 1 TransactWrite..  1 RRU + as create
    count an opening           table  1 UpdateItem                   1 WRU + 1 (gsi1)
    try a passcode             table  1 UpdateItem (2 in a window's  1 WRU
                                      first try)
      ... that was right       table  + 1 UpdateItem                 + 1 WRU
    forget those of a video    gsi1   1 Query a page, 2 DeleteItem   1 WRU an item
                                      a share

    share   pk W#<workspace>#<share>   sk RECORD   gsi1pk W#<workspace>#<video>#SHARES
                                                   gsi1sk <created_at>#<share>   until revoked
    lock    pk W#<workspace>#<share>   sk LOCK     kept, wrong, since, in_all

The lock holds the passcode's hash, so that neither record nor event nor audit log ever does. A try
is counted before it is compared, so that many at once are not more than they may be.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.shared.clock import iso
from functions.shared.errors import NotFoundError, RateLimitedError
from functions.shared.paging import Page, merged
from functions.shared.record import stamp
from functions.shared.records import RESTORE_DAYS, Records, nothing_else, unlist
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Table, Update
from functions.shared.writes import Also, Write
from functions.video.passcodes import MAX_TRIES, MAX_WRONG, WINDOW
from functions.video.playback import share_ended
from functions.video.shares import Share

_LOCK = "LOCK"


class DynamoShares(Records[Share]):
    """The shares of one workspace."""

    def of_video(
        self, video_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Share]:
        """Return one page of a video's shares that are not revoked, newest first."""
        before = start["sk"] if start else None
        pk = self._table.key(video_id, "SHARES")
        return merged([self._strand("gsi1", pk, before, limit)], limit)

    def of(self, video_id: str, share_id: str) -> Share:
        """Return a video's share; raises NotFoundError, also for one of another video."""
        share = self.get(share_id)
        if share.video_id != video_id:
            raise self._absent()
        return share

    def create_locked(self, share: Share, kept: str | None, also: Also[Share]) -> Share:
        """Store a new share, with its passcode's hash where it has one (event `share.created`)."""
        lock = {**_lock(self._table, share.id), "kept": kept, "wrong": 0, "in_all": 0}
        return self.create(
            share, also=lambda made: [*([Put(lock)] if kept is not None else ()), *also(made)]
        )

    def revoke(
        self,
        video_id: str,
        share_id: str,
        at: datetime,
        *,
        if_match: str | None = None,
        also: Also[Share] = nothing_else,
    ) -> None:
        """End a share at once (event `share.revoked`). Raises NotFoundError, also for one of
        another video, and PreconditionFailedError."""

        def edit(share: Share) -> Share:
            if share.video_id != video_id:
                raise self._absent()
            return share.changed(revoked_at=iso(at))

        def unlocked(share: Share) -> Sequence[Write]:
            return [Delete(_lock(self._table, share_id)), *also(share)]

        self.change(share_id, edit, event="revoked", if_match=if_match, also=unlocked)

    def try_passcode(self, share_id: str, at: datetime) -> str:
        """Count a try and return what the passcode is kept as. Raises RateLimitedError, and
        UnauthenticatedError when there were too many in all."""
        key, moment = _lock(self._table, share_id), int(at.timestamp())
        cutoff = int((at - WINDOW).timestamp())
        limits = {":most": MAX_TRIES, ":all": MAX_WRONG, ":cutoff": cutoff, ":one": 1}
        try:
            item = self._table.write(
                Update(
                    key,
                    "ADD wrong :one, in_all :one",
                    "since > :cutoff AND wrong < :most AND in_all < :all",
                    values=limits,
                )
            )
        except ConditionFailedError as error:
            item = self._new_window(key, moment, cutoff, error)
        return str((item or {})["kept"])

    def passed(self, share_id: str) -> None:
        """Forget the wrong tries."""
        self._table.write(
            Update(
                _lock(self._table, share_id),
                "SET wrong = :zero, in_all = :zero",
                "attribute_exists(pk)",
                values={":zero": 0},
            )
        )

    def opened(self, share: Share, at: datetime) -> Share:
        """Count an opening (event `share.opened`). Raises NotFoundError when the share was revoked
        meanwhile."""
        stamped = stamp("share.opened", self._caller, at=at)
        try:
            item = self._table.write(
                Update(
                    {"pk": self._table.key(share.id), "sk": "RECORD"},
                    "SET #events = :events, last_opened_at = :at, updated_at = :at "
                    "ADD opened_count :one, #version :one",
                    "attribute_exists(pk) AND attribute_not_exists(deleted_at)",
                    {"#events": "_events", "#version": "version"},
                    {":events": [stamped], ":at": iso(at), ":one": 1},
                )
            )
        except ConditionFailedError as error:
            raise self._absent() from error
        return Share.model_validate(item)

    def _new_window(self, key: Item, moment: int, cutoff: int, error: ConditionFailedError) -> Item:
        lock = error.failed.get(0) or {}
        try:
            item = self._table.write(
                Update(
                    key,
                    "SET wrong = :one, since = :now ADD in_all :one",
                    "attribute_exists(kept) AND in_all < :all AND "
                    "(attribute_not_exists(since) OR since <= :cutoff)",
                    values={":one": 1, ":now": moment, ":cutoff": cutoff, ":all": MAX_WRONG},
                )
            )
        except ConditionFailedError as again:
            lock = again.failed.get(0) or lock
            if lock.get("in_all", 0) >= MAX_WRONG or "kept" not in lock:
                raise share_ended() from again
            opens = lock.get("since", moment) + int(WINDOW.total_seconds())
            raise RateLimitedError(
                "The passcode was wrong too often; wait a while.",
                code="passcode_locked",
                retry_after=max(1, opens - moment),
            ) from again
        return item or {}

    def _item(self, record: Share, events: list[dict[str, Any]]) -> Item:
        item = super()._item(record, events)
        item["gsi1pk"] = self._table.key(record.video_id, "SHARES")
        if record.revoked_at is not None:
            unlist(item)
            item["deleted_at"] = record.revoked_at
            end = datetime.fromisoformat(record.revoked_at) + timedelta(days=RESTORE_DAYS)
            item["expires_at_epoch"] = int(end.timestamp())
        return item

    def _absent(self) -> NotFoundError:
        return NotFoundError("There is no such share.")


def forget_shares(table: Table, video_id: str) -> None:
    """Delete all that is kept of a deleted video's shares."""
    for each in table.items(table.key(video_id, "SHARES"), index="gsi1"):
        table.write(Delete(_lock(table, each["id"])))
        table.write(Delete({"pk": each["pk"], "sk": each["sk"]}))


def _lock(table: Table, share_id: str) -> Item:
    return {"pk": table.key(share_id), "sk": _LOCK}
