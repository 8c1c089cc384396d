"""What a run of the pipeline does to its video: pure transitions, each harmless when repeated.

A transition takes the video with its newest run and returns both as they are afterwards; it
returns the very same video when there is nothing (more) to do.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.shared.clock import iso
from functions.shared.errors import ConflictError
from functions.video import keys
from functions.video.broken import KEPT_BROKEN, resumable
from functions.video.due import next_due
from functions.video.facts import MediaFacts
from functions.video.model import (
    Artefact,
    ArtefactName,
    Artefacts,
    ArtefactState,
    From,
    Reason,
    Replacement,
    Run,
    RunState,
    StepState,
    Video,
)

# Longer than any worker lives: what a worker of a closed run still wrote is deleted after it.
AFTERMATH = timedelta(minutes=20)
# How soon an execution that never started is started again.
START_GRACE = timedelta(minutes=2)
# What players have addresses of when a file is replaced: an hour (settings.segment_url_lifetime_s),
# and a margin.
LINGERING = timedelta(minutes=70)

STEP_OF: Mapping[ArtefactName, str] = {"transcript": "transcribe", "analysis": "analyse"}
_NO_TRANSCRIPT = Reason(
    code="no_transcript", detail="There is no transcript to analyse.", step="analyse"
)


_SOURCE_DELETED = (
    "The file was deleted when the time was over that files are kept. What was made of it can be "
    "run on (from `transcribe` or `analyse`); to encode it anew, send it again (POST …/source)."
)
CANCELLED = Reason(code="run_cancelled", detail="The run was cancelled; another can be begun.")


def execution_name(video: Video) -> str:
    """Return the name of the newest run's execution: one run can never be executed twice."""
    return f"{video.id}-{video.runs}"


def execution_input(workspace: str, video: Video) -> dict[str, Any]:
    """Return the newest run's input: ids, and keys of what it inherits from earlier runs."""
    start: From = video.run.start if video.run else "inspect"
    made_by = video.artefacts.renditions.run
    has_sound = video.media is not None and video.media.audio_codec is not None
    speech = (
        keys.run_prefix(workspace, video.id, made_by) + keys.SPEECH
        if start == "transcribe" and made_by and has_sound
        else None
    )
    return {
        "workspace": workspace,
        "video": video.id,
        "run": video.runs,
        "source": video.run.source if video.run else keys.FIRST,
        "reuse": bool(video.run and video.run.new_source),
        "resumes": video.run.resumes if video.run else None,
        "from": start,
        "speech_key": speech,
        "transcript_key": video.artefacts.transcript.key if start == "analyse" else None,
    }


def pull_name(video: str, number: int) -> str:
    """Return the name of the execution that fetches a file: one file is fetched once."""
    return video if number == keys.FIRST else f"{video}-{number}"


def pull_input(workspace: str, video: str, number: int) -> dict[str, Any]:
    """Return the input of a pull's execution."""
    return {"workspace": workspace, "video": video, "source": number}


def arrived(video: Video, at: datetime) -> Video:
    """Begin the first run on the file that came last and whose bytes are there (event
    `video.uploaded`). One that shall take another's place waits while a run is open."""
    new = video.replacement
    if new is None:
        if video.state not in ("waiting", "uploading"):
            return video
        return _begin(video, "inspect", at, upload=video.upload.completed(iso(at)), new_source=True)
    if new.state not in ("waiting", "uploading", "completed") or new.run is not None:
        return video
    there = {"state": "completed", "upload": new.upload.completed(iso(at))}
    after = new.model_copy(update=there)
    if not video.run_open:
        return _begin_on(video, after, at)
    return video if after == new else video.changed(replacement=after)


