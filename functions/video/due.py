"""The pipeline's agenda: which video must be looked at when, whatever its workspace."""

from dataclasses import dataclass

# Spread over a few partitions of the index; a tick of λ expire costs one Query for each.
DUE_SHARDS = ("0", "1", "2", "3")


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A video whose `due_at` has come."""

    due_at: str
    workspace: str
    video: str


def shard_of(video_id: str) -> str:
    """Return the agenda's shard of a video; the end of an id is random."""
    return DUE_SHARDS[ord(video_id[-1]) % len(DUE_SHARDS)]
