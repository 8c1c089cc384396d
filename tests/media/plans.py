"""Sources and plans that tests make up."""

from fractions import Fraction
from typing import Any

from functions.video.media import AudioTrack, Cadence, EncodePlan, Source, VideoTrack
from functions.video.plan.logic import plan


def source(
    *,
    size: tuple[int, int] = (1280, 720),
    rate: Fraction = Fraction(30),
    seconds: int = 60,
    container: str = "mov",
    sound_at: Fraction | None = Fraction(0),
    **track: Any,
) -> Source:
    """Return what inspect would have found of such a recording."""
    base = Fraction(1, 90_000)
    last = int((seconds - 1 / rate) / base)
    made: dict[str, Any] = {
        "index": 0,
        "codec": "h264",
        "width": size[0],
        "height": size[1],
        "time_base": base,
        "first_tick": 0,
        "last_tick": max(0, last),
        "last_duration": int(1 / rate / base),
        "cadence": Cadence(constant=True, rate=rate),
        "keyframe_gap_ms": 2_000,
        **track,
    }
    sound = None
    if sound_at is not None:
        sound = AudioTrack(
            index=1, codec="aac", channels=2, layout="stereo", sample_rate=48_000, start=sound_at
        )
    return Source(
        container=container,
        bytes=seconds * 250_000,
        duration_ms=seconds * 1_000,
        video=VideoTrack(**made),
        audio=sound,
    )


def planned(**described: Any) -> EncodePlan:
    """Return the plan of such a recording, FFmpeg's."""
    return plan(source(**described))
