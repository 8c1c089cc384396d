"""What the routes of views take and show."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.video.shares import Recipient
from functions.video.viewing import (
    MAX_SEQUENCE,
    MAX_SPANS,
    Session,
    Span,
    Tally,
    Viewer,
    bucket_edges,
)


class Watched(BaseModel):
    """What was played since the player last told."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"sequence": 1, "played": [{"from_ms": 0, "to_ms": 9_800}]}]
        },
    )

    sequence: Annotated[int, Field(strict=True, ge=1, le=MAX_SEQUENCE)] = Field(
        description="1, 2, 3 … for each thing that is told; told again under the same number it "
        "counts once."
    )
    played: list[Span] = Field(
        min_length=1,
        max_length=MAX_SPANS,
        description="The stretches of the video that were played, in its own time.",
    )


class Heat(BaseModel):
    """A video in buckets of equal length, none under a second, 100 at most."""

    bucket_starts_ms: list[int]
    watched_ms: list[int] = Field(description="How long each bucket was watched, in all.")
    sessions: list[int] = Field(description="How many sessions saw at least half of it.")


class Quartiles(BaseModel):
    """How many sessions got so far: in buckets that they have seen."""

    started: int
    percent_25: int
    percent_50: int
    percent_75: int
    completed: int = Field(description="95 % and more.")


class ViewsView(BaseModel):
    """What was watched of a video."""

    object: Literal["video_views"] = "video_views"
    video_id: str
    source_number: int = Field(description="Of the file that was watched.")
    duration_ms: int | None
    sessions: int
    watched_ms: int
    quartiles: Quartiles
    heat: Heat
    first_at: str | None
    last_at: str | None

    @classmethod
    def of(cls, video_id: str, source_number: int, tally: Tally | None) -> Self:
        known = tally or Tally()
        return cls(
            video_id=video_id,
            source_number=source_number,
            duration_ms=known.duration_ms or None,
            **_sums(known),
        )


class ViewerView(BaseModel):
    """Who watched: the bearer of a share (`id`), or of a playback link that `id` got."""

    type: Literal["share_link", "playback_link"]
    id: str
    contact_id: str | None = None
    email: str | None = None
    name: str | None = None

    @classmethod
    def known(cls, viewer: Viewer, recipient: Recipient | None) -> Self:
        person = (recipient or Recipient()).model_dump()
        return cls.model_validate({**viewer.model_dump(), **person})


class ViewerViewsView(BaseModel):
    """What one viewer watched of a video, in all sessions."""

    viewer: ViewerView
    sessions: int
    watched_ms: int
    quartiles: Quartiles
    heat: Heat
    first_at: str | None
    last_at: str | None

    @classmethod
    def of(cls, tally: Tally) -> Self:
        viewer = tally.viewer or Viewer(type="playback_link", id="")
        person = Recipient.model_validate(tally.recipient or {})
        return cls(viewer=ViewerView.known(viewer, person), **_sums(tally))


class ViewSession(BaseModel):
    """One viewing, by one playback link."""

    id: str
    object: Literal["view_session"] = "view_session"
    viewer: ViewerView
    percent: int
    quartile: int
    watched_ms: int
    started_at: str
    seen_at: str = Field(description="When its player last told of something.")

    @classmethod
    def of(cls, session: Session, recipient: Recipient | None) -> Self:
        return cls(
            id=session.id,
            viewer=ViewerView.known(session.viewer, recipient),
            percent=session.percent,
            quartile=max(0, session.quartile),
            watched_ms=session.watched_ms,
            started_at=session.started_at,
            seen_at=session.seen_at,
        )


class ViewSessionPage(BaseModel):
    """A page of sessions, newest first."""

    data: list[ViewSession]
    next_cursor: str | None


class ViewerPage(BaseModel):
    """A page of viewers."""

    data: list[ViewerViewsView]
    next_cursor: str | None


class Noted(BaseModel):
    """What was told is counted within seconds."""

    object: Literal["view_note"] = "view_note"
    sequence: int


def _sums(tally: Tally) -> dict[str, object]:
    reached = tally.reached
    return {
        "sessions": tally.sessions,
        "watched_ms": sum(tally.watched),
        "quartiles": Quartiles(
            started=reached.get(0, 0),
            percent_25=reached.get(25, 0),
            percent_50=reached.get(50, 0),
            percent_75=reached.get(75, 0),
            completed=reached.get(100, 0),
        ),
        "heat": Heat(
            bucket_starts_ms=bucket_edges(tally.duration_ms, len(tally.watched))[:-1]
            if tally.watched
            else [],
            watched_ms=list(tally.watched),
            sessions=list(tally.seen),
        ),
        "first_at": tally.first_at,
        "last_at": tally.last_at,
    }
