"""When a task is due, wherever and whenever the clocks go forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm import due
from functions.shared.clock import iso, parse

ZONES = sorted(each for each in available_timezones() if each[0].isupper() and "/" in each)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-28", "Europe/Berlin", 24),
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-11-01", "America/New_York", 25),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2028-02-29", "UTC", 24),
    ],
)
def test_a_day_is_as_long_as_it_is_where_it_is_meant(day: str, zone: str, hours: float) -> None:
    before = (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()
    length = parse(due.day_over(day, zone)) - parse(due.day_over(before, zone))
    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "clock", "instant"),
    [
        ("2026-01-15", "09:30", "2026-01-15T08:30:00.000Z"),
        ("2026-07-15", "09:30", "2026-07-15T07:30:00.000Z"),
        ("2026-03-29", "02:30", "2026-03-29T01:30:00.000Z"),  # does not exist: 03:30
        ("2026-10-25", "02:30", "2026-10-25T00:30:00.000Z"),  # comes twice: the first
    ],
)
def test_a_time_of_day_is_that_of_the_clocks_there(day: str, clock: str, instant: str) -> None:
    assert due.at_time(day, clock, "Europe/Berlin") == instant


@given(st.sampled_from(ZONES), st.integers(157_766_400, 4_102_444_800))
def test_every_moment_lies_in_the_day_it_is_in(zone: str, moment: int) -> None:
    aware = datetime.fromtimestamp(moment, UTC)
    after, until = due.agenda("today", aware, zone)
    begins, ends = parse(str(after)), parse(str(until))
    assert begins <= aware < ends
    assert due.agenda("upcoming", aware, zone) == (until, None)
    assert due.agenda("overdue", aware, zone) == (None, iso(aware))
    assert aware.astimezone(ZoneInfo(zone)).date() == begins.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T21:59:17Z", "2026-11-22T21:59:17.000Z"),
        ("2026-11-22t21:59:17.1239z", "2026-11-22T21:59:17.123Z"),
        ("2026-11-22T23:59:17+02:00", "2026-11-22T21:59:17.000Z"),
        ("2026-11-22T21:59:17.123456789-00:00", "2026-11-22T21:59:17.123Z"),
    ],
)
def test_an_instant_is_read_however_rfc_3339_writes_it(text: str, instant: str) -> None:
    assert due.instant(text) == instant


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-22", "2026-11-22T21:59:17", "2026-11-22 21:59:17Z", "20261122T215917Z",
     "2026-13-01T00:00:00Z", "2026-11-22T24:01:00Z", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "2026-11-22T21:59:17+25:00", "now"],
)  # fmt: skip
def test_what_is_no_instant_of_our_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time"):
        due.instant(text)


@pytest.mark.parametrize(
    "name", ["", "Europe", "Mars/Base", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\0",
             "europe/berlin/../paris", "x" * 65, "Europe/Berlin "]
)  # fmt: skip
def test_what_is_no_zone_is_refused_and_no_file_is_looked_for(name: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        due.zone(name)
