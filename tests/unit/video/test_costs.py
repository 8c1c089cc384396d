"""What a video costs: amounts that workers note, in the units of a bill."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.caller import Caller
from functions.video.costs import (
    EngineEstimate,
    billed,
    conversion,
    engines,
    estimate,
    priced,
    told,
)
from functions.video.facts import MediaFacts
from functions.video.model import SourceFile, Upload, Video
from tests.media.plans import planned

HD = MediaFacts(
    duration_ms=60_000, width=1280, height=720, frame_rate=30.0, video_codec="h264",
    audio_codec="aac",
)  # fmt: skip
amounts = st.dictionaries(
    st.sampled_from(
        ["calls", "mb_ms", "puts", "audio_ms", "input_tokens", "output_tokens", "model_nano_usd"]
    ),
    st.integers(0, 10**12),
)


def video(media: MediaFacts | None = None, size: int = 15_000_000) -> Video:
    return Video.born(
        Caller.pipeline("wsp_one", "test"),
        title="Call",
        source=SourceFile(filename="call.mp4", content_type="video/mp4", size_bytes=size),
        upload=Upload(
            upload_id="u", part_size_bytes=8 << 20, part_count=2, expires_at="2026-11-24T00:00:00Z"
        ),
        media=media,
    )


def test_memory_and_time_become_gigabyte_seconds() -> None:
    made = priced("encode", {"calls": 2, "mb_ms": 2_048 * 1_500})

    lines = {line.unit: line for line in made.lines}
    assert lines["gb_seconds"].count == pytest.approx(3.0)
    assert lines["gb_seconds"].usd == pytest.approx(3 * 0.0000133334)
    assert lines["requests"].count == 2
    assert lines["transitions"].count == lines["express_requests"].count == 2
    lived = 2_048 * 1_500 / 1_769 / 1_000  # seconds, of both children together
    assert lines["express_gb_seconds"].count == pytest.approx(lived * 64 / 1_024)
    assert made.usd == pytest.approx(
        3 * 0.0000133334 + 2 * (0.0000002 + 0.000025 + 0.000001) + lived / 16 * 0.00001667
    )


def test_a_model_without_a_price_says_so_and_the_rest_is_summed() -> None:
    said = told({"calls": 1, "mb_ms": 512}, {"input_tokens": 10, "cost_usd": None})
    made = priced("analyse", said)

    by_unit = {line.unit: line.usd for line in made.lines}
    assert by_unit["input_tokens"] is None
    assert made.usd > 0


def test_a_models_price_stands_once_beside_its_units() -> None:
    usage = {"input_tokens": 100, "output_tokens": 50, "cost_usd": 0.25}
    made = priced("analyse", told({}, usage))

    assert [(line.unit, line.usd) for line in made.lines] == [
        ("input_tokens", 0.25),
        ("output_tokens", 0.0),
    ]


@pytest.mark.parametrize("usage", [{}, {"cost_usd": "free"}, {"audio_seconds": "long"}])
def test_what_a_step_says_badly_is_worth_nothing(usage: dict[str, Any]) -> None:
    assert told({}, usage) == {}


@given(first=amounts, second=amounts)
def test_what_is_added_up_costs_as_much_as_its_parts(
    first: dict[str, int], second: dict[str, int]
) -> None:
    both = {name: first.get(name, 0) + second.get(name, 0) for name in {*first, *second}}
    parts = [
        {**each, "model_nano_usd": each.get("model_nano_usd", 0) if _models(each) else 0}
        for each in (first, second)
    ]
    if _models(both):
        both["model_nano_usd"] = sum(each["model_nano_usd"] for each in parts)
    apart = sum(priced("encode", each).usd for each in parts)
    assert priced("encode", both).usd == pytest.approx(apart)


def _models(each: dict[str, int]) -> bool:
    return any(each.get(name) for name in ("audio_ms", "input_tokens", "output_tokens"))


def test_a_run_has_the_frame_of_where_it_began() -> None:
    def frame(*steps: str) -> float:
        bill = {each.step: each for each in billed({step: {"calls": 1} for step in steps})}
        return bill["workflow"].lines[0].count

    assert frame("inspect", "plan", "transcribe", "analyse") == 6
    assert frame("transcribe", "analyse") == 3
    assert frame("analyse") == 3


def test_an_estimate_goes_by_what_was_inspected_and_else_by_size() -> None:
    assert estimate(video(HD)).duration_ms == 60_000
    assert estimate(video(HD)).basis == "media"
    assert estimate(video()).duration_ms == 60_000  # 15 MB at 2 Mbit/s
    assert estimate(video()).basis == "size"


def test_an_estimate_of_a_minute_is_what_was_measured_for_one() -> None:
    (encode,) = [each for each in estimate(video(HD)).steps if each.step == "encode"]
    work = {line.unit: line.count for line in encode.lines}
    assert work["gb_seconds"] == pytest.approx(32 * 1_769 / 1_024, rel=0.02)


def test_sound_alone_is_not_estimated_as_pictures() -> None:
    sound = MediaFacts(duration_ms=60_000, audio_codec="aac")
    steps = {each.step: each for each in estimate(video(sound)).steps}
    assert "encode" not in steps
    assert steps["encode_audio"].usd > 0


def test_silence_is_not_estimated_to_be_transcribed() -> None:
    silent = HD.model_copy(update={"audio_codec": None})
    steps = {each.step for each in estimate(video(silent)).steps}
    assert not steps & {"encode_audio", "transcribe", "analyse"}


@given(
    st.integers(1, 24 * 3_600_000), st.integers(2, 8_000), st.integers(2, 8_000),
    st.floats(0.1, 240),
)  # fmt: skip
def test_longer_is_never_cheaper(duration: int, width: int, height: int, rate: float) -> None:
    def usd(length: int) -> float:
        facts = {"duration_ms": length, "width": width, "height": height, "frame_rate": rate}
        return sum(each.usd for each in estimate(video(HD.model_copy(update=facts))).steps)

    assert 0 < usd(duration) <= usd(2 * duration)


@pytest.mark.parametrize(("minutes", "most"), [(10, 0.25), (20, 0.25), (60, 0.20), (8 * 60, 0.20)])
def test_orchestration_costs_less_than_a_quarter_of_encoding(minutes: int, most: float) -> None:
    """All transitions of a run and all that Express children cost, to the encoders' own time."""
    facts = HD.model_copy(update={"duration_ms": minutes * 60_000})

    steps = estimate(video(facts)).steps
    orchestration = sum(
        line.usd or 0
        for each in steps
        for line in each.lines
        if line.unit in ("transitions", "express_requests", "express_gb_seconds")
    )
    (encode,) = [each for each in steps if each.step == "encode"]
    work = sum(line.usd or 0 for line in encode.lines if line.unit in ("gb_seconds", "requests"))

    assert orchestration / work < most


