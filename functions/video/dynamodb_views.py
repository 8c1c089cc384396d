"""What was watched of each video, in the video table.

    pattern                    index  requests                         units (2 KB items)
    tally up to 10 beats of    table  1 BatchGetItem (2 where the      1 RRU an item: the record,
    one video                         file was replaced)               each session and share
                                      1 TransactWriteItems             4 WRU x (sessions, viewers,
                                                                       the video's sums)
    the video's sums           table  1 GetItem                        0.5 RRU
    sessions, newest first     table  1 Query a page                   0.5 RRU per 4 KB
    viewers                    table  1 Query a page                   0.5 RRU per 4 KB
    forget those of a video    table  1 Query a page, 1 DeleteItem     1 WRU an item
                                      an item

    Of a video whose file was replaced, each file's views are a partition: …#VIEWS#<number>.

    sums      pk W#<workspace>#<video>#VIEWS   sk TOTAL
    session   pk W#<workspace>#<video>#VIEWS   sk SESSION#<session>         400 days
    viewer    pk W#<workspace>#<video>#VIEWS   sk VIEWER#<type>#<id>        sums of one viewer

A session is written under its version, together with what it adds to the sums: a beat that is
told twice, or by two workers at once, counts once. Sums are only ever added to, so that nobody
waits for them. A partition of their own, so that whoever watches disturbs nobody who works on the
record.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions.shared.clock import parse
from functions.shared.paging import Page
from functions.shared.record import stamp
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Table, Update
from functions.video.keys import FIRST
from functions.video.model import Video
from functions.video.playback import sight_of
from functions.video.shares import Recipient, Share, told_on
from functions.video.viewing import QUARTILES, Growth, Session, Tally, Viewer, bucket_count

_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Viewed:
    """A video with some of its sessions, and the shares by which their viewers came."""

    video: Video
    sessions: Mapping[str, Session]
    recipients: Mapping[str, Recipient] = field(default_factory=dict)


class DynamoViews:
    """The views of one workspace's videos."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, video_id: str, sessions: Mapping[str, Viewer]) -> Viewed | None:
        """Return a video with those of the sessions that are there; None when it is deleted."""
        record = (self._table.key(video_id), "RECORD")
        first = _partition(self._table, video_id, FIRST)
        shared = {each.id for each in sessions.values() if each.type == "share_link"}
        keys = [
            record,
            *((first, f"SESSION#{each}") for each in sessions),
            *((self._table.key(each), "RECORD") for each in shared),
        ]
        found = self._table.get_many(keys, consistent=True)
        if record not in found or "deleted_at" in found[record]:
            return None
        video = Video.model_validate(found[record])
        seen = found
        if video.source_number != FIRST:
            pk = _partition(self._table, video_id, video.source_number)
            wanted = [(pk, f"SESSION#{each}") for each in sessions]
            seen = self._table.get_many(wanted, consistent=True)
        return Viewed(
            video,
            {
                sk.partition("#")[2]: Session.model_validate(item["session"])
                for (_, sk), item in seen.items()
                if sk.startswith("SESSION#")
            },
            {
                item["id"]: Recipient.model_validate(item["recipient"])
                for item in found.values()
                if item.get("object") == Share.OBJECT
            },
        )

    def store(self, viewed: Viewed, changes: Sequence[tuple[Session, Session]]) -> bool:
        """Write sessions (before, after) and add to the sums; False when one of the sessions has
        changed meanwhile. A quartile that is reached is an event, `video.viewed`."""
        growths = [(new, Growth.between(old, new)) for old, new in changes]
        by_viewer: dict[Viewer, list[tuple[Session, Growth]]] = defaultdict(list)
        for new, growth in growths:
            by_viewer[new.viewer].append((new, growth))
        video = viewed.video
        try:
            self._table.transact(
                [
                    *(self._session(viewed, old, new) for old, new in changes),
                    self._sums(video, "TOTAL", growths, {}),
                    *(
                        self._sums(video, f"VIEWER#{viewer.key}", theirs, _who(viewed, viewer))
                        for viewer, theirs in by_viewer.items()
                    ),
                ]
            )
        except ConditionFailedError:
            return False
        return True

    def total(self, video_id: str, source: int) -> Tally | None:
        """Return the sums of one of a video's files; None when nobody has watched it."""
        item = self._table.get(_partition(self._table, video_id, source), "TOTAL")
        return _tally(item) if item else None

    def sessions(
        self, video_id: str, source: int, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[tuple[Session, Recipient | None]]:
        """Return one page of the sessions of one of a video's files, newest first."""
        pk = _partition(self._table, video_id, source)
        items, position = self._page(pk, "SESSION#", limit, start)
        return Page(
            [(Session.model_validate(i["session"]), _recipient(i)) for i in items], position
        )

    def viewers(
        self, video_id: str, source: int, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Tally]:
        """Return one page of the viewers of one of a video's files, each with its sums."""
        pk = _partition(self._table, video_id, source)
        items, position = self._page(pk, "VIEWER#", limit, start)
        return Page([_tally(each) for each in items], position)

    def _page(
        self, pk: str, kind: str, limit: int, start: Mapping[str, Any] | None
    ) -> tuple[list[Item], Mapping[str, Any] | None]:
        last = {"pk": pk, "sk": start["sk"]} if start else None
        found = self._table.query(pk, begins_with=kind, limit=limit, newest_first=True, start=last)
        position = {"sk": found.last_key["sk"]} if found.last_key else None
        return found.items, position

    def _session(self, viewed: Viewed, old: Session, new: Session) -> Put:
        video, recipient = viewed.video, viewed.recipients.get(new.viewer.id)
        event = new.quartile > old.quartile
        caller = sight_of(self._table.workspace, new.viewer.id, new.viewer.type)
        item: Item = {
            "pk": _partition(self._table, video.id, video.source_number),
            "sk": f"SESSION#{new.id}",
            "session": new.model_dump(mode="json"),
            "expires_at_epoch": int((parse(new.seen_at) + _KEPT).timestamp()),
            "version": new.version,
            **_who(viewed, new.viewer),
        }
        if event:
            item |= {
                "_events": [stamp("video.viewed", caller, source="player")],
                "id": video.id,
                "object": "video",
                "title": video.title,
                "links": [
                    each.model_dump() for each in told_on(recipient or Recipient(), video.links)
                ],
                "view": {
                    "session_id": new.id,
                    "viewer": {
                        **new.viewer.model_dump(),
                        **(recipient or Recipient()).model_dump(),
                    },
                    "percent": new.percent,
                    "quartile": new.quartile,
                    "watched_ms": new.watched_ms,
                    "duration_ms": new.duration_ms,
                    "started_at": new.started_at,
                    "seen_at": new.seen_at,
                },
            }
        if old.version == 0:
            return Put(item, "attribute_not_exists(pk)")
        return Put(item, "version = :version", values={":version": old.version})

    def _sums(
        self,
        video: Video,
        sk: str,
        growths: Sequence[tuple[Session, Growth]],
        known: Mapping[str, Any],
    ) -> Update:
        added: dict[str, int] = defaultdict(int)
        for _, growth in growths:
            added["sessions"] += growth.sessions
            for name, amount in _amounts(growth):
                added[name] += amount
        added = {name: amount for name, amount in added.items() if amount}
        session = growths[0][0]
        values: dict[str, Any] = {
            ":duration": session.duration_ms,
            ":first": min(each.started_at for each, _ in growths),
            ":last": max(each.seen_at for each, _ in growths),
            **{f":{name}": amount for name, amount in added.items()},
            **{f":{name}": value for name, value in known.items()},
        }
        sets = [
            "duration_ms = if_not_exists(duration_ms, :duration)",
            "first_at = if_not_exists(first_at, :first)",
            "last_at = :last",
            *(f"{name} = :{name}" for name in known),
        ]
        adds = ", ".join(f"{name} :{name}" for name in added)
        expression = f"SET {', '.join(sets)}" + (f" ADD {adds}" if adds else "")
        pk = _partition(self._table, video.id, video.source_number)
        return Update({"pk": pk, "sk": sk}, expression, values=values)


def forget_views(table: Table, video_id: str, sources: Iterable[int]) -> None:
    """Delete all that is kept of who watched the files of a deleted video."""
    for number in sorted({FIRST, *sources}):
        pk = _partition(table, video_id, number)
        for each in table.items(pk, consistent=True):
            table.write(Delete({"pk": pk, "sk": each["sk"]}))


def _partition(table: Table, video_id: str, source: int) -> str:
    return table.key(video_id, *(("VIEWS",) if source == FIRST else ("VIEWS", str(source))))


def _amounts(growth: Growth) -> Iterator[tuple[str, int]]:
    yield from _numbered("m", growth.watched)
    yield from _numbered("s", growth.seen)
    yield from ((f"q{each}", 1) for each in growth.quartiles)


def _numbered(name: str, amounts: Iterable[int]) -> Iterator[tuple[str, int]]:
    return ((f"{name}{bucket}", amount) for bucket, amount in enumerate(amounts))


def _who(viewed: Viewed, viewer: Viewer) -> dict[str, Any]:
    """Return what is kept of a viewer beside what was watched."""
    recipient = viewed.recipients.get(viewer.id)
    shown = {"viewer": viewer.model_dump()}
    if recipient is not None:
        shown["recipient"] = recipient.model_dump(exclude_none=True)
    return shown


def _recipient(item: Item) -> Recipient | None:
    return Recipient.model_validate(item["recipient"]) if "recipient" in item else None


def _tally(item: Item) -> Tally:
    count = bucket_count(item["duration_ms"])
    return Tally(
        duration_ms=item["duration_ms"],
        sessions=item.get("sessions", 0),
        watched=tuple(item.get(f"m{bucket}", 0) for bucket in range(count)),
        seen=tuple(item.get(f"s{bucket}", 0) for bucket in range(count)),
        reached={each: item.get(f"q{each}", 0) for each in QUARTILES},
        first_at=item["first_at"],
        last_at=item["last_at"],
        viewer=item.get("viewer"),
        recipient=item.get("recipient"),
    )
