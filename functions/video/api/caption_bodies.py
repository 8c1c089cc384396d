"""What the routes of captions take and show."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.video.caption_track import CaptionKind, CaptionSource
from functions.video.tracks import Label, Language, Shown

_FILE = "WEBVTT\n\n00:00:01.000 --> 00:00:03.500\nHello, and <i>welcome</i>.\n"
File = Annotated[str, StringConstraints(min_length=1, max_length=950_000)]
_KIND = (
    "`captions` are for who hears nothing: they tell sounds, too, as the playlist says of them. "
    "`subtitles` are a translation."
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CueBody(_Body):
    """One caption: from when to when, and its text as WebVTT writes it (`&lt;` for `<`)."""

    start_ms: int = Field(ge=0, le=360_000_000)
    end_ms: int = Field(ge=1, le=360_000_000)
    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    settings: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="Where it stands, as WebVTT writes it: `line:0 align:start`."
    )


Cues = Annotated[list[CueBody], Field(min_length=1, max_length=20_000)]


class NewCaptions(_Body):
    """A track: its cues come as a file (WebVTT or SubRip) or one by one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"language": "de", "label": "Deutsch", "kind": "subtitles", "file": _FILE}]
        }
    )

    language: Language = Field(description="BCP 47: `en`, `pt-BR`, `zh-Hant`.")
    label: Label | None = Field(default=None, description="The language's tag when left out.")
    kind: CaptionKind = Field(default="captions", description=_KIND)
    default: bool = Field(
        default=False, description="Whether players show it unasked; one track of a video can be."
    )
    file: File | None = Field(default=None, description="WebVTT or SubRip.")
    cues: Cues | None = None

    @model_validator(mode="after")
    def _has_cues(self) -> Self:
        if (self.file is None) == (self.cues is None):
            raise ValueError("send either `file` or `cues`")
        return self


class CaptionsPatch(_Body):
    """Changes; the cues are replaced as a whole, by a file or one by one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"cues": [{"start_ms": 1_000, "end_ms": 3_500, "text": "Hello, and welcome."}]}
            ]
        }
    )

    label: Label | None = None
    kind: CaptionKind | None = None
    default: bool | None = None
    file: File | None = Field(default=None, description="WebVTT or SubRip.")
    cues: Cues | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if self.file is not None and self.cues is not None:
            raise ValueError("send either `file` or `cues`")
        return self


class CaptionsView(BaseModel):
    """A caption track."""

    object: Literal["caption_track"] = "caption_track"
    video_id: str
    language: str
    label: str
    kind: CaptionKind
    default: bool
    source: CaptionSource = Field(
        description="`automatic`: of the transcript, follows its newest run. `edited`: was that, "
        "and is kept as it was changed. `uploaded`: as it was sent."
    )
    cue_count: int
    outdated: bool = Field(
        description="Its cues were written for a file that has been replaced since; whoever writes "
        "them anew, or reverts to the automatic track, ends that."
    )
    updated_at: str | None = Field(description="null for an automatic track.")

    @classmethod
    def of(cls, video_id: str, track: Shown) -> Self:
        shown = {name: getattr(track, name) for name in cls.model_fields.keys() & _SHOWN}
        return cls(video_id=video_id, cue_count=track.cues, **shown)


_SHOWN = {"language", "label", "kind", "default", "source", "outdated", "updated_at"}


class CueView(BaseModel):
    start_ms: int
    end_ms: int
    text: str
    settings: str


class CaptionsFullView(CaptionsView):
    """A caption track with its cues."""

    cues: list[CueView]


class CaptionsPage(BaseModel):
    """A video's caption tracks, the default one first."""

    data: list[CaptionsView]
    next_cursor: str | None
