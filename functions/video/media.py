"""What the media steps know and hand on: the inspected source, the encode plan, the manifest.

All models are frozen JSON documents (inspection.json, plan.json, manifest.json). Rates and time
bases are exact fractions ("30000/1001"); a tick is one unit of a stream's own time base; a frame
number counts output frames from 0 at the start of the output timeline.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

Content = Literal["general", "talking_head", "screen_share"]
# What renders the picture: FFmpeg in functions of ours, or AWS Elemental MediaConvert.
Engine = Literal["ffmpeg", "mediaconvert"]

SEGMENT_SECONDS = 4
AUDIO_RATE = 48_000  # Hz, of every audio rendition
SPEECH_RATE = 16_000  # Hz, of the copy made for transcription


class Document(BaseModel):
    """Base of the stored documents: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaWarning(Document):
    """Something about a source that a user may want to know; never a reason to refuse it."""

    code: str
    detail: str


class Cadence(Document):
    """How a video's frames follow each other: `rate` is frames per second, exact when constant."""

    constant: bool
    rate: Fraction


class VideoTrack(Document):
    """The one video stream that is rendered. Width and height are as displayed (after rotation
    and pixel aspect), in square pixels."""

    index: int
    codec: str
    profile: str | None = None
    pixel_format: str | None = None
    width: int
    height: int
    rotation: int = 0  # degrees clockwise: 0, 90, 180 or 270
    interlaced: bool = False
    hdr: Literal["pq", "hlg"] | None = None
    transfer: str | None = None
    time_base: Fraction
    first_tick: int  # presentation time of the first frame that decodes
    last_tick: int  # ... of the last frame
    last_duration: int  # ticks
    cadence: Cadence
    keyframe_gap_ms: int  # longest distance seen between two keyframes


class AudioTrack(Document):
    """The one audio stream that is rendered; `start` is its first sample's time in seconds."""

    index: int
    codec: str
    channels: int
    layout: str
    sample_rate: int
    start: Fraction


class ProbedSize(Document):
    """What a window of the probe took in one size: bytes of its first picture, which needs no
    other, and of all that follow it."""

    width: int
    height: int
    first_bytes: int
    other_bytes: int


class ProbedWindow(Document):
    """One place of the probe. `text` and `flat` are shares (percent) of its first picture's
    blocks: those that look like letters, and those with nothing in them."""

    at_ms: int
    frames: int
    sizes: tuple[ProbedSize, ...]  # largest first: one or two
    text: float = 0.0
    flat: float = 0.0


class Probe(Document):
    """How hard the picture is to encode, by a sample of it at constant quality and at `rate`
    frames a second, the renditions' own."""

    rate: Fraction
    windows: tuple[ProbedWindow, ...]


class Source(Document):
    """What inspect found out about an upload (inspection.json)."""

    version: Literal[1] = 1
    container: str
    bytes: int
    duration_ms: int
    video: VideoTrack | None = None
    audio: AudioTrack | None = None
    probe: Probe | None = None
    warnings: tuple[MediaWarning, ...] = ()


class Rung(Document):
    """One step of the ladder; bit rates in kbit/s, `level` as H.264 writes it (31 = 3.1)."""

    name: str
    width: int
    height: int
    crf: int
    max_kbps: int
    buffer_kbits: int
    level: int

    @property
    def codecs(self) -> str:
        """Return the RFC 6381 name of what the encoder is told to make (High profile)."""
        return f"avc1.6400{self.level:02x}"


