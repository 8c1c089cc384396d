"""Which videos are linked to a record of the CRM, and what becomes of the links when records merge.

    pattern                     index  requests                             units (4 KB record)
    a change of links           table  none of its own                      2 WRU a row
    move the links of a loser   table  1 PutItem + 1 Query for up to 100    1 WRU + 0.5 RRU per 4 KB
                                       + 1 Query and 1 TransactWriteItems   2 RRU + 2 WRU x (video,
                                       a video                              journal, rows)
                                       + 1 GetItem (goes the winner on?)    0.5 RRU
    move them back              table  1 PutItem + 1 GetItem + 1 Query      as moving
                                       for up to 100 + as above a video
    drop the links to a record  table  1 Query for up to 100 + as above     as moving
                                       a video
    say how many have moved     table  1 Query for up to 100 + 1 GetItem    0.5 RRU per 4 KB
                                       (+ 1 PutItem where that is new)      + 1 WRU

    row       pk W#<workspace>#LINKED#<record>   sk <video>    written with the video's links
    journal   pk W#<workspace>#MERGE#<merge>     sk <video>    what its links were before
    undone    pk W#<workspace>#MERGE#<merge>     sk ~UNDONE    from then on nothing moves any more
    told      pk W#<workspace>#MERGE#<merge>     sk ~VIDEOS    how many it has moved, with the event
    into      pk W#<workspace>#INTO#<record>     sk INTO       of which merge it is a loser

The rows are written in the transactions that write the links, so they are exact. A video moves in
one transaction with its journal, which is refused once the merge has been undone: so a message
that comes twice, late or after that of the undoing, or whose worker is killed, ends in the same
links.

Merges of the same records, and their undoings, may be heard of in another order than they
happened: what is given to a record that is a loser by then is handed on; what is undone beneath
another merge is done as if that came after it; and a merge waits where an earlier one, which must
have been undone for it, has not been heard of to be so.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import NotFoundError, UnavailableError
from functions.shared.record import stamp
from functions.shared.table import (
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Table,
    Write,
)
from functions.shared.writes import Also, nothing_else
from functions.video.links import MergeNews, linked_back, linked_to_winner, unlinked
from functions.video.model import Link, Video
from functions.video.ports import Videos

_AT_ONCE = 100
_KEPT_SECONDS = 30 * 86_400  # of a journal: longer than a merge can be undone
_UNDONE, _TOLD = "~UNDONE", "~VIDEOS"  # sort after every video, in this order


def link_rows(table: Table, video_id: str, old: Sequence[Link], new: Sequence[Link]) -> list[Write]:
    """Return the writes that keep the rows of a video's links, as it gets others."""
    before, after = ({each.id: None for each in links} for links in (old, new))
    keys = {each: {"pk": table.key("LINKED", each), "sk": video_id} for each in {**before, **after}}
    return [
        *(Put(dict(keys[each])) for each in after if each not in before),
        *(Delete(keys[each]) for each in before if each not in after),
    ]


