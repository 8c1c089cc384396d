"""What the video routes show. Internal fields of the record have no place here."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from functions.video.addresses import PartUrl
from functions.video.api.run_views import RunView, Why
from functions.video.facts import MediaFacts
from functions.video.intake import intake_of
from functions.video.model import (
    Artefact,
    ArtefactState,
    Link,
    Method,
    Replacement,
    SourceFile,
    State,
    StepState,
    Upload,
    UploadState,
    Video,
    WantedContent,
    WantedEngine,
)
from functions.video.retention import deletes_at, source_deletes_at
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
        return cls(state=video.upload_state, **_upload(video.upload))


class UploadSession(UploadView):
    """An upload by itself: whose, of what, and what became of it."""

    object: Literal["upload"] = "upload"
    video_id: str
    source_number: int = Field(description="Of the file, among those that the video has had.")
    source: SourceFile
    reason: Why

    @classmethod
    def of(cls, video: Video, **more: Any) -> Self:
        file = intake_of(video)
        return cls(
            state=file.state,
            video_id=video.id,
            source_number=file.number,
            reason=file.reason,
            source=file.source,
            **_upload(file.upload),
            **more,
        )


class OpenUploadView(UploadView):
    """The same with the addresses of the first parts."""

    parts: list[PartUrlView]


class OpenUploadSession(UploadSession):
    """A new upload with the addresses of its first parts."""

    parts: list[PartUrlView]

    @classmethod
    def opened(cls, opened: Opened) -> Self:
        return cls.of(opened.video, parts=[PartUrlView.of(part) for part in opened.parts])


class ReplacementView(BaseModel):
    """A file that shall take the place of the video's own, as soon as a run on it is ready; the
    last one that came to nothing stays here, with the reason."""

    source_number: int
    state: UploadState
    reason: Why = Field(description="Why the upload failed, or the last run on the file.")
    run: int | None = Field(description="The newest run on the file.")
    source: SourceFile
    upload: UploadView

    @classmethod
    def of(cls, new: Replacement) -> Self:
        return cls(
            source_number=new.number,
            state=new.state,
            reason=new.reason,
            run=new.run,
            source=new.source,
            upload=UploadView(state=new.state, **_upload(new.upload)),
        )


class ArtefactView(BaseModel):
    """A thing made of the video, with its own state."""

    state: ArtefactState
    reason: Why
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


class VideoSummary(BaseModel):
    """A video as lists show it."""

    id: str
    object: str
    owner_id: str | None
    team_id: str | None
    title: str
    state: State
    reason: Why
    links: list[Link]
    source: SourceFile
    source_number: int = Field(description="Counts the files that the video has had.")
    upload: UploadView
    replacement: ReplacementView | None
    content: WantedContent
    engine: WantedEngine
    media: MediaFacts | None
    duration_ms: int | None
    artefacts: ArtefactsView
    retention_days: int | None
    deletes_at: str | None = Field(description="When the video is deleted by itself; null: never.")
    source_retention_days: int | None
    source_deletes_at: str | None = Field(
        description="When its file is deleted by itself, at the earliest: a run on it ends first."
    )
    source_deleted_at: str | None
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


def _upload(upload: Upload) -> dict[str, Any]:
    """What is shown of an upload, of all that is kept."""
    shown = UploadView.model_fields.keys() - {"state"}
    return upload.model_dump(include=shown)


_MADE = {"upload", "replacement", "artefacts", "links", "deletes_at", "source_deletes_at"}


def _fields(video: Video) -> dict[str, Any]:
    return {
        **{name: getattr(video, name) for name in VideoSummary.model_fields if name not in _MADE},
        "deletes_at": deletes_at(video),
        "source_deletes_at": source_deletes_at(video),
        "links": list(video.links),
        "upload": UploadView.of(video),
        "replacement": ReplacementView.of(video.replacement) if video.replacement else None,
        "artefacts": ArtefactsView.of(video),
    }
