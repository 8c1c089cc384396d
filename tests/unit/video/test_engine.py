"""Which engine renders a picture, and what MediaConvert is asked for."""

from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.video import keys
from functions.video.engine import HEAVY_SECONDS, INPUTS, choose
from functions.video.media import Choice, EncodePlan, VideoPlan
from functions.video.mediaconvert import request
from functions.video.plan.logic import plan, settled
from functions.video.timing import STANDARD_RATES
from functions.video.work import chunk_cpu_seconds
from tests.media.plans import planned, source
from tests.unit.video.service_model import faults

FILM: dict[str, Any] = {"size": (3840, 2160), "rate": Fraction(60), "hdr": "pq", "codec": "hevc"}
WHERE = {
    "source": "s3://uploads/ws_one/vid_one/source",
    "target": "s3://media/ws_one/vid_one/1/mediaconvert/",
    "role": "arn:aws:iam::123456789012:role/reelate-prod-mediaconvert",
    "token": "vid_one-1",
}
TOLD = {"application": "reelate", "stage": "prod", "workspace": "ws_one"}


def chosen(
    wanted: Literal["auto", "ffmpeg", "mediaconvert"] = "auto",
    *,
    offered: bool = True,
    lanes: int = 40,
    **described: Any,
) -> Choice:
    found = source(**described)
    return choose(wanted, found, plan(found).video, offered=offered, lanes=lanes)


def picture(made: EncodePlan) -> VideoPlan:
    assert made.video is not None
    return made.video


def job(video: VideoPlan) -> Any:
    return request(video, told=TOLD, **WHERE)


def outputs(video: VideoPlan) -> Any:
    return job(video)["Settings"]["OutputGroups"][0]["Outputs"]


def h264(video: VideoPlan) -> list[Any]:
    codecs = [each["VideoDescription"]["CodecSettings"] for each in outputs(video)]
    return [each["H264Settings"] for each in codecs]


@pytest.mark.parametrize("wanted", ["auto", "ffmpeg", "mediaconvert"])
def test_where_it_is_not_offered_it_is_never_taken(wanted: Any) -> None:
    choice = chosen(wanted, offered=False, **FILM)

    assert (choice.engine, choice.code) == ("ffmpeg", "not_offered")


def test_an_ordinary_call_goes_the_cheaper_way() -> None:
    assert chosen(seconds=3_600).code == "cheaper"
    assert chosen(size=(1920, 1080), rate=Fraction(60)).engine == "ffmpeg"


def test_what_a_worker_has_no_time_for_goes_to_mediaconvert() -> None:
    huge = chosen(**{**FILM, "codec": "h264"})
    assert (huge.engine, huge.code) == ("mediaconvert", "heavy_chunks")
    assert chosen(**{**FILM, "codec": "h264", "hdr": None, "rate": Fraction(24)}).code == "cheaper"


def test_a_recording_with_one_keyframe_goes_to_mediaconvert() -> None:
    """Each of its chunks would be decoded from the very start."""
    assert chosen(size=(1920, 1080), keyframe_gap_ms=8_000).engine == "ffmpeg"
    assert chosen(size=(1920, 1080), keyframe_gap_ms=600_000, seconds=600).code == "heavy_chunks"


def test_what_the_encoders_at_hand_would_take_hours_for_goes_to_mediaconvert() -> None:
    day = {"size": (1920, 1080), "seconds": 8 * 3_600}
    assert chosen(**day, lanes=200).code == "cheaper"
    assert chosen(**day, lanes=2).code == "long_run"


def test_a_wish_is_heeded_where_it_can_be() -> None:
    assert chosen("mediaconvert").engine == "mediaconvert"
    assert chosen("ffmpeg", **FILM).engine == "ffmpeg"
    assert chosen("mediaconvert").code == chosen("ffmpeg").code == "asked_for"


@pytest.mark.parametrize(
    ("code", "described"),
    [
        ("unsupported_source", {"codec": "av1"}),
        ("unsupported_source", {"codec": "hevc", "container": "matroska"}),
        ("unsupported_source", {"container": "ogg", "codec": "theora"}),
        ("sound_first", {"first_tick": 90_000}),
        ("too_small", {"size": (64, 30)}),
    ],
)
@pytest.mark.parametrize("wanted", ["auto", "mediaconvert"])
def test_what_it_cannot_do_stays_with_ffmpeg(
    code: str, described: dict[str, Any], wanted: Any
) -> None:
    choice = chosen(wanted, **described)

    assert (choice.engine, choice.code) == ("ffmpeg", code)


def test_sound_alone_has_no_other_engine() -> None:
    found = source().model_copy(update={"video": None})

    assert choose("auto", found, None, offered=True, lanes=1).code == "no_picture"


def test_more_to_decode_is_more_work() -> None:
    def work(**described: Any) -> float:
        return chunk_cpu_seconds(picture(planned(**described)))

    base = work()
    assert base < HEAVY_SECONDS
    assert base < work(keyframe_gap_ms=9_000)
    assert base < work(size=(1920, 1080)) < work(size=(1920, 1080), hdr="hlg")


