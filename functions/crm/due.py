"""When a task is due: an instant, or a day (and a time of day) where somebody lives.

A day is over at the midnight that ends it, there: 23, 24 or 25 hours after it began. Where the
clocks go forward, a time of day that does not exist is as much later as they go forward; where
they go back, one that comes twice is meant the first time.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions.shared.clock import NO_TIME, iso, parse

# What open tasks are asked for by (`agenda`): overdue ones come again under their day.
AGENDA = ("overdue", "today", "upcoming")

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
# Before it nobody sold anything on video; beyond it no scheduler takes a time.
FIRST_YEAR, LAST_YEAR = 1970, 2199
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
LONGEST_ZONE = 64


def instant(text: str) -> str:
    """Return an RFC 3339 time in the form of the wire (UTC, milliseconds); raises ValueError."""
    # fractions beyond microseconds are legal in RFC 3339, and cut off
    cut = re.sub(r"(\.\d{6})\d+", r"\1", text)
    if not _INSTANT.fullmatch(text):
        raise ValueError(NO_TIME)
    moment = parse(cut.upper())
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"A time lies in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return iso(moment)


def zone(name: str) -> str:
    """Return the name of an IANA time zone; raises ValueError when there is none of this name."""
    _zone(name)
    return name


def _zone(name: str) -> ZoneInfo:
    fault = "This is not a time zone of the IANA data base, such as 'Europe/Berlin'."
    if len(name) > LONGEST_ZONE or not _ZONE.fullmatch(name):
        raise ValueError(fault)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:  # a folder, such as 'Europe'
        raise ValueError(fault) from error


def day_over(day: str, time_zone: str) -> str:
    """Return the instant at which a day (`2026-11-22`) ends in a zone."""
    following = date.fromisoformat(day) + timedelta(days=1)
    return _at(datetime.combine(following, time()), time_zone)


def at_time(day: str, clock: str, time_zone: str) -> str:
    """Return the instant at which clocks in a zone show a time (`09:30`) on a day."""
    return _at(datetime.combine(date.fromisoformat(day), time.fromisoformat(clock)), time_zone)


def _at(wall: datetime, time_zone: str) -> str:
    return iso(wall.replace(tzinfo=_zone(time_zone)).astimezone(UTC))


def before(moment: str, minutes: int) -> str:
    """Return the instant so many minutes before another."""
    return iso(parse(moment) - timedelta(minutes=minutes))


def agenda(name: str, moment: datetime, time_zone: str) -> tuple[str | None, str | None]:
    """Return the instants behind and at which tasks are due that are overdue, due today, or later
    (of AGENDA) at `moment`, where the clocks show a zone's time; None: open.

    A task that is due at the midnight that ends a day belongs to that day, as one that is due on
    the day does.
    """
    if name == "overdue":
        return None, iso(moment)
    today = moment.astimezone(_zone(time_zone)).date()
    end = day_over(today.isoformat(), time_zone)
    if name == "upcoming":
        return end, None
    return _at(datetime.combine(today, time()), time_zone), end
