"""What the video routes show. Internal fields of the record have no place here."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from functions.video.addresses import PartUrl
from functions.video.facts import MediaFacts
from functions.video.model import (
    Artefact,
    ArtefactState,
    From,
    Link,
    Method,
    Reason,
    Run,
    RunState,
    SourceFile,
    State,
    StepState,
    UploadState,
    Video,
    WantedContent,
)
from functions.video.uploads import Opened


class PartUrlView(BaseModel):
    """Where to PUT one part, with exactly `size_bytes` bytes and these headers."""

    part_number: int
    size_bytes: int
    url: str
    headers: dict[str, str] = Field(description="What must be sent along, as it stands here.")
    expires_at: str

    @classmethod
    def of(cls, part: PartUrl) -> Self:
        return cls.model_validate(part, from_attributes=True)


class PartUrlList(BaseModel):
    data: list[PartUrlView]


class PartView(BaseModel):
    """A part that has arrived."""

    part_number: int
    size_bytes: int
    etag: str
    sha256: str | None


class PartPage(BaseModel):
    """A page of the parts that have arrived, by number."""

    data: list[PartView]
    next_cursor: str | None


class UploadView(BaseModel):
    """How the bytes come: parts of equal size, the last one shorter."""

    state: UploadState
    method: Method
    checksums: Literal["sha256"] | None
    part_size_bytes: int
    part_count: int
    expires_at: str
    completed_at: str | None
    sha256: str | None = Field(description="Composite: of the parts' SHA-256s, `<base64>-<parts>`.")

    @classmethod
    def of(cls, video: Video) -> Self:
        return cls(state=video.upload_state, **_upload(video))


class UploadSession(UploadView):
    """An upload by itself: whose, of what, and what became of it."""

    object: Literal["upload"] = "upload"
    video_id: str
    source: SourceFile
    reason: Reason | None

    @classmethod
    def of(cls, video: Video) -> Self:
        state = video.upload_state
        return cls(
            state=state,
            video_id=video.id,
            reason=video.reason if state == "failed" else None,
            source=video.source,
            **_upload(video),
        )


class OpenUploadView(UploadView):
    """The same with the addresses of the first parts."""

    parts: list[PartUrlView]


class ArtefactView(BaseModel):
    """A thing made of the video, with its own state."""

    state: ArtefactState
    reason: Reason | None
    run: int | None
    summary: Mapping[str, Any] | None

    @classmethod
    def of(cls, artefact: Artefact, step: StepState | None) -> Self:
        """Show an artefact; it is `processing` while its step of the newest run is."""
        at_work = artefact.state == "pending" and step == "processing"
        return cls(
            state="processing" if at_work else artefact.state,
            reason=artefact.reason,
            run=artefact.run,
            summary=artefact.summary,
        )


class ArtefactsView(BaseModel):
    renditions: ArtefactView
    transcript: ArtefactView
    analysis: ArtefactView

    @classmethod
    def of(cls, video: Video) -> Self:
        steps = {name: step.state for name, step in video.run.steps.items()} if video.run else {}
        made = video.artefacts
        return cls(
            renditions=ArtefactView.of(made.renditions, None),
            transcript=ArtefactView.of(made.transcript, steps.get("transcribe")),
            analysis=ArtefactView.of(made.analysis, steps.get("analyse")),
        )


class StepView(BaseModel):
    name: str
    state: StepState
    percent: int
    started_at: str | None
    ended_at: str | None
    reason: Reason | None


class RunView(BaseModel):
    """One pass of the pipeline, step by step."""

    number: int
    start: From = Field(serialization_alias="from")
    state: RunState
    percent: int
    started_at: str
    ended_at: str | None
    reason: Reason | None
    steps: list[StepView]

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(
            **run.model_dump(exclude={"steps"}, by_alias=False),
            percent=run.percent,
            steps=[
                StepView(
                    name=name,
                    state=run.step_state(name),
                    percent=run.step_percent(name),
                    started_at=step.started_at,
                    ended_at=None if run.step_state(name) == "processing" else step.ended_at,
                    reason=step.reason,
                )
                for name, step in run.steps.items()
            ],
        )


class VideoSummary(BaseModel):
    """A video as lists show it."""

    id: str
    object: str
    owner_id: str | None
    team_id: str | None
    title: str
    state: State
    reason: Reason | None
    links: list[Link]
    source: SourceFile
    upload: UploadView
    content: WantedContent
    media: MediaFacts | None
    duration_ms: int | None
    artefacts: ArtefactsView
    created_at: str
    updated_at: str
    deleted_at: str | None
    created_by: Mapping[str, str]
    version: int

    @classmethod
    def of(cls, video: Video) -> Self:
        return cls(**_fields(video))


class VideoView(VideoSummary):
    """A video with its newest run."""

    run: RunView | None

    @classmethod
    def of(cls, video: Video) -> Self:
        return cls(**_fields(video), run=RunView.of(video.run) if video.run else None)


class OpenedVideoView(VideoView):
    """A new video with the addresses of its first parts."""

    upload: OpenUploadView

    @classmethod
    def opened(cls, opened: Opened) -> Self:
        fields = _fields(opened.video)
        parts = [PartUrlView.of(part) for part in opened.parts]
        upload = OpenUploadView(**fields.pop("upload").model_dump(), parts=parts)
        return cls(**fields, run=None, upload=upload)


class VideoPage(BaseModel):
    """A page of videos, newest first."""

    data: list[VideoSummary]
    next_cursor: str | None


class PlaybackView(BaseModel):
    """A link that plays the video in any HLS player, for whoever has it."""

    url: str
    views_url: str = Field(description="Where the player tells what is watched.")
    expires_at: str


def _upload(video: Video) -> dict[str, Any]:
    """What is shown of an upload, of all that is kept."""
    shown = UploadView.model_fields.keys() - {"state"}
    return video.upload.model_dump(include=shown)


def _fields(video: Video) -> dict[str, Any]:
    return {
        **{
            name: getattr(video, name)
            for name in VideoSummary.model_fields
            if name not in ("upload", "artefacts", "links")
        },
        "links": list(video.links),
        "upload": UploadView.of(video),
        "artefacts": ArtefactsView.of(video),
    }