def test_the_picture_goes_in_one_piece_and_is_recorded_in_stretches() -> None:
    made = planned(seconds=3_600)
    asked = settled(made, Choice(engine="mediaconvert", code="asked_for", detail="."))

    assert asked.batches == ()
    assert asked.audio == made.audio
    assert [chunk.first_segment for chunk in picture(asked).chunks] == [0, 200, 400, 600, 800]
    assert picture(asked).timing.frames == picture(made).timing.frames
    kept = settled(made, Choice(engine="ffmpeg", code="cheaper", detail="."))
    assert (kept.video, kept.batches) == (made.video, made.batches)


RATES = st.sampled_from([rate for rate in STANDARD_RATES if rate >= 5]) | st.fractions(
    Fraction(2), Fraction(60), max_denominator=1_001
)
SIDES = st.integers(32, 4_320)
SOURCES = st.fixed_dictionaries(
    {
        "size": st.tuples(SIDES, SIDES),
        "rate": RATES,
        "seconds": st.integers(1, 8 * 3_600),
        "rotation": st.sampled_from([0, 90, 180, 270]),
        "interlaced": st.booleans(),
        "hdr": st.sampled_from([None, "pq", "hlg"]),
        "codec": st.sampled_from(sorted(INPUTS["mov"])),
    }
)


@settings(deadline=None, max_examples=150)
@given(SOURCES)
def test_whatever_is_asked_for_the_service_s_own_model_takes(described: dict[str, Any]) -> None:
    if chosen("mediaconvert", **described).engine == "ffmpeg":
        return

    assert faults("mediaconvert", "CreateJob", job(picture(planned(**described)))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Settings", "OutputGroups", 0, "Outputs", 0, "ContainerSettings", "Container"), "CMF"),
        (("Settings", "Inputs", 0, "FileInput"), "uploads/source"),
        (("StatusUpdateInterval",), "SECONDS_1"),
        (("Role",), None),
        (("Settings", "Outputs"), []),
    ],
)
def test_the_model_refuses_what_is_wrong(path: tuple[Any, ...], value: Any) -> None:
    asked = job(picture(planned()))
    at = asked
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value

    assert faults("mediaconvert", "CreateJob", asked)


@settings(deadline=None)
@given(SOURCES)
def test_rungs_are_the_ladder_s_and_equally_cut(described: dict[str, Any]) -> None:
    video = picture(planned(**described))
    made = outputs(video)

    assert [each["NameModifier"] for each in made] == [f"_{rung.name}" for rung in video.rungs]
    for output, rung, codec in zip(made, video.rungs, h264(video), strict=True):
        shown = output["VideoDescription"]
        assert (shown["Width"], shown["Height"]) == (rung.width, rung.height)
        assert codec["MaxBitrate"] == rung.max_kbps * 1_000
        assert (codec["GopSize"], codec["GopSizeUnits"]) == (video.timing.segment_frames, "FRAMES")
        assert (codec["GopClosedCadence"], codec["SceneChangeDetect"]) == (1, "DISABLED")
        rate = Fraction(codec["FramerateNumerator"], codec["FramerateDenominator"])
        assert rate == video.timing.rate
    group = job(video)["Settings"]["OutputGroups"][0]["OutputGroupSettings"]["CmafGroupSettings"]
    gop = video.timing.segment_frames / video.timing.rate
    # Rounded up to the end of a GOP, so much is one of them.
    assert 0 < group["SegmentLength"] <= gop or group["SegmentLength"] == 1


def test_hdr_is_mapped_fields_become_frames_and_rotation_is_the_inspected_one() -> None:
    plain = outputs(picture(planned()))[0]["VideoDescription"]
    assert "VideoPreprocessors" not in plain

    odd = picture(planned(hdr="pq", interlaced=True, rotation=90))
    chosen_for = outputs(odd)[0]["VideoDescription"]["VideoPreprocessors"]
    assert chosen_for["ColorCorrector"]["ColorSpaceConversion"] == "FORCE_709"
    assert chosen_for["Deinterlacer"]["Mode"] == "DEINTERLACE"
    asked = job(odd)["Settings"]["Inputs"][0]
    assert asked["VideoSelector"]["Rotate"] == "DEGREES_90"


def test_nothing_moves_a_plain_job_to_the_dearer_tier() -> None:
    asked = job(picture(planned()))

    assert asked["AccelerationSettings"] == {"Mode": "DISABLED"}
    assert {each["QualityTuningLevel"] for each in h264(picture(planned()))} == {"SINGLE_PASS_HQ"}
    assert "AutomatedEncodingSettings" not in asked["Settings"]["OutputGroups"][0]
    assert all("AudioDescriptions" not in each for each in outputs(picture(planned())))


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("mediaconvert/video_720pinit.cmfv", ("720p", None)),
        ("mediaconvert/video_720p_000000001.cmfv", ("720p", 1)),
        ("mediaconvert/video_720p_12.mp4", ("720p", 12)),
        ("mediaconvert/video_720p.m3u8", None),
        ("mediaconvert/video.m3u8", None),
        ("mediaconvert/other_720pinit.cmfv", None),
        ("mediaconvert/video_720p_one.cmfv", None),
        ("mediaconvert/video", None),
    ],
)
def test_files_are_known_by_their_names(key: str, told: object) -> None:
    assert keys.converted(key) == told
