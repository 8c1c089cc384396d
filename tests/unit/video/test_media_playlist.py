"""HLS playlists as text."""

from fractions import Fraction

from functions.video.media import (
    AudioRendition,
    Cadence,
    EncodePlan,
    Manifest,
    Rendition,
    SegmentInfo,
    Source,
    VideoTrack,
    bandwidths,
)
from functions.video.plan.logic import plan
from functions.video.playlist import (
    SOUND,
    finished_track,
    growing_sound,
    growing_track,
    master,
    media_playlist,
)

SOUND_DONE = AudioRendition(
    codecs="mp4a.40.2", channels=2, sample_rate=48_000, timescale=48_000, bandwidth=130_000,
    average_bandwidth=128_000, silent=False,
    segments=(SegmentInfo(index=0, bytes=64_000, duration_ticks=196_608),
              SegmentInfo(index=1, bytes=3_000, duration_ticks=9_216)),
)  # fmt: skip
RUNG = Rendition(
    name="720p", width=1280, height=720, codecs="avc1.64001f", frame_rate=Fraction(30_000, 1001),
    frames=130, timescale=30_000, bandwidth=2_000_000, average_bandwidth=1_500_000,
    segments=(SegmentInfo(index=0, bytes=900_000, duration_ticks=120_120),
              SegmentInfo(index=1, bytes=50_000, duration_ticks=10_010)),
)  # fmt: skip
MANIFEST = Manifest(duration_ms=4_338, renditions=(RUNG,), audio=SOUND_DONE)


def planned() -> EncodePlan:
    video = VideoTrack(
        index=0, codec="h264", width=640, height=360, time_base=Fraction(1, 30_000),
        first_tick=0, last_tick=1001 * 599, last_duration=1001, keyframe_gap_ms=2000,
        cadence=Cadence(constant=True, rate=Fraction(30_000, 1001)),
    )  # fmt: skip
    return plan(Source(container="mov", bytes=1, duration_ms=20_020, video=video))


def chunk(index: int, count: int = 2) -> dict[str, list[SegmentInfo]]:
    return {
        "360p": [
            SegmentInfo(index=2 * index + n, bytes=1000, duration_ticks=120_120)
            for n in range(count)
        ]
    }


def test_the_master_names_measured_bandwidths_of_picture_and_sound_together() -> None:
    assert master(MANIFEST, lambda name: f"{name}.m3u8") == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Original",DEFAULT=YES,AUTOSELECT=YES,'
        'CHANNELS="2",URI="audio.m3u8"\n'
        "#EXT-X-STREAM-INF:BANDWIDTH=2130000,AVERAGE-BANDWIDTH=1628000,"
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="sound"\n'
        "720p.m3u8\n"
    )


def test_a_finished_track_is_vod_and_ends() -> None:
    track = finished_track(MANIFEST, "720p")
    assert track is not None

    assert media_playlist(track, lambda key: f"https://cdn/{key}?s=1") == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="https://cdn/v/720p/init.mp4?s=1"\n'
        "#EXTINF:4.004000,\n"
        "https://cdn/v/720p/00000.m4s?s=1\n"
        "#EXTINF:0.333667,\n"
        "https://cdn/v/720p/00001.m4s?s=1\n"
        "#EXT-X-ENDLIST\n"
    )


def test_a_growing_track_lists_only_the_chunks_without_a_gap_before_them() -> None:
    made = planned()

    growing = growing_track(made, {0: chunk(0), 2: chunk(2, 1)}, "360p")
    assert growing is not None
    text = media_playlist(growing, lambda key: key)

    assert "PLAYLIST-TYPE:EVENT" in text
    assert "ENDLIST" not in text
    assert [line for line in text.splitlines() if line.endswith(".m4s")] == [
        "v/360p/00000.m4s", "v/360p/00001.m4s",
    ]  # fmt: skip


def test_a_track_that_has_grown_whole_ends_and_kept_all_earlier_lines() -> None:
    made = planned()
    before = growing_track(made, {0: chunk(0)}, "360p")
    after = growing_track(made, {0: chunk(0), 1: chunk(1), 2: chunk(2, 1)}, "360p")
    assert before is not None
    assert after is not None

    old = media_playlist(before, lambda key: key).replace("EVENT", "VOD")
    new = media_playlist(after, lambda key: key)

    assert new.startswith(old)
    assert new.endswith("#EXT-X-ENDLIST\n")


def test_a_plan_and_its_finish_agree_on_codecs_and_target_duration() -> None:
    made = planned()
    text = master(made, lambda name: name)

    assert 'CODECS="avc1.64001e"' in text
    assert "AUDIO" not in text
    growing = growing_track(made, {}, "360p")
    assert growing is not None
    assert growing.target_seconds == 4


def test_unknown_tracks_are_none() -> None:
    assert finished_track(MANIFEST, "1080p") is None
    assert growing_track(planned(), {}, "720p") is None
    assert growing_sound(planned(), None) is None
    assert finished_track(Manifest(duration_ms=1), SOUND) is None


def test_the_sound_is_a_track_of_its_own() -> None:
    track = finished_track(MANIFEST, SOUND)
    assert track is not None

    text = media_playlist(track, lambda key: key)
    assert '#EXT-X-MAP:URI="a/init.mp4"' in text
    assert "#EXTINF:4.096000,\na/00000.m4s" in text


def test_a_master_of_sound_alone_is_its_own_variant() -> None:
    text = master(Manifest(duration_ms=1, audio=SOUND_DONE), lambda name: f"{name}.m3u8")

    assert text.splitlines()[3:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2"',
        "audio.m3u8",
    ]


def test_a_tiny_last_segment_is_no_peak_by_itself_but_counts_with_the_one_before() -> None:
    segments = [
        SegmentInfo(index=0, bytes=1000, duration_ticks=4000),
        SegmentInfo(index=1, bytes=900, duration_ticks=100),
    ]

    assert bandwidths(segments, 1000) == (3708, 3708)
    assert bandwidths([], 1000) == (0, 0)
