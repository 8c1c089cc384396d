"""The rule by which an engine is chosen for a run's picture. The sound is always FFmpeg's: the
transcript and the waveform are made of it in the same pass, and MediaConvert would bill its
loudness correction as the Professional tier.

FFmpeg is a small part of the price and, for most recordings, faster. `auto` leaves it for
MediaConvert where the division into chunks fails: where a chunk would take a worker more than half
of its time, as of a huge HDR picture or of a recording with few keyframes, or where all of them, on
the encoders that a video may have, would take more than half of a run's.

MediaConvert is never taken where a stage does not offer it, for what its user guide ("Supported
input codecs and containers") does not name, or for what it cannot time as timing.py does.
"""

from collections.abc import Mapping

from functions.video.media import Choice, Source, VideoPlan
from functions.video.model import WantedEngine
from functions.video.work import chunk_cpu_seconds

# In FFmpeg's names, without what needs a licence or a file beside it.
_MOV = frozenset(("h264", "hevc", "h263", "jpeg2000", "mpeg2video", "mpeg4", "prores", "mjpeg"))
INPUTS: Mapping[str, frozenset[str]] = {
    "mov": _MOV,
    "matroska": frozenset(("h264", "mpeg2video", "mpeg4", "vc1", "vp8", "vp9")),  # WebM, too
    "avi": frozenset(("mpeg4", "mjpeg", "dvvideo")),
    "mpegts": frozenset(("h264", "hevc", "mpeg2video", "vc1")),
    "asf": frozenset(("vc1",)),
    "flv": frozenset(("h264",)),
}
LEAST_SIDE = 32  # pixels, of an output (the service model's minimum)
HEAVY_SECONDS = 120.0  # of one processor: half of what `encode` may run
LONG_SECONDS = 3 * 3_600.0  # half of the state machine's limit


def choose(
    wanted: WantedEngine, source: Source, video: VideoPlan | None, *, offered: bool, lanes: int
) -> Choice:
    """Return the engine of a run; `video` is FFmpeg's plan, `lanes` the encoders that it may have
    at work."""
    if not offered:
        return _ffmpeg("not_offered", "MediaConvert is not switched on in this deployment.")
    if video is None:
        return _ffmpeg("no_picture", "There is only sound.")
    if wanted == "ffmpeg":
        return _ffmpeg("asked_for", "The video asks for it.")
    hindrance = _hindrance(source, video)
    if hindrance is not None:
        return hindrance
    if wanted == "mediaconvert":
        return _mediaconvert("asked_for", "The video asks for it.")
    heavy = chunk_cpu_seconds(video)
    if heavy > HEAVY_SECONDS:
        return _mediaconvert(
            "heavy_chunks", f"A piece of it may take an encoder {heavy:.0f} seconds."
        )
    whole = heavy * len(video.chunks) / max(1, lanes)
    if whole > LONG_SECONDS:
        return _mediaconvert(
            "long_run", f"It may take the encoders at hand {whole / 3_600:.1f} hours."
        )
    return _ffmpeg("cheaper", "Nothing speaks against the cheaper one.")


def without_quota(detail: str) -> Choice:
    """Return the choice where the workspace's minutes of MediaConvert do not suffice."""
    return _ffmpeg("quota_exceeded", detail)


def _hindrance(source: Source, video: VideoPlan) -> Choice | None:
    """Return the choice of FFmpeg for what MediaConvert cannot do."""
    codec = video.track.codec
    if codec not in INPUTS.get(source.container, frozenset()):
        return _ffmpeg(
            "unsupported_source", f"MediaConvert reads no {codec} in {source.container}."
        )
    if video.timing.lead:
        return _ffmpeg(
            "sound_first", "The sound begins before the picture, which MediaConvert would not hold."
        )
    if any(min(rung.width, rung.height) < LEAST_SIDE for rung in video.rungs):
        return _ffmpeg("too_small", f"MediaConvert makes no side below {LEAST_SIDE} pixels.")
    return None


def _ffmpeg(code: str, detail: str) -> Choice:
    return Choice(engine="ffmpeg", code=code, detail=detail)


def _mediaconvert(code: str, detail: str) -> Choice:
    return Choice(engine="mediaconvert", code=code, detail=detail)
