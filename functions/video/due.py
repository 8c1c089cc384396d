"""The pipeline's agenda: which video must be looked at when, whatever its workspace."""

from dataclasses import dataclass
from datetime import timedelta

from functions.shared.clock import iso, parse
from functions.video.model import Video

# Spread over a few partitions of the index; a tick of λ expire costs one Query for each.
DUE_SHARDS = ("0", "1", "2", "3")
# The state machine's own time limit, and a margin: a run still open then has been lost.
RUN_LIMIT = timedelta(hours=7)


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
    """Return when a live video must be looked at by itself, if nothing else becomes of it: its
    run's end, its upload's, that of what was left of replaced files and of a broken run."""
    new = video.replacement
    waits = new is not None and new.state == "completed" and new.run is None and not video.run_open
    return sooner(
        iso(parse(video.run.started_at) + RUN_LIMIT) if video.run_open and video.run else None,
        new.upload.expires_at
        if new is not None and new.state in ("waiting", "uploading")
        else None,
        new.upload.completed_at if new is not None and waits else None,
        video.updated_at if video.left_sources else None,
        video.left_runs_at,
        None if video.run_open else video.broken_until,
    )
