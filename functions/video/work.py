"""How much processor time encoding takes: for estimates, and to cut work into shares."""

from collections.abc import Iterable, Mapping

from functions.video.media import VideoPlan

# Measured with `make bench` on the ladder 720/480/360 at 30 frames/s: 32 s of one processor for a
# minute of video, so much for a million pixels of all rungs together.
CPU_SECONDS_PER_MEGAPIXEL = 32 / (60 * 30 * (1280 * 720 + 854 * 480 + 640 * 360) / 1_000_000)
# One worker's share of an encode. A batch costs a state transition, and an eight-second chunk of
# the ladder above four times as much: of single chunks, orchestration would be a third of the work.
# But what several workers do at once one does after the other, so a share is no larger than it
# must be, and there are 24 of them before any is.
LARGEST_BATCH = 3  # chunks
BATCH_CPU_SECONDS = 30.0
AT_ONCE = 24


# CPU seconds to decode a million pixels with FFmpeg on one processor, measured on 1080p of moving
# noise at high bit rates, so that others take less; and to map them from HDR to SDR.
DECODING: Mapping[str, float] = {
    "mpeg2video": 0.004, "vp9": 0.005, "hevc": 0.007, "av1": 0.012, "prores": 0.013, "h264": 0.018,
}  # fmt: skip
_OTHER_CODECS = 0.018
_TONE_MAPPING = 0.013


def megapixels(sizes: Iterable[tuple[int, int]], rate: float) -> float:
    """Return how many million pixels a second of all rungs has; `sizes` are width and height."""
    return sum(width * height for width, height in sizes) * rate / 1_000_000


def batch_size(chunks: int, chunk_cpu_seconds: float) -> int:
    """Return how many of its chunks a video has in one batch."""
    wanted = min(LARGEST_BATCH, -(-chunks // AT_ONCE))
    if chunk_cpu_seconds * wanted > BATCH_CPU_SECONDS:
        wanted = int(BATCH_CPU_SECONDS / chunk_cpu_seconds)
    return max(1, wanted)


def chunk_cpu_seconds(video: VideoPlan) -> float:
    """Return what the hardest chunk may take of one processor: its rungs, and decoding all that
    lies between the keyframe before it and its end."""
    timing, track = video.timing, video.track
    seconds = float(timing.segment_frames * timing.chunk_segments / timing.rate)
    sizes = [(rung.width, rung.height) for rung in video.rungs]
    rate = float(timing.rate)
    read = seconds + (track.keyframe_gap_ms + video.margin_ms) / 1_000
    source = megapixels([(track.width, track.height)], float(track.cadence.rate))
    mapped = megapixels(sizes[:1], rate) * _TONE_MAPPING if track.hdr else 0.0
    return seconds * (
        megapixels(sizes, rate) * CPU_SECONDS_PER_MEGAPIXEL + mapped
    ) + read * source * DECODING.get(track.codec, _OTHER_CODECS)