def begin_again(video: Video, start: From, at: datetime) -> Video:
    """Begin another run at `start`; what earlier runs made stays until it is replaced.

    Raises ConflictError while a run is open or when what `start` builds on is not there.
    """
    if video.run_open:
        raise ConflictError("A run is still going on; wait for its end.", code="run_open")
    if video.state not in ("ready", "failed"):
        raise ConflictError(
            f"A video that is {video.state} has nothing to run on.", code="not_uploaded"
        )
    if start == "encode":
        return _resume(video, at)
    if start != "inspect" and video.artefacts.renditions.state != "ready":
        raise ConflictError("There are no renditions to work on.", code="no_renditions")
    if start == "analyse" and video.artefacts.transcript.state != "ready":
        raise ConflictError(_NO_TRANSCRIPT.detail, code="no_transcript")
    new = video.replacement
    if start == "inspect" and new is not None and new.state == "completed":
        return _begin_on(video, new, at)
    if start == "inspect" and _reads_deleted(video, None):
        raise ConflictError(_SOURCE_DELETED, code="source_deleted")
    return _begin(video, start, at)


def ready(video: Video, run: int, media: MediaFacts, at: datetime) -> Video:
    """Make the run's renditions the video's (event `video.ready`), and its file, when it shall take
    another's place (also `video.source_replaced`): then nothing that was said in the other one is
    the video's any more.

    Raises ConflictError when the run is not the open one.
    """
    made, newest = video.artefacts.renditions, video.run
    folder = newest.folder if newest is not None and newest.number == run else run
    if made.state == "ready" and made.run == folder:
        return video
    if video.run is None or not _is_open(video, run):
        raise ConflictError("The run is over.", code="run_closed")
    new = video.replacement
    replaces = new is not None and new.number == video.run.source
    return video.changed(
        **(_replaced(video, new, at) if new is not None and replaces else {}),
        state="ready",
        reason=None,
        media=media,
        duration_ms=media.duration_ms,
        artefacts=(Artefacts() if replaces else video.artefacts).with_(
            "renditions", Artefact(state="ready", run=folder)
        ),
        run=video.run.with_step("transcribe", state="processing", started_at=iso(at)),
    )


def _replaced(video: Video, new: Replacement, at: datetime) -> dict[str, Any]:
    """Return what becomes of a video whose file is another one now. The old one's bytes go at
    once, what was made of it when no player can be in the middle of it any more."""
    return {
        "source": new.source,
        "source_number": new.number,
        "upload": new.upload,
        "sight": new.sight,
        "source_deleted_at": None,
        "replacement": None,
        "left_sources": tuple(dict.fromkeys((*video.left_sources, video.source_number))),
        "left_runs_at": iso(at + LINGERING),
        "due_at": iso(at),
    }


def finish(
    video: Video, run: int, artefact: ArtefactName, result: Mapping[str, Any], at: datetime
) -> Video:
    """Take in the outcome of transcribing or analysing; the analysis closes the run
    (event `video.analysed` if it is there)."""
    step = STEP_OF[artefact]
    if video.run is None or not _is_open(video, run):
        return video
    if video.run.steps[step].state in ("done", "skipped", "failed"):
        return video
    outcome = _artefact(run, artefact, result)
    ended: StepState = "done" if outcome.state == "ready" else _as_step(outcome.state)
    after = video.run.with_step(step, state=ended, ended_at=iso(at), reason=outcome.reason)
    fields: dict[str, Any] = {"artefacts": _kept(video.artefacts, artefact, outcome)}
    if artefact == "analysis":
        fields |= _closed(video)
        after = after.closed(_state_of(after), iso(at))
    elif outcome.state == "ready":
        after = after.with_step("analyse", state="processing", started_at=iso(at))
    return video.changed(**fields, run=after)


def fail(video: Video, run: int, reason: Reason, at: datetime, state: RunState = "failed") -> Video:
    """End a run that cannot go on. Before its renditions are ready the video has failed, unless
    an earlier run's are there; later only what the run has not made yet has failed."""
    ended = video.run
    if ended is None or not _is_open(video, run):
        return video
    artefacts = video.artefacts
    for name in ("renditions", "transcript", "analysis"):
        if getattr(artefacts, name).state in ("pending", "processing"):
            artefacts = artefacts.with_(name, Artefact(state="failed", reason=reason))
    lost = artefacts.renditions.state == "failed"
    new = video.replacement
    if new is not None and new.run == run:
        video = video.model_copy(update={"replacement": new.model_copy(update={"reason": reason})})
    over = ended.closed(state, iso(at), reason)
    kept = iso(at + KEPT_BROKEN) if resumable(video, over, at) else None
    after = video.model_copy(
        update={
            "sweeps_at": iso(at + AFTERMATH),
            "broken_until": kept,
            **({"state": "failed", "reason": reason} if lost else {}),
        }
    )
    return after.changed(artefacts=artefacts, **_closed(after), run=over)


