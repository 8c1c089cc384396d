"""λ plan: from what inspect found to everything the rendering steps go by."""

from fractions import Fraction

from functions.shared.quotas import Claim, QuotaExceededError, Quotas
from functions.video.complexity import content_of
from functions.video.ladder import ladder
from functions.video.media import (
    SEGMENT_SECONDS,
    AudioPlan,
    Choice,
    Content,
    EncodePlan,
    Source,
    VideoPlan,
)
from functions.video.quality import sampled
from functions.video.timing import batches, chunks, time_frames
from functions.video.work import CPU_SECONDS_PER_MEGAPIXEL, batch_size, megapixels

# These containers have an index of keyframes, so a seek ends at or before its target. The others
# are searched by time and may start between two keyframes: aim one such distance earlier.
_INDEXED = ("mov", "matroska", "avi")
WAIT_SECONDS = 30  # until another look whether an encoder is free
_RECORDED_SEGMENTS = 200  # of all rungs in one item: a tenth of what DynamoDB takes
_MARGIN_MS = 500  # frames are reordered by less than this around a keyframe


def plan(source: Source, *, content: Content | None = None, chunk_segments: int = 2) -> EncodePlan:
    """Return the plan of a source; a chunk is `chunk_segments` segments of about 4 s. `content` is
    what its owner says it is, None leaves it to the probe."""
    audio_start = source.audio.start if source.audio else None
    video = None
    if source.video is not None:
        timing = time_frames(source.video, audio_start, chunk_segments=chunk_segments)
        extra = 0 if source.container in _INDEXED else source.video.keyframe_gap_ms + 1000
        cut = chunks(timing)
        kind = content or content_of(source.probe)
        video = VideoPlan(
            track=source.video,
            margin_ms=_MARGIN_MS + extra,
            timing=timing,
            rungs=ladder(
                source.video.width,
                source.video.height,
                timing.rate,
                probe=source.probe,
                content=kind,
            ),
            chunks=cut,
            content=kind,
            samples=sampled(len(cut)),
        )
    audio = None
    if source.audio is not None:
        channels = 1 if source.audio.channels == 1 else 2
        segment = Fraction(SEGMENT_SECONDS)
        if video is not None:
            segment = video.timing.segment_frames / video.timing.rate
        audio = AudioPlan(
            track=source.audio,
            channels=1 if channels == 1 else 2,
            kbps=96 if channels == 1 else 128,
            origin=source.audio.start if video is None else video.timing.origin,
            segment=segment,
        )
    duration = source.duration_ms if video is None else round(video.timing.duration * 1000)
    return EncodePlan(
        duration_ms=max(1, duration),
        video=video,
        audio=audio,
        batches=_shared_out(video) if video else (),
    )


def settled(plan: EncodePlan, choice: Choice) -> EncodePlan:
    """Return the plan for the engine that was chosen. MediaConvert gets the picture in one piece;
    chunks are then but the stretches in which it is recorded, and nothing of it is measured."""
    if choice.engine == "ffmpeg" or plan.video is None:
        return plan.model_copy(update={"choice": choice})
    timing = plan.video.timing.model_copy(update={"chunk_segments": _RECORDED_SEGMENTS})
    video = plan.video.model_copy(
        update={"timing": timing, "chunks": chunks(timing), "samples": ()}
    )
    return plan.model_copy(update={"choice": choice, "video": video, "batches": ()})


def encoders(quotas: Quotas, claim: Claim, wanted: int) -> int:
    """Take as many of the workspace's encoders as are free, `wanted` at most; 0 when none is. What
    was taken before under this name is kept. Raises UnavailableError."""
    held = quotas.reserved(claim)
    while not held and wanted:
        try:
            quotas.reserve(claim, wanted)
            held = wanted
        except QuotaExceededError as refusal:
            wanted = min(wanted - 1, refusal.left)
    return held


def _shared_out(video: VideoPlan) -> tuple[tuple[int, ...], ...]:
    timing = video.timing
    seconds = float(timing.segment_frames * timing.chunk_segments / timing.rate)
    sizes = [(rung.width, rung.height) for rung in video.rungs]
    work = seconds * megapixels(sizes, float(timing.rate)) * CPU_SECONDS_PER_MEGAPIXEL
    return batches(len(video.chunks), batch_size(len(video.chunks), work))
