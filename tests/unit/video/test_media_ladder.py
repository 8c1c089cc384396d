"""The ladder: sizes and bit rates."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.video.ladder import ladder


def names(width: int, height: int) -> list[str]:
    return [f"{r.name} {r.width}x{r.height}" for r in ladder(width, height, Fraction(30))]


@pytest.mark.parametrize(
    ("size", "rungs"),
    [
        ((1280, 720), ["720p 1280x720", "480p 854x480", "360p 640x360"]),
        ((1920, 1080), ["1080p 1920x1080", "720p 1280x720", "480p 854x480", "360p 640x360"]),
        ((3840, 2160), ["1080p 1920x1080", "720p 1280x720", "480p 854x480", "360p 640x360"]),
        ((720, 1280), ["720p 720x1280", "480p 480x854", "360p 360x640"]),
        ((640, 360), ["360p 640x360"]),
        ((320, 180), ["180p 320x180"]),
        ((641, 361), ["360p 640x360"]),
        ((427, 241), ["240p 426x240"]),
        ((1, 1), ["2p 2x2"]),
        ((1000, 700), ["700p 1000x700", "480p 686x480", "360p 514x360"]),
        ((1280, 719), ["718p 1278x718", "480p 854x480", "360p 640x360"]),
    ],
)
def test_rungs_by_the_short_side(size: tuple[int, int], rungs: list[str]) -> None:
    assert names(*size) == rungs


@given(
    width=st.integers(1, 8192),
    height=st.integers(1, 8192),
    rate=st.sampled_from([Fraction(5), Fraction(30_000, 1001), Fraction(60)]),
)
def test_no_rung_is_larger_than_the_source_or_odd_or_out_of_shape(
    width: int, height: int, rate: Fraction
) -> None:
    rungs = ladder(width, height, rate)

    assert 1 <= len(rungs) <= 5
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert rung.width <= max(2, width)
        assert rung.height <= max(2, height)
        assert rung.name == f"{min(rung.width, rung.height)}p"
        # Off by no more than evening out and rounding a side.
        skew = abs(rung.width * height - rung.height * width)
        assert skew <= 2 * (width + height) + 2
        assert 150 <= rung.max_kbps <= 30_000
        assert 10 <= rung.level <= 62
    sizes = [rung.width * rung.height for rung in rungs]
    assert sizes == sorted(sizes, reverse=True)


def test_fast_pictures_get_more_bits_and_a_higher_level() -> None:
    slow, fast = ladder(1280, 720, Fraction(30))[0], ladder(1280, 720, Fraction(60))[0]

    assert fast.max_kbps > slow.max_kbps
    assert (slow.level, fast.level) == (31, 32)
    assert slow.codecs == "avc1.64001f"