def cancel(video: Video, at: datetime) -> Video:
    """End the open run because somebody wants it to; what it has finished stays. Raises
    ConflictError when none is open."""
    if not video.run_open:
        raise ConflictError("No run is going on.", code="no_run_open")
    return fail(video, video.runs, CANCELLED, at, "cancelled")


def _resume(video: Video, at: datetime) -> Video:
    broken, new = video.run, video.replacement
    if _reads_deleted(video, broken):
        raise ConflictError(_SOURCE_DELETED, code="source_deleted")
    if broken is None or not resumable(video, broken, at):
        raise ConflictError(
            "The last run left no chunks to go on with; begin with `inspect`.",
            code="nothing_to_resume",
        )
    if new is not None and broken.source == new.number:
        begun = _begin_on(video, new, at, "encode")
    else:
        begun = _begin(video, "encode", at)
    if begun.run is None:
        raise LookupError(f"run {begun.runs} of {video.id} has not begun")
    return begun.model_copy(update={"run": begun.run.going_on_with(broken)})


def _reads_deleted(video: Video, run: Run | None) -> bool:
    """Say whether a run, or a new one on the video's own file, reads one that is gone."""
    its_own = run is None or run.source == video.source_number
    return its_own and video.source_deleted_at is not None


def _begin_on(video: Video, new: Replacement, at: datetime, start: From = "inspect") -> Video:
    """Begin a run on a file that shall take the place of the video's own."""
    taken = new.model_copy(update={"run": video.runs + 1, "reason": None})
    return _begin(
        video, start, at, source=new.number, new_source=new.run is None, replacement=taken
    )


def _begin(
    video: Video,
    start: From,
    at: datetime,
    *,
    source: int | None = None,
    new_source: bool = False,
    **fields: Any,
) -> Video:
    number, artefacts = video.runs + 1, video.artefacts
    playable = artefacts.renditions.state == "ready"
    if start in ("inspect", "encode") and not playable:
        artefacts = artefacts.with_("renditions", Artefact(state="processing"))
    if start != "analyse" and artefacts.transcript.state != "ready":
        artefacts = artefacts.with_("transcript", Artefact())
    if artefacts.analysis.state != "ready":
        artefacts = artefacts.with_("analysis", Artefact())
    file = source or video.source_number
    return video.changed(
        **fields,
        state=video.state if playable else "processing",
        reason=None,
        artefacts=artefacts,
        runs=number,
        run_open=True,
        run=Run.begun(number, start, iso(at), file, new_source=new_source),
        due_at=iso(at + START_GRACE),
    )


def _closed(video: Video) -> dict[str, Any]:
    """Return what the end of a run is to the video: what was put off while it was open is due."""
    closed = video.model_copy(update={"run_open": False})
    return {"run_open": False, "due_at": next_due(closed)}


def _is_open(video: Video, run: int) -> bool:
    return video.run_open and video.runs == run


def _state_of(run: Run) -> RunState:
    return "failed" if any(step.state == "failed" for step in run.steps.values()) else "succeeded"


def _artefact(run: int, name: ArtefactName, result: Mapping[str, Any]) -> Artefact:
    if result["outcome"] == "ok":
        return Artefact(
            state="ready", run=run, key=result[f"{name}_key"], summary=result.get("summary")
        )
    state: ArtefactState = "skipped" if result["outcome"] == "skipped" else "failed"
    fallback = _NO_TRANSCRIPT if name == "analysis" else None
    given = result.get("reason")
    return Artefact(state=state, reason=Reason.model_validate(given) if given else fallback)


def _kept(artefacts: Artefacts, name: ArtefactName, new: Artefact) -> Artefacts:
    """An earlier run's result stays when this run has none to put in its place."""
    if new.state != "ready" and getattr(artefacts, name).state == "ready":
        return artefacts
    return artefacts.with_(name, new)


def _as_step(state: ArtefactState) -> StepState:
    return "skipped" if state == "skipped" else "failed"