def test_every_chunk_by_itself_would_cost_more_than_that() -> None:
    """Why chunks are batched: one to a worker, an hour's 450 cost a third of its encoding."""
    alone = priced("encode", {"calls": 450, "mb_ms": (32 * 60 * 1_000 * 1_769)})

    units = {line.unit: line.usd or 0 for line in alone.lines}
    assert sum(usd for unit, usd in units.items() if unit not in ("gb_seconds", "requests")) > (
        0.3 * units["gb_seconds"]
    )


def both(media: MediaFacts | None, lanes: int = 40) -> dict[str, EngineEstimate]:
    return {each.engine: each for each in engines(video(media), lanes)}


def test_an_hour_is_told_for_both_engines() -> None:
    """720p, 480p and 360p: four normalized minutes a minute, at 0.0075 dollars each."""
    hour = both(HD.model_copy(update={"duration_ms": 3_600_000}))

    assert hour["mediaconvert"].usd == pytest.approx(60 * 0.030, rel=0.01)
    assert 20 < hour["mediaconvert"].usd / hour["ffmpeg"].usd < 60
    assert hour["ffmpeg"].seconds < 120 < hour["mediaconvert"].seconds < 3_600


@pytest.mark.parametrize(
    ("changed", "factor"),
    [
        ({}, 4),
        ({"frame_rate": 60.0}, 8),
        ({"width": 720, "height": 1280}, 4),
        ({"width": 1920, "height": 1080}, 6),
        ({"width": 640, "height": 360}, 1),
    ],
)
def test_normalized_minutes_are_an_outputs_minutes_times_its_size_and_rate(
    changed: dict[str, Any], factor: int
) -> None:
    told = both(HD.model_copy(update=changed))["mediaconvert"]
    nothing = both(HD.model_copy(update={**changed, "duration_ms": 1}))["mediaconvert"]

    assert told.usd == pytest.approx(factor * 0.0075, rel=0.02)
    assert nothing.usd == pytest.approx(factor * 0.0075 / 6, rel=0.12)  # ten seconds at least


def test_more_encoders_take_less_time_and_no_less_money() -> None:
    long = HD.model_copy(update={"duration_ms": 3_600_000})
    few, many = both(long, 2)["ffmpeg"], both(long, 200)["ffmpeg"]

    assert few.seconds > 50 * many.seconds
    assert few.usd == many.usd


def test_sound_alone_has_no_engine() -> None:
    assert both(MediaFacts(duration_ms=60_000, audio_codec="aac")) == {}
    assert both(None).keys() == {"ffmpeg", "mediaconvert"}  # nobody knows yet what it is


def test_a_job_is_billed_by_what_was_made_of_it() -> None:
    plain, hdr = (planned(seconds=600, hdr=each).video for each in (None, "pq"))
    assert plain is not None
    assert hdr is not None

    assert conversion(plain) == {"basic_ms": 4 * 600_000, "transitions": 5}
    assert conversion(hdr) == {"professional_ms": 4 * 600_000, "transitions": 5}
    cheap, dear = (priced("convert", conversion(each)).usd for each in (plain, hdr))
    assert (cheap, dear) == (
        pytest.approx(40 * 0.0075 + 5 * 0.000025), pytest.approx(40 * 0.012 + 5 * 0.000025),
    )  # fmt: skip
