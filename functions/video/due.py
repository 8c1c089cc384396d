"""The pipeline's agenda: which video must be looked at when, whatever its workspace."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.shared.clock import iso, parse
from functions.video.model import Video
from functions.video.retention import deletes_at, next_end, source_deletes_at

# Spread over a few partitions of the index; a tick of λ expire costs one Query for each.
DUE_SHARDS = ("0", "1", "2", "3")
# The state machine's own time limit, and a margin: a run still open then has been lost.
RUN_LIMIT = timedelta(hours=7)
SWEEPS = ("sweeps_at", "broken_until")  # when what runs have left goes


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A video whose `due_at` has come."""

    due_at: str
    workspace: str
    video: str


def shard_of(video_id: str) -> str:
    """Return the agenda's shard of a video; the end of an id is random."""
    return DUE_SHARDS[ord(video_id[-1]) % len(DUE_SHARDS)]


def sooner(*moments: str | None) -> str | None:
    """Return the first of some moments (RFC 3339, as `iso` writes them)."""
    return min((each for each in moments if each is not None), default=None)


def next_due(video: Video) -> str | None:
    """Return when a live video must be looked at by itself, if nothing else becomes of it: the end
    of its run, of an upload, of what workers and replaced files leave, of the time it is kept."""
    return sooner(
        iso(parse(video.run.started_at) + RUN_LIMIT) if video.run_open and video.run else None,
        _of_upload(video),
        video.updated_at if video.left_sources else None,
        video.left_runs_at,
        None if video.run_open else video.broken_until,
        video.sweeps_at,
        next_end(video),
    )


def rescheduled(before: Video, after: Video) -> Video:
    """Return a video that is kept for another time than before with its place on the agenda."""
    ends = (deletes_at(before), source_deletes_at(before), next_end(before))
    kept = None if before.due_at in ends else before.due_at
    return after.model_copy(update={"due_at": sooner(kept, next_due(after))})


def without_sweeps(video: Video, at: datetime) -> Video:
    """Return the video with no time to sweep that has come; itself where none has."""
    over = [name for name in SWEEPS if (due := getattr(video, name)) and at >= parse(due)]
    return video.model_copy(update=dict.fromkeys(over)) if over else video


def _of_upload(video: Video) -> str | None:
    new = video.replacement
    if new is None:
        if video.state not in ("waiting", "uploading"):
            return None
        return video.upload.completed_at or video.upload.expires_at
    if new.state in ("waiting", "uploading"):
        return new.upload.expires_at
    waits = new.state == "completed" and new.run is None and not video.run_open
    return new.upload.completed_at if waits else None
