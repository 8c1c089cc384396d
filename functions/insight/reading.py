"""Reading a video's transcript or analysis: which result, and in what state.

Whether a video is the caller's is known from this context's own records: they are written under
the caller's workspace when its processing reaches us. Whether a caller that sees only some records
sees this video is the video context's to say. A video nobody has transcribed, a foreign one, one
that the caller may not see and an id that never was look the same: not found.
"""

from datetime import datetime, timedelta

from functions.insight.ports import Artefact, Result, ResultLog
from functions.shared.check import Door, RecordName
from functions.shared.clock import parse
from functions.shared.errors import NotFoundError
from functions.shared.ids import is_id

SILENCE = timedelta(minutes=30)  # no step works longer than 15 without a word


def check_seen(videos: Door, video: str, artefact: Artefact) -> None:
    """Raise NotFoundError unless the video is there for the caller (1 request)."""
    if videos.missing([RecordName(type="video", id=video)]):
        raise _none(artefact)


def find(log: ResultLog, video: str, artefact: Artefact, run: int | None, now: datetime) -> Result:
    """The ready result (the latest, or that of a run).

    Raises NotFoundError with code `<artefact>_not_ready` while it is being made (with
    `retry_after`), `<artefact>_skipped` or `<artefact>_failed` with the reason's sentence.
    """
    result = None
    if is_id(video, "vid"):
        result = log.latest(video, artefact) if run is None else log.of_run(video, artefact, run)
    if result is None:
        raise _none(artefact)
    if result.state == "ready":
        return result
    if result.state == "processing" and now - parse(result.updated_at) > SILENCE:
        raise NotFoundError(
            f"Making the {artefact} broke off; it can be started again.",
            code=f"{artefact}_failed",
        )
    if result.state == "processing":
        raise NotFoundError(
            f"The {artefact} is still being made; please try again.",
            code=f"{artefact}_not_ready",
            retry_after=10,
        )
    detail = result.reason.detail if result.reason else f"There is no {artefact}."
    raise NotFoundError(detail, code=f"{artefact}_{result.state}")


def _none(artefact: Artefact) -> NotFoundError:
    return NotFoundError(f"There is no {artefact} of this video.")