class LinkMover:
    """Follows what becomes of the records that videos are linked to."""

    def __init__(
        self, table: Table, caller: Caller, videos: Videos, in_time: Callable[[], bool]
    ) -> None:
        self._table = table
        self._caller = caller
        self._videos = videos
        self._in_time = in_time

    def move(self, news: MergeNews) -> None:
        """Link the losers' videos to the winner. Raises UnavailableError when the time is over,
        the next attempt goes on; and when the undoing of an earlier merge is to be heard first."""
        further = self._merge_of(news.winner_id)
        if further is not None and further.id < news.id:
            raise _early()
        if not self._begun(news):
            return
        for loser in news.loser_ids:
            for video_id in self._linked(loser):
                self._move_video(news, video_id)
        self._tell(news)
        if further := self._merge_of(news.winner_id):
            self.move(further)

    def move_back(self, news: MergeNews) -> None:
        """Give the losers their links back. Raises UnavailableError when the time is over."""
        undone = {"pk": self._table.key("MERGE", news.id), "sk": _UNDONE}
        self._table.write(Put({**undone, **_expiring()}))
        further = self._merge_of(news.winner_id)
        self._tell(news)  # what a move that was broken off had not told
        self._restore(news, set())
        self._tell(news, undone=True)
        for each in news.loser_ids:
            key = self._into_key(each)
            self._table.try_write(Delete(key, "id = :id", values={":id": news.id}))
        if further is not None:
            self.move(further)

    def drop(self, record_id: str) -> None:
        """Take off all links to a record that is gone for good."""
        for video_id in self._linked(record_id):
            with suppress(NotFoundError):
                self._change(video_id, lambda video: unlinked(video, record_id), nothing_else)
        self._table.write(Delete(self._into_key(record_id)))

    def _tell(self, news: MergeNews, *, undone: bool = False) -> None:
        """Say how many videos a merge has moved, and moved back, unless that is what was said."""
        pk = self._table.key("MERGE", news.id)
        known = self._table.get(pk, _TOLD, consistent=True) or {}
        there = sum(1 for _ in self._items(pk, before=_UNDONE))
        moved = max(there, known.get("videos", 0))
        back = moved - there if undone else known.get("videos_back", 0)
        if (known.get("videos"), known.get("videos_back")) == (moved, back):
            return
        version = known.get("version", 0)
        told = {
            "pk": pk, "sk": _TOLD, "id": news.id, "object": "merge", "version": version + 1,
            "videos": moved, "videos_back": back,
            "_events": [stamp("merge.videos_moved", self._caller)],
            **_expiring(),
        }  # fmt: skip
        self._table.try_write(
            Put(
                told,
                "attribute_not_exists(pk) OR #version = :version",
                {"#version": "version"},
                {":version": version},
            )
        )

    def _begun(self, news: MergeNews) -> bool:
        """Write down whose losers these are; say whether the merge still holds."""
        into = [
            Put(
                {**self._into_key(each), **news.model_dump(mode="json")},
                "attribute_not_exists(pk) OR id = :id",
                values={":id": news.id},
            )
            for each in news.loser_ids
        ]
        try:
            self._table.transact([self._not_undone(news), *into])
        except ConditionFailedError as error:
            if 0 in error.failed:
                return False
            raise _early() from error
        return True

    def _restore(self, news: MergeNews, seen: set[str]) -> None:
        """Give back what a merge has moved, after what later ones have moved on."""
        seen.add(news.id)
        further = self._merge_of(news.winner_id)
        if further is not None and further.id not in seen:
            self._restore(further, seen)
        for entry in self._items(self._table.key("MERGE", news.id), before=_UNDONE):
            self._move_video_back(news, entry)

    def _move_video(self, news: MergeNews, video_id: str) -> None:
        was: list[Video] = []

        def edit(video: Video) -> Video:
            was[:] = [video]
            return linked_to_winner(video, news)

        def journalled(new: Video) -> list[Write]:
            if new is was[0]:
                return []  # moved since the row was read
            links = [each.model_dump() for each in was[0].links]
            key = {"pk": self._table.key("MERGE", news.id), "sk": video_id}
            return [
                self._not_undone(news),
                Put({**key, "links": links, **_expiring()}, "attribute_not_exists(pk)"),
            ]

        try:
            self._change(video_id, edit, journalled)
        except NotFoundError:  # deleted meanwhile
            return
        except ConditionFailedError as error:
            if not any(isinstance(each, Check) for each in error.refused):
                # moved before, and linked to a loser again since: the journal has the first links
                self._change(video_id, edit, lambda _new: [self._not_undone(news)])

    def _move_video_back(self, news: MergeNews, entry: Item) -> None:
        before = [Link.model_validate(each) for each in entry["links"]]
        done = Delete({"pk": entry["pk"], "sk": entry["sk"]}, "attribute_exists(pk)")
        try:
            self._change(
                entry["sk"], lambda video: linked_back(video, before, news), lambda _new: [done]
            )
        except NotFoundError:
            self._table.try_write(done)
        except ConditionFailedError:
            return  # another worker was first

    def _change(self, video_id: str, edit: Callable[[Video], Video], also: Also[Video]) -> None:
        if not self._in_time():
            raise UnavailableError("There was no time to change all that is linked.")
        self._videos.change(video_id, edit, event="updated", also=also)

    def _merge_of(self, loser_id: str) -> MergeNews | None:
        key = self._into_key(loser_id)
        found = self._table.get(key["pk"], key["sk"], consistent=True)
        return None if found is None else MergeNews.model_validate(found)

    def _linked(self, record_id: str) -> Iterator[str]:
        for row in self._items(self._table.key("LINKED", record_id)):
            yield row["sk"]

    def _items(self, pk: str, before: str | None = None) -> Iterator[Item]:
        return self._table.items(pk, before=before, limit=_AT_ONCE, consistent=True)

    def _not_undone(self, news: MergeNews) -> Check:
        key = {"pk": self._table.key("MERGE", news.id), "sk": _UNDONE}
        return Check(key, "attribute_not_exists(pk)")

    def _into_key(self, record_id: str) -> Item:
        return {"pk": self._table.key("INTO", record_id), "sk": "INTO"}


def _expiring() -> Item:
    return {"expires_at_epoch": int(now().timestamp()) + _KEPT_SECONDS}


def _early() -> UnavailableError:
    return UnavailableError("An earlier merge was undone; that is to be heard of first.")
