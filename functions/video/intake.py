"""The file that comes, or came last: a video's first one, or one that shall take its place.

Both come in the same way. What becomes of a first file is the video's own state; what becomes of a
replacement is the replacement's, and the video goes on as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.video.due import next_due, sooner
from functions.video.model import (
    Artefact,
    Artefacts,
    Reason,
    Replacement,
    SourceFile,
    Upload,
    UploadState,
    Video,
)

_COMING = ("waiting", "uploading")
_ENDED = ("cancelled", "expired", "failed")
# What is told of a replacement instead.
_EVENTS: Mapping[str, str] = {
    "cancelled": "replacement_cancelled",
    "expired": "replacement_failed",
    "failed": "replacement_failed",
}
_EXPIRED = Reason(
    code="upload_expired", detail="The upload did not complete in time; open a new one."
)


@dataclass(frozen=True, slots=True)
class Intake:
    """A file and its upload."""

    number: int
    state: UploadState
    reason: Reason | None
    source: SourceFile
    upload: Upload
    replaces: bool  # whether it shall take another one's place

    @property
    def has_arrived(self) -> bool:
        return self.upload.completed_at is not None

    @property
    def is_coming(self) -> bool:
        """Whether something of it may still have to be sent."""
        return self.state in _COMING and not self.has_arrived

    @property
    def is_over(self) -> bool:
        """Whether it came to nothing."""
        return self.state in _ENDED


def intake_of(video: Video) -> Intake:
    """Return the file that comes, or came last."""
    new = video.replacement
    if new is not None:
        return Intake(new.number, new.state, new.reason, new.source, new.upload, replaces=True)
    state = video.upload_state
    reason = video.reason if state == "failed" else None
    return Intake(video.source_number, state, reason, video.source, video.upload, replaces=False)


def with_upload(video: Video, **fields: Any) -> Video:
    """Return the video with some fields of that file's upload replaced."""
    upload = intake_of(video).upload.model_copy(update=fields)
    if video.replacement is None:
        return video.changed(upload=upload)
    return video.changed(replacement=video.replacement.model_copy(update={"upload": upload}))


def begun(video: Video) -> Video:
    """Return the video with its upload under way; itself when it is."""
    if intake_of(video).state != "waiting":
        return video
    if video.replacement is None:
        return video.changed(state="uploading")
    return _replacing(video, video.replacement, state="uploading")


def completed(video: Video, at: str, due_at: str) -> Video:
    """Return the video whose file is there; when to look for it if nobody tells of it."""
    upload = intake_of(video).upload.completed(at)
    if video.replacement is None:
        return video.changed(state="uploading", upload=upload, due_at=due_at)
    due = sooner(video.due_at, due_at)
    return _replacing(video, video.replacement, state="completed", upload=upload, due_at=due)


def given_up(video: Video, state: UploadState, reason: Reason | None = None) -> Video:
    """Return the video whose file will not come: `cancelled`, `expired` or `failed`."""
    upload = intake_of(video).upload.model_copy(update={"source_url": None})
    if video.replacement is not None:
        why = reason or (_EXPIRED if state == "expired" else None)
        return _replacing(video, video.replacement, state=state, upload=upload, reason=why)
    ended = video.model_copy(update={"state": state})
    fields: dict[str, Any] = {"state": state, "upload": upload, "due_at": next_due(ended)}
    if state == "failed":
        nothing = Artefact(state="failed", reason=reason)
        made = Artefacts(renditions=nothing, transcript=nothing, analysis=nothing)
        fields |= {"reason": reason, "artefacts": made}
    return video.changed(**fields)


def event_of(name: str) -> Callable[[Video], str]:
    """Return what is told of a file's end: of a replacement's under a name of its own."""
    return lambda video: name if video.replacement is None else _EVENTS[name]


def _replacing(
    video: Video, new: Replacement, *, due_at: str | None = None, **fields: Any
) -> Video:
    after = new.model_copy(update=fields)
    changed = video.model_copy(update={"replacement": after})
    return video.changed(replacement=after, due_at=due_at or next_due(changed))
