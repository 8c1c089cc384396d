"""How long a video and its file are kept: days that somebody has chosen, and when they are over.

A new video takes the workspace's days over, where its maker names none; whatever is chosen for the
workspace later is of the videos that follow. A video's days count from its making, its file's from
that file's arrival. Who carries it out is the agenda.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from functions.shared.clock import iso, parse
from functions.shared.limits import MAX_RETENTION_DAYS
from functions.video.model import Reason, Video

Days = Annotated[int, Field(ge=1, le=MAX_RETENTION_DAYS, strict=True)]
FIELDS = frozenset(("retention_days", "source_retention_days"))
OVER = Reason(
    code="retention_over",
    detail="The file was deleted when the time was over that files are kept; send it again.",
)


def deletes_at(video: Video) -> str | None:
    """Return when a live video is deleted by itself; None: never."""
    if video.deleted_at is not None:
        return None
    return _after(video.created_at, video.retention_days)


def source_deletes_at(video: Video) -> str | None:
    """Return when a live video's file is deleted by itself; None: never, or it is gone."""
    if video.deleted_at is not None or video.source_deleted_at is not None:
        return None
    return _after(video.upload.completed_at, video.source_retention_days)


def next_end(video: Video) -> str | None:
    """Return when the first of a video, its file, and a file that came to nothing is to go. A run
    that is going on ends first, and a file that nothing has been made of is waited for."""
    moments = [deletes_at(video)]
    if _at_rest(video):
        moments += [source_deletes_at(video), _unused_deletes_at(video)]
    return min((each for each in moments if each is not None), default=None)


def is_over(video: Video, at: datetime) -> bool:
    """Say whether a video is to be deleted."""
    return _is_past(deletes_at(video), at)


def without_source(video: Video, at: datetime) -> Video:
    """Return a video whose file's time is over without it (event `video.source_deleted`); itself
    while it is not. All that was made of the file stays."""
    if not (_at_rest(video) and _is_past(source_deletes_at(video), at)):
        return video
    left = (*video.left_sources, video.source_number)
    return video.changed(source_deleted_at=iso(at), left_sources=left, due_at=iso(at))


def without_unused(video: Video, at: datetime) -> Video:
    """Return a video without a file that was to take its file's place, has come to nothing so far,
    and whose time is over (event `video.replacement_failed`); itself while it is not."""
    new = video.replacement
    if new is None or not (_at_rest(video) and _is_past(_unused_deletes_at(video), at)):
        return video
    ended = new.model_copy(update={"state": "expired", "reason": OVER})
    left = (*video.left_sources, new.number)
    return video.changed(replacement=ended, left_sources=left, due_at=iso(at))


def restored_days(video: Video, at: datetime) -> int | None:
    """Return the days of a video that is brought back: none when they would delete it again."""
    alive = video.model_copy(update={"deleted_at": None})
    return None if is_over(alive, at) else video.retention_days


def taken_over(
    defaults: Mapping[str, int | None], chosen: Mapping[str, int | None]
) -> dict[str, int | None]:
    """Return a new video's days: those that its maker has named, else the workspace's."""
    return {name: chosen.get(name, defaults.get(name)) for name in sorted(FIELDS)}


def _unused_deletes_at(video: Video) -> str | None:
    new = video.replacement
    if new is None or new.state != "completed" or new.run is None:
        return None
    return _after(new.upload.completed_at, video.source_retention_days)


def _at_rest(video: Video) -> bool:
    return video.state in ("ready", "failed") and not video.run_open


def _after(moment: str | None, days: int | None) -> str | None:
    if moment is None or days is None:
        return None
    return iso(parse(moment) + timedelta(days=days))


def _is_past(moment: str | None, at: datetime) -> bool:
    return moment is not None and at >= parse(moment)
