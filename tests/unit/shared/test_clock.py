"""Time on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.clock import iso, now, parse


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert iso(datetime(2026, 11, 22, 22, 59, 17, 123_999, berlin)) == "2026-11-22T21:59:17.123Z"


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_written_time_reads_as_itself_to_the_millisecond(moment: datetime) -> None:
    assert parse(iso(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(st.lists(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001
def test_written_times_sort_as_times(moments: list[datetime]) -> None:
    assert sorted(map(iso, moments)) == [iso(each) for each in sorted(moments)]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22T21:59:17", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_or_has_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        parse(text)


def test_now_is_aware() -> None:
    assert now().utcoffset() == timedelta(0)
