"""What a video's record keeps of a caption track."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

CaptionKind = Literal["captions", "subtitles"]
CaptionSource = Literal["automatic", "edited", "uploaded"]


class CaptionTrack(BaseModel):
    """A caption track that somebody has made, or the mark that the automatic one was removed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str
    label: str
    kind: CaptionKind = "captions"
    default: bool = False
    source: CaptionSource = "uploaded"
    cues: int = 0
    name: str = ""  # of its file, among the video's captions; internal
    version: int  # the video's when it was written: no other track of it has had it
    updated_at: str
    removed: bool = False
    source_number: int = 1  # of the video's file when its cues were written; internal
