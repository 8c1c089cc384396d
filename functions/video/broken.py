"""What runs leave that did not end well: what another can go on with, and what is of no use."""

from datetime import datetime, timedelta

from functions.shared.clock import parse
from functions.video.model import Run, Video
from functions.video.reasons import is_expected

# How long what a broken run has made is kept for one that goes on with it.
KEPT_BROKEN = timedelta(days=3)


def resumable(video: Video, run: Run, at: datetime) -> bool:
    """Say whether another run can go on with what this one, the newest, has made: it was planned
    and then broke (of a refused file nothing is of use), lately, and on a file that is there."""
    planned = run.start == "encode" or (
        run.start == "inspect" and run.steps["plan"].state == "done"
    )
    broke = run.state == "failed" and run.reason is not None and not is_expected(run.reason)
    new = video.replacement
    comes = new.number if new is not None and new.run is not None else None
    return (
        planned
        and broke
        and run.source in (video.source_number, comes)
        and video.artefacts.renditions.run != run.folder
        and at < parse(run.ended_at or "") + KEPT_BROKEN
    )


def worthless(video: Video, run: Run, at: datetime) -> bool:
    """Say whether nothing under a run's number is of use: it ended before it made anything that
    the video has, and no other can, or does, go on with what it made."""
    newest = video.run
    goes_on = newest is not None and (video.run_open or resumable(video, newest, at))
    if newest is not None and goes_on and run.number == newest.folder:
        return False
    used = {
        each.run
        for each in (
            video.artefacts.renditions,
            video.artefacts.transcript,
            video.artefacts.analysis,
        )
    }
    return run.state in ("failed", "cancelled") and run.number not in used