class Timing(Document):
    """The one timing rule: output frame n shows the last source frame whose slot is <= n.

    The slot of a source frame at tick t is `lead + round((t - first_tick) * time_base * rate)`,
    halves upwards; `lead` frames repeat the first picture when the sound starts earlier.
    `frames` is fixed here, once, so that no two chunks can disagree about the end.
    """

    rate: Fraction
    time_base: Fraction
    first_tick: int
    lead: int
    frames: int
    segment_frames: int
    chunk_segments: int

    @property
    def frame_ticks(self) -> int:
        """Return the length of one output frame in ticks of `timescale`."""
        return self.rate.denominator * self._scale

    @property
    def timescale(self) -> int:
        """Return the output tracks' ticks per second: whole ticks per frame, 10,000 or more."""
        return self.rate.numerator * self._scale

    @property
    def _scale(self) -> int:
        return max(1, -(-10_000 // self.rate.numerator))

    @property
    def origin(self) -> Fraction:
        """Return the source time in seconds that becomes 0 of every rendition."""
        return self.first_tick * self.time_base - self.lead / self.rate

    @property
    def duration(self) -> Fraction:
        """Return the length of the video renditions in seconds."""
        return self.frames / self.rate

    @property
    def segments(self) -> int:
        """Return the number of HLS segments of each video rendition."""
        return -(-self.frames // self.segment_frames)


class ChunkPlan(Document):
    """Output frames [first, end) of every rung, encoded by one process."""

    index: int
    first: int
    end: int
    first_segment: int


class VideoPlan(Document):
    """How the picture is rendered; `margin_ms` is how much before a chunk its seek aims, `samples`
    are the chunks whose quality is measured."""

    track: VideoTrack
    margin_ms: int
    timing: Timing
    rungs: tuple[Rung, ...]
    chunks: tuple[ChunkPlan, ...]
    content: Content = "general"
    samples: tuple[int, ...] = ()


class AudioPlan(Document):
    """How the sound is rendered: `origin` is the source time in seconds that becomes 0."""

    track: AudioTrack
    channels: Literal[1, 2]
    kbps: int
    origin: Fraction
    segment: Fraction  # seconds, of one HLS segment: the video's, so that both end together


class Choice(Document):
    """Which engine renders a run's picture, and why: a stable code and a sentence."""

    engine: Engine
    code: str
    detail: str


class EncodePlan(Document):
    """Everything that encode, encode_audio, capture and package go by (plan.json)."""

    version: Literal[1] = 1
    duration_ms: int
    video: VideoPlan | None = None
    audio: AudioPlan | None = None
    batches: tuple[tuple[int, ...], ...] = ()  # none where MediaConvert renders the picture
    choice: Choice | None = None


class SegmentInfo(Document):
    """One finished HLS segment; `duration_ticks` in its rendition's timescale. Of a picture's
    segment the first `intra_bytes` are its header and its first frame, which needs no other."""

    index: int
    bytes: int
    duration_ticks: int
    intra_bytes: int = 0


class Quality(Document):
    """How near the rungs of one sampled chunk come to the source (quality/<chunk>.json): `vmaf`
    by the rung's name, 0 to 100, over so many frames."""

    frames: int
    vmaf: dict[str, float]


class AudioRendition(Document):
    """The finished sound (audio.json, and part of the manifest). Loudness in LUFS, peak in dBFS."""

    codecs: str
    channels: int
    sample_rate: int
    timescale: int
    bandwidth: int
    average_bandwidth: int
    segments: tuple[SegmentInfo, ...]
    silent: bool
    waveform: bool = False  # whether there is a waveform.json
    source_loudness: float | None = None
    source_peak: float | None = None
    gain_db: float = 0.0


class Rendition(Document):
    """One finished rung; bandwidths in bit/s as measured."""

    name: str
    width: int
    height: int
    codecs: str
    frame_rate: Fraction
    frames: int
    timescale: int
    bandwidth: int
    average_bandwidth: int
    segments: tuple[SegmentInfo, ...]
    vmaf: float | None = None  # of the sampled chunks, against the source at the largest size


class Storyboard(Document):
    """Small pictures in one sheet (storyboard.jpg), row by row from the top left; `starts_ms` has
    the time from which each of them stands for the video."""

    columns: int
    tile_width: int
    tile_height: int
    starts_ms: tuple[int, ...]


class Manifest(Document):
    """What is there to play (manifest.json), written when everything is there."""

    version: Literal[1] = 1
    duration_ms: int
    renditions: tuple[Rendition, ...] = ()
    audio: AudioRendition | None = None
    poster: bool = False
    mp4: bool = False
    storyboard: Storyboard | None = None


def target_seconds(segments: Sequence[SegmentInfo], timescale: int) -> int:
    """Return the target duration of a playlist of these segments: HLS compares durations rounded
    to whole seconds, halves upwards."""
    longest = max((segment.duration_ticks for segment in segments), default=timescale)
    return max(1, (2 * longest + timescale) // (2 * timescale))


def bandwidths(
    segments: Sequence[SegmentInfo], timescale: int, *, intra: bool = False
) -> tuple[int, int]:
    """Return (peak, average) bit/s of a rendition's segments, or of their first frames alone.

    The peak is that of the heaviest run of segments between half and one and a half target
    durations long (RFC 8216, 4.1): a last one that is tiny counts with what stands before it.
    """
    if not segments:
        return 0, 0
    sizes = [segment.intra_bytes if intra else segment.bytes for segment in segments]
    total = sum(segment.duration_ticks for segment in segments)
    average = Fraction(sum(sizes) * 8 * timescale, total)
    target = target_seconds(segments, timescale) * timescale
    peak = max(
        (Fraction(size * 8 * timescale, ticks) for size, ticks in _runs(segments, sizes, target)),
        default=average,
    )
    return -(-peak.numerator // peak.denominator), -(-average.numerator // average.denominator)


def _runs(
    segments: Sequence[SegmentInfo], sizes: Sequence[int], target: int
) -> Iterator[tuple[int, int]]:
    """Yield bytes and ticks of each run of segments whose bit rate counts."""
    for first in range(len(segments)):
        size = ticks = 0
        for at in range(first, len(segments)):
            size, ticks = size + sizes[at], ticks + segments[at].duration_ticks
            if 2 * ticks > 3 * target:
                break
            if 2 * ticks >= target:
                yield size, ticks
