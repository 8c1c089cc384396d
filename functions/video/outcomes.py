"""What the state machine reports back: an artefact is finished, or the run cannot go on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.shared.errors import NotFoundError
from functions.shared.quotas import Quotas, of_run
from functions.video import keys, runs
from functions.video.broken import worthless
from functions.video.model import ArtefactName, Reason, Video
from functions.video.ports import ObjectStore, Videos
from functions.video.reasons import told_better


def finish_artefact(
    videos: Videos,
    video_id: str,
    run: int,
    artefact: ArtefactName,
    result: Mapping[str, Any],
    at: datetime,
) -> bool:
    """Take in the outcome of transcribing or analysing; says whether the artefact is there.

    Raises NotFoundError when the video was deleted meanwhile.
    """
    analysed = artefact == "analysis" and result["outcome"] == "ok"
    video = videos.change(
        video_id,
        lambda old: runs.finish(old, run, artefact, result, at),
        event="analysed" if analysed else None,
    )
    made: bool = getattr(video.artefacts, artefact).run == run
    return made


def fail_run(
    videos: Videos,
    media: ObjectStore,
    workspace: str,
    video_id: str,
    run: int,
    reason: Reason,
    at: datetime,
) -> None:
    """End a run that cannot go on, and delete what it made when that is of no use.

    Record first: from then on no worker's word counts. Objects that a worker still writes after
    that are deleted once more by the agenda.
    """
    prefix = keys.run_prefix(workspace, video_id, run)

    def end(old: Video) -> Video:
        known = told_better(reason, old.run.trouble if old.run else None)
        return runs.fail(old, run, known, at)

    try:
        video = videos.change(video_id, end, event=failed)
    except NotFoundError:  # deleted meanwhile
        media.delete_prefix(prefix)
        return
    if video.run and video.run.number == run and worthless(video, video.run, at):
        media.delete_prefix(keys.run_prefix(workspace, video_id, video.run.folder))


def release_run(quotas: Quotas, video_id: str, run: int) -> None:
    """Give back what a run has reserved and not spent."""
    for claim in of_run(video_id, run):
        quotas.release(claim)


def failed(video: Video) -> tuple[str, ...]:
    """Return the events of a run's bad end: of the video's, unless it has what an earlier run made,
    and of the new file's that it was to take."""
    new = video.replacement
    return (
        *(("failed",) if video.state == "failed" else ()),
        *(("replacement_failed",) if new is not None and new.run == video.runs else ()),
    )
