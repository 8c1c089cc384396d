"""What is told of a recording and of what was made of it, as its video's record keeps it."""

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict

from functions.video.media import (
    AudioRendition,
    Content,
    EncodePlan,
    Manifest,
    MediaWarning,
    Source,
)

_FULL_SCALE = -0.1  # dBFS: a sample that is as loud as it can be
_SHOWN = {"name", "width", "height", "codecs", "bandwidth", "average_bandwidth", "vmaf"}


class Frozen(BaseModel):
    """Base of the values inside a record."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RenditionFacts(Frozen):
    """One size that was made. Bandwidths in bit/s as measured; `vmaf` (0 to 100) compares a sample
    of it with the source at the size of the largest, None when it could not be measured."""

    name: str
    width: int
    height: int
    frame_rate: float
    codecs: str
    bandwidth: int
    average_bandwidth: int
    vmaf: float | None = None


class MediaFacts(Frozen):
    """What inspect found and what was made of it, as shown to users; None where the source has no
    such stream."""

    duration_ms: int
    container: str | None = None
    width: int | None = None  # as displayed, after rotation
    height: int | None = None
    frame_rate: float | None = None
    rotation: int = 0
    video_codec: str | None = None
    audio_codec: str | None = None
    audio_channels: int | None = None
    content: Content | None = None  # what the picture was encoded as
    renditions: tuple[RenditionFacts, ...] = ()  # largest first
    warnings: tuple[MediaWarning, ...] = ()

    @classmethod
    def of(cls, source: Source, plan: EncodePlan, manifest: Manifest) -> Self:
        """Return what users see of an inspection and of what came of it."""
        video, audio = source.video, source.audio
        return cls(
            duration_ms=source.duration_ms,
            container=source.container,
            width=video.width if video else None,
            height=video.height if video else None,
            frame_rate=round(float(video.cadence.rate), 3) if video else None,
            rotation=video.rotation if video else 0,
            video_codec=video.codec if video else None,
            audio_codec=audio.codec if audio else None,
            audio_channels=audio.channels if audio else None,
            content=plan.video.content if plan.video else None,
            renditions=tuple(
                RenditionFacts(
                    frame_rate=round(float(made.frame_rate), 3),
                    **made.model_dump(include=_SHOWN),
                )
                for made in manifest.renditions
            ),
            warnings=(*source.warnings, *heard(manifest.audio)),
        )


def heard(audio: AudioRendition | None) -> Iterator[MediaWarning]:
    """Yield what only listening to the whole recording tells."""
    if audio is None:
        return
    if audio.silent:
        yield MediaWarning(code="silent", detail="There is nothing to hear, nor to transcribe.")
    elif audio.source_peak is not None and audio.source_peak >= _FULL_SCALE:
        yield MediaWarning(code="clipped", detail="The sound reaches the very limit, and may rasp.")
