"""Time on the wire: RFC 3339, UTC, milliseconds, `Z`."""

from datetime import UTC, datetime

NO_TIME = "This is not a time such as '2026-11-22T21:59:17Z'."


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Format an aware time as `2026-11-22T21:59:17.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read an RFC 3339 time; raises ValueError, in the same words for whatever is wrong with it.

    Python's own words differ by the place at which it gave up, and repeat what was sent.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(NO_TIME) from None
    raise ValueError(NO_TIME)


def offset(ms: int, point: str = ".") -> str:
    """Return a place in a recording as WebVTT writes it, `01:02:03.004`; SubRip has a comma."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{rest:03d}"
