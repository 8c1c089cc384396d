"""The timing rule on paper: rates, slots, chunks."""

import json
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.video.media import Cadence, Timing, VideoTrack
from functions.video.timing import (
    STANDARD_RATES,
    batches,
    cadence,
    chunks,
    nearest,
    output_rate,
    slot,
    time_frames,
)
from functions.video.work import AT_ONCE, BATCH_CPU_SECONDS, batch_size

RATES = st.sampled_from([*STANDARD_RATES, Fraction(7), Fraction(1, 3), Fraction(120)])


def track(**fields: object) -> VideoTrack:
    known: dict[str, object] = {
        "index": 0, "codec": "h264", "width": 640, "height": 360, "time_base": Fraction(1, 1000),
        "first_tick": 0, "last_tick": 9_967, "last_duration": 33,
        "cadence": Cadence(constant=True, rate=Fraction(30)), "keyframe_gap_ms": 2000,
    }  # fmt: skip
    return VideoTrack.model_validate(known | fields)


@settings(deadline=None)
@given(rate=RATES, base=st.sampled_from([1000, 90_000, 30_000, 15_360]), count=st.integers(5, 400))
def test_an_even_source_is_seen_as_constant_however_coarse_its_clock(
    rate: Fraction, base: int, count: int
) -> None:
    ticks = [nearest(n * base / rate) for n in range(count)]

    found = cadence([ticks], Fraction(1, base))

    assert found.constant
    assert abs(found.rate / rate - 1) < Fraction(1, 50)
    if count > 250:
        assert found.rate == rate


def test_ntsc_rates_are_exact_even_from_millisecond_clocks() -> None:
    for rate in (Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(60_000, 1001)):
        ticks = [nearest(n * 1000 / rate) for n in range(480)]
        assert cadence([ticks], Fraction(1, 1000)) == Cadence(constant=True, rate=rate)


def test_holes_make_a_rate_variable() -> None:
    ticks = [n * 33 for n in range(300) if n % 40 < 30]

    found = cadence([ticks], Fraction(1, 1000))

    assert not found.constant
    assert output_rate(found) == 30


def test_windows_of_different_places_may_be_out_of_phase() -> None:
    windows = [[n * 40 for n in range(100)], [50_013 + n * 40 for n in range(100)]]

    assert cadence(windows, Fraction(1, 1000)) == Cadence(constant=True, rate=Fraction(25))


@pytest.mark.parametrize(
    ("rate", "constant", "made"),
    [
        ("30000/1001", True, "30000/1001"),
        ("7", True, "7"),
        ("120", True, "60"),
        ("120000/1001", True, "60000/1001"),
        ("144", True, "48"),
        ("1000000000", True, None),
        ("1/10", True, "5"),
        ("29.8", False, "30000/1001"),
        ("31", False, "30"),
        ("300", False, "60"),
        ("0.2", False, "5"),
    ],
)
def test_the_output_rate(*, rate: str, constant: bool, made: str | None) -> None:
    found = output_rate(Cadence(constant=constant, rate=Fraction(rate)))

    assert 1 <= found <= 60
    assert made is None or found == Fraction(made)


def test_the_slot_of_a_frame_rounds_halves_up_as_ffmpeg_does() -> None:
    timing = time_frames(track(), None)

    assert [slot(timing, tick) for tick in (0, 16, 17, 33, 50, 9967)] == [0, 0, 1, 1, 2, 299]


@pytest.mark.parametrize(
    ("sound", "lead", "frames"),
    [(None, 0, 300), ("0", 0, 300), ("-0.2", 0, 300), ("-1/4", 7, 307), ("-2", 60, 360),
     ("3", 0, 300)],
)  # fmt: skip
def test_sound_that_begins_much_earlier_is_kept_and_the_first_picture_shown(
    sound: str | None, lead: int, frames: int
) -> None:
    timing = time_frames(track(), None if sound is None else Fraction(sound))

    assert (timing.lead, timing.frames) == (lead, frames)
    assert timing.origin == -Fraction(lead, 30)


@settings(deadline=None)  # slow is not wrong
@given(
    rate=RATES,
    frames=st.integers(1, 5_000),
    segments=st.integers(1, 5),
)
def test_chunks_cover_every_frame_once_and_begin_at_segments(
    rate: Fraction, frames: int, segments: int
) -> None:
    steps = max(1, nearest(4 * rate))
    timing = Timing(
        rate=rate, time_base=Fraction(1, 1000), first_tick=0, lead=0, frames=frames,
        segment_frames=steps, chunk_segments=segments,
    )  # fmt: skip

    made = chunks(timing)

    assert made[0].first == 0
    assert made[-1].end == frames
    assert all(a.end == b.first for a, b in pairwise(made))
    assert all(chunk.end > chunk.first for chunk in made)
    assert all(chunk.first == chunk.first_segment * steps for chunk in made)
    assert timing.segments == made[-1].first_segment + -(-(frames - made[-1].first) // steps)
    assert timing.timescale >= 10_000
    assert Fraction(timing.timescale, timing.frame_ticks) == rate


@settings(deadline=None)
@given(count=st.integers(0, 20_000), work=st.floats(0, 1_000))
def test_batches_hold_every_chunk_once_and_no_more_than_a_worker_can_do(
    count: int, work: float
) -> None:
    size = batch_size(count, work)
    made = batches(count, size)

    assert [index for batch in made for index in batch] == list(range(count))
    assert all(len(batch) == size for batch in made[:-1])
    assert size == 1 or size * work <= BATCH_CPU_SECONDS
    assert size == 1 or len(made) >= AT_ONCE // 2
    assert len(json.dumps([{"chunks": batch} for batch in made])) < 256_000 or count > 10_000
