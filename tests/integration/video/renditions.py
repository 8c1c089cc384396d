"""What the media steps leave in the bucket: a manifest, a plan, the sound."""

from typing import Any

from functions.video.media import (
    AudioPlan,
    AudioRendition,
    AudioTrack,
    Cadence,
    ChunkPlan,
    EncodePlan,
    Manifest,
    Rendition,
    Rung,
    SegmentInfo,
    Storyboard,
    Timing,
    VideoPlan,
    VideoTrack,
)  # fmt: skip

TIMESCALE, TICKS = 10_000, 40_000
SOUND = AudioRendition(
    codecs="mp4a.40.2", channels=2, sample_rate=48_000, timescale=48_000, bandwidth=130_000,
    average_bandwidth=128_000, silent=False, waveform=True,
    segments=(SegmentInfo(index=0, bytes=64_000, duration_ticks=192_000),),
)  # fmt: skip


def segments(count: int, first: int = 0) -> tuple[SegmentInfo, ...]:
    return tuple(
        SegmentInfo(index=index, bytes=1_000, duration_ticks=TICKS, intra_bytes=400)
        for index in range(first, first + count)
    )


def manifest(count: int = 3) -> Any:
    rendition = Rendition(
        name="720p", width=1280, height=720, codecs="avc1.64001f", frame_rate=25, frames=300,
        timescale=TIMESCALE, bandwidth=2_000_000, average_bandwidth=1_500_000,
        segments=segments(count),
    )  # fmt: skip
    return Manifest(
        duration_ms=12_000,
        renditions=(rendition,),
        audio=SOUND,
        poster=True,
        mp4=True,
        storyboard=Storyboard(
            columns=2, tile_width=160, tile_height=90, starts_ms=(0, 4_000, 8_000)
        ),
    ).model_dump(mode="json")


def plan() -> Any:
    """The plan of three segments, each a chunk of its own."""
    track = VideoTrack(
        index=0, codec="h264", width=1280, height=720, time_base="1/10000", first_tick=0,
        last_tick=119_600, last_duration=400, cadence=Cadence(constant=True, rate=25),
        keyframe_gap_ms=2_000,
    )  # fmt: skip
    timing = Timing(
        rate=25, time_base="1/10000", first_tick=0, lead=0, frames=300, segment_frames=100,
        chunk_segments=1,
    )  # fmt: skip
    rung = Rung(
        name="720p", width=1280, height=720, crf=21, max_kbps=3_000, buffer_kbits=6_000, level=31
    )
    chunks = tuple(
        ChunkPlan(index=n, first=100 * n, end=100 * (n + 1), first_segment=n) for n in range(3)
    )
    sound = AudioTrack(
        index=1, codec="aac", channels=2, layout="stereo", sample_rate=48_000, start=0
    )
    fields = {"track": track, "timing": timing, "rungs": (rung,), "chunks": chunks}
    if "margin_ms" in VideoPlan.model_fields:
        fields["margin_ms"] = 500
    return EncodePlan(
        duration_ms=12_000,
        video=VideoPlan(**fields),
        audio=AudioPlan(track=sound, channels=2, kbps=128, origin=0, segment=4),
        batches=((0,), (1,), (2,)),
    ).model_dump(mode="json")
