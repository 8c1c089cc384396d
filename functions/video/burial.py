"""What deletion, its undoing and its end are to a video: pure transitions.

A deleted video keeps its bytes for 30 days, so that it can be restored as it was. What was not
finished is given up at once: an upload that has not arrived, a run that is going on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.shared.clock import iso, parse
from functions.video.due import next_due
from functions.video.intake import intake_of
from functions.video.model import Link, Video
from functions.video.retention import restored_days
from functions.video.runs import AFTERMATH, cancel

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Grave:
    """A video that was deleted; None where it was purged, and nothing is known of it any more."""

    video: Video | None

    def is_over(self, at: datetime) -> bool:
        """Say whether the time is over in which it could have been restored."""
        deleted = self.video.deleted_at if self.video else None
        return deleted is not None and at >= parse(deleted) + KEPT

    def wants(self, number: int) -> bool:
        """Say whether a file that is there may still be of use: it had arrived."""
        if self.video is None:
            return False
        new = self.video.replacement
        if new is not None and new.number == number:
            return new.upload.completed_at is not None and new.state == "completed"
        return number == self.video.source_number and self.video.upload.completed_at is not None


def laid_down(video: Video, at: datetime) -> Video:
    """Return a video as it is deleted: no link of its playback works any more, nothing goes on.
    What workers leave behind is looked at when they are gone, all of it when its time is over."""
    stopped = cancel(video, at) if video.run_open else video
    new, comes = stopped.replacement, intake_of(video).is_coming
    due = at + (AFTERMATH if video.run_open or comes or not is_stored(video) else KEPT)
    ended: dict[str, object] = {} if is_stored(video) else {"state": "cancelled"}
    if new is not None and comes:
        ended["replacement"] = new.model_copy(update={"state": "cancelled"})
    return stopped.model_copy(
        update={
            **ended,
            "version": video.version + 1,
            "updated_at": iso(at),
            "deleted_at": iso(at),
            "playback_revoked_at": iso(at),
            "due_at": iso(due),
        }
    )


def raised(video: Video, links: Sequence[Link], at: datetime) -> Video:
    """Return a deleted video as it is restored, linked to those of its records that are still
    there. A file that had arrived and was not heard of is looked for at once. Days after which it
    was deleted are taken off: it is kept until somebody names new ones."""
    back = video.model_copy(update={"deleted_at": None, "retention_days": restored_days(video, at)})
    waits = video.state in ("waiting", "uploading")
    due = iso(at) if waits else next_due(back)
    return back.changed(links=tuple(links), due_at=due)


def is_stored(video: Video) -> bool:
    """Say whether the video's file has arrived, or it never will."""
    return video.upload.completed_at is not None or video.state not in ("waiting", "uploading")
