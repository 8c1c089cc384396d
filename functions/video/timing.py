"""The timing rule: which frame rate a rendition gets, and where its frames come from.

A constant-rate source keeps its own exact rate (30000/1001 stays 30000/1001); above 60 it is
divided by the smallest whole number that brings it to 60 or less. A variable-rate source gets
the standard rate nearest to its faster pace (the greater of its average and its typical rate),
at most 60: stills are repeated, motion is kept. A segment is the whole number of frames nearest
to 4 s, and a chunk a whole number of segments, so every cut falls on a frame and a keyframe.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median

from functions.video.media import SEGMENT_SECONDS, Cadence, ChunkPlan, Timing, VideoTrack

STANDARD_RATES = tuple(
    Fraction(rate)
    for rate in (
        5, 8, 10, 12, "12.5", 15, 20, "24000/1001", 24, 25, "30000/1001", 30, 48, 50,
        "60000/1001", 60,
    )
)  # fmt: skip
_KNOWN_RATES = STANDARD_RATES + tuple(
    Fraction(rate) for rate in (72, 90, 100, "120000/1001", 120, 144, 240)
)
FASTEST = Fraction(60)
SLOWEST = Fraction(1)
_CUT_SOUND = Fraction(1, 4)  # seconds
ASSUMED = Fraction(25)  # one single frame has no rate of its own


def cadence(windows: Iterable[Sequence[int]], time_base: Fraction) -> Cadence:
    """Tell constant from variable frame rate by presentation times.

    `windows` are ascending runs of ticks from different places of the file, each without holes.
    Constant means: every time of every window lies within a tick, or a tenth of a frame, of one
    even grid. (Millisecond clocks and phones jitter by that much; rounding to slots absorbs it.)
    """
    runs = [list(window) for window in windows if len(window) > 1]
    gaps = [b - a for run in runs for a, b in pairwise(run) if b > a]
    if not gaps:
        return Cadence(constant=True, rate=ASSUMED)
    span = sum(run[-1] - run[0] for run in runs)
    average = Fraction(len(gaps), 1) / (span * time_base)
    candidates = [average] if len(set(gaps)) == 1 else []
    candidates += sorted(_KNOWN_RATES, key=lambda rate: abs(rate - average))[:2]
    # The simplest rate that fits is the one that was meant: clocks round, people do not.
    candidates += [average.limit_denominator(most) for most in (1, 12, 1001)]
    for rate in filter(None, candidates):
        if _on_grid(runs, 1 / (rate * time_base)):
            return Cadence(constant=True, rate=rate)
    typical = 1 / (Fraction(median(gaps)) * time_base)
    return Cadence(constant=False, rate=max(average, typical).limit_denominator(1001))


def _on_grid(runs: Sequence[Sequence[int]], step: Fraction) -> bool:
    for run in runs:
        offsets = [tick - run[0] - k * step for k, tick in enumerate(run)]
        if max(offsets) - min(offsets) > max(Fraction(1), step / 10):
            return False
    return True


def output_rate(source: Cadence) -> Fraction:
    """Return the renditions' frame rate in frames per second, between 1 and 60."""
    if source.constant and source.rate >= SLOWEST:
        divisor = -(-source.rate // FASTEST)
        return source.rate / max(1, divisor)
    return min(STANDARD_RATES, key=lambda rate: abs(rate - source.rate))


def nearest(value: Fraction) -> int:
    """Round to the nearest whole number, halves away from zero, as FFmpeg's `fps` filter does."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def time_frames(
    track: VideoTrack, audio_start: Fraction | None, *, chunk_segments: int = 2
) -> Timing:
    """Fix the output timeline of a video; `audio_start` is the sound's first sample in seconds.

    When the sound starts earlier than the picture by a quarter of a second or more, the first
    picture is repeated for it; otherwise the first picture is frame 0 exactly, and the sound is
    cut to it (many recorders start the two some frames apart).
    """
    rate = output_rate(track.cadence)
    first = track.first_tick * track.time_base
    early = Fraction(0) if audio_start is None else first - audio_start
    lead = int(early * rate) if early >= _CUT_SOUND else 0
    span = (track.last_tick - track.first_tick) * track.time_base * rate
    if track.cadence.constant:
        # A constant-rate source has exactly as many frames as it has; a long "duration" of the
        # last one would repeat it.
        frames = max(1, nearest(span + rate / track.cadence.rate))
    else:
        end = span + track.last_duration * track.time_base * rate
        frames = max(nearest(span) + 1, nearest(end))
    return Timing(
        rate=rate,
        time_base=track.time_base,
        first_tick=track.first_tick,
        lead=lead,
        frames=lead + frames,
        segment_frames=max(1, nearest(SEGMENT_SECONDS * rate)),
        chunk_segments=chunk_segments,
    )


def slot(timing: Timing, tick: int) -> int:
    """Return the first output frame that may show the source frame at `tick`."""
    offset = (tick - timing.first_tick) * timing.time_base * timing.rate
    return timing.lead + nearest(offset)


def chunks(timing: Timing) -> tuple[ChunkPlan, ...]:
    """Cut the output into chunks of whole segments; together they cover every frame once."""
    step = timing.segment_frames * timing.chunk_segments
    return tuple(
        ChunkPlan(
            index=index,
            first=first,
            end=min(first + step, timing.frames),
            first_segment=index * timing.chunk_segments,
        )
        for index, first in enumerate(range(0, timing.frames, step))
    )


def batches(count: int, size: int) -> tuple[tuple[int, ...], ...]:
    """Group chunk indices, `size` to a worker."""
    return tuple(tuple(range(first, min(first + size, count))) for first in range(0, count, size))
