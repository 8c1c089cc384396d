"""Counts what players have told, a queue's batch at a time, each video's beats together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from functions.shared.errors import UnavailableError
from functions.video.model import Video
from functions.video.viewing import Beat, Session, Viewer

_ATTEMPTS = 5


class Viewed(Protocol):
    """A video with some of its sessions."""

    @property
    def video(self) -> Video: ...
    @property
    def sessions(self) -> Mapping[str, Session]: ...


V = TypeVar("V", bound=Viewed)


class Views(Protocol[V]):
    """The views of one workspace's videos."""

    def load(self, video_id: str, sessions: Mapping[str, Viewer]) -> V | None:
        """Return a video with those of the sessions that are there; None when it is deleted."""

    def store(self, viewed: V, changes: Sequence[tuple[Session, Session]]) -> bool:
        """Write sessions (before, after) and add to the sums; False when one of the sessions has
        changed meanwhile."""


def tally(
    records: Iterable[Mapping[str, Any]],
    views_of: Callable[[str], Views[Any]],
    failed: Callable[[str, Exception], None],
) -> list[str]:
    """Count the beats of a batch of SQS records; return the ids of the messages that must come
    again, of each of which `failed` was told. What one video's beats run into concerns no other's;
    a message that is no beat concerns no other message."""
    groups: dict[tuple[str, str], list[tuple[str, Beat]]] = defaultdict(list)
    failures: list[str] = []

    def fail(messages: Iterable[str], error: Exception) -> None:
        for each in messages:
            failed(each, error)
            failures.append(each)

    for record in records:
        message = record["messageId"]
        try:
            beat = Beat.model_validate_json(record["body"])
        except ValidationError as error:
            fail([message], error)
        else:
            groups[beat.workspace, beat.video].append((message, beat))
    for (workspace, video), told in groups.items():
        try:
            count(views_of(workspace), video, [beat for _, beat in told])
        except Exception as error:  # noqa: BLE001 - any failure is this video's alone
            fail((message for message, _ in told), error)
    return failures


def count(views: Views[V], video_id: str, beats: Sequence[Beat]) -> int:
    """Count beats of one video, each once however often it comes; return how many sessions that
    has changed. Of a video that is deleted, or that has no length yet, nothing is counted. Raises
    UnavailableError when others keep changing the same sessions."""
    by_session: dict[str, list[Beat]] = defaultdict(list)
    for beat in sorted(beats, key=lambda each: each.sequence):
        by_session[beat.session].append(beat)
    viewers = {session: told[0].viewer for session, told in by_session.items()}
    for _ in range(_ATTEMPTS):
        viewed = views.load(video_id, viewers)
        if viewed is None or not viewed.video.duration_ms:
            return 0
        changes = []
        for session, told in by_session.items():
            old = viewed.sessions.get(session) or Session.begun(told[0], viewed.video.duration_ms)
            new = old
            for beat in told:
                new = new.after(beat)
            if new is not old:
                changes.append((old, new))
        if not changes or views.store(viewed, changes):
            return len(changes)
    raise UnavailableError("The sessions are being changed by others; please try again.")
