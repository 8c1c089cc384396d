"""Time on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.clock import NO_TIME, iso, now, parse


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert iso(datetime(2026, 11, 22, 22, 59, 17, 123_999, berlin)) == "2026-11-22T21:59:17.123Z"


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_written_time_reads_as_itself_to_the_millisecond(moment: datetime) -> None:
    assert parse(iso(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(st.lists(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001
def test_written_times_sort_as_times(moments: list[datetime]) -> None:
    assert sorted(map(iso, moments)) == [iso(each) for each in sorted(moments)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-22T21:59:17",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+10:00",  # before the first year that there is
        "CON_01M889TGHPE82S9G29YBPNAJEB",  # Python has other words for an id with a T here
        "CON_01M889G0HTE82S9G29YBPNAJEB",
    ],
)
def test_what_is_no_time_or_has_no_offset_is_refused_in_the_same_words(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words follow
        parse(text)
    assert str(caught.value) == NO_TIME


def test_now_is_aware() -> None:
    assert now().utcoffset() == timedelta(0)
