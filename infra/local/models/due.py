"""Due dates as people say them ("by next Friday", "the 3rd of May") made into calendar days."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import dateparser  # type: ignore[import-untyped,unused-ignore]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "couple of": 2, "a couple of": 2, "a few": 3,
}  # fmt: skip
_LEAD = (
    r"(?:(?:by|before|on|until|till|no later than|not later than|due|within|around|for) )?(?:the )?"
)
_CLOSE = r"(?:(?:end of (?:the )?day|eod|close of business|cob) (?:on )?)?"
_ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first
    twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth
    twenty-ninth thirtieth thirty-first
"""
_ORDINAL = {word: number for number, word in enumerate(_ORDINALS.split(), start=1)}
_SPELLED = re.compile(
    rf"(?:{'|'.join(sorted((w.replace('-', '[- ]') for w in _ORDINAL), key=len, reverse=True))})",
    re.IGNORECASE,
)
_DOM = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{_SPELLED.pattern})"
# "a start date of February 1st" is what the thing says, not when it is due.
_CONTENT = re.compile(
    r"\b(?:date|dated|of|from|since|starting|start|effective|than) $", re.IGNORECASE
)
_FRIDAY = 4


@dataclass(frozen=True)
class Due:
    """The words that name a day, and the day; `on` is None when no calendar can tell."""

    text: str
    on: date | None


def find_due(text: str, today: date) -> Due | None:
    """The first due date named in a sentence, resolved against `today`; None when there is none."""
    found: list[tuple[int, int, Due]] = []
    for rank, (pattern, resolve) in enumerate(_RULES):
        for match in pattern.finditer(text):
            on = resolve(match, today)
            if on is None:
                continue
            if _CONTENT.search(text[: match.start()]):
                # No later rule may find a piece of it either.
                text = text[: match.start()] + " " * len(match.group(0)) + text[match.end() :]
                continue
            found.append((match.start(), rank, Due(_trimmed(match.group(0)), on)))
            break
    # Earlier in the sentence wins; at one place the more exact rule does.
    return min(found, key=lambda one: (one[0], one[1]))[2] if found else None


def _trimmed(text: str) -> str:
    return text.strip(" ,.;?!").removeprefix("for ")


def _weekday(match: re.Match[str], today: date) -> date:
    wanted = _DAYS.index(match["day"].lower())
    which = (match["which"] or "").lower()
    if which in ("next", "the following"):
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=7 + wanted)
    ahead = (wanted - today.weekday()) % 7
    if ahead == 0 and which != "this":
        ahead = 7
    if match["week"]:
        # "Monday week", "Tuesday of next week"
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=7 + wanted)
    return today + timedelta(days=ahead)


def _near_day(match: re.Match[str], today: date) -> date:
    word = match["near"].lower()
    if word.startswith("day after"):
        return today + timedelta(days=2)
    return today + timedelta(days=1) if word.startswith("tomorrow") else today


def _period(match: re.Match[str], today: date) -> date:
    """The last working day of a named week, month, quarter or year, or its start or middle."""
    step = 1 if (match["which"] or "").lower() in ("next", "the following", "following") else 0
    part = (match["part"] or "").lower()
    unit = match["unit"].lower()
    if unit == "week":
        return _in_week(today, step, part)
    if unit == "day":
        return today
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (today.month - 1) // months * months + months * (step + 1)
    year, month = today.year + (first - 1) // 12, (first - 1) % 12 + 1
    if part in ("start of", "beginning of", "early"):
        return date(year, month, 1)
    if part in ("middle of", "mid") and unit == "month":
        return date(year, month, 15)
    return date(year, month, monthrange(year, month)[1])


def _named_period(match: re.Match[str], today: date) -> date | None:
    which, part = (match["which"] or "").lower(), (match["part"] or "").lower()
    whole = part.endswith(" of")
    # "what we saved this year" names no due date, "by the end of this year" does.
    if which == "this" and match["unit"].lower() != "week" and not whole:
        return None
    if not whole and which not in ("next", "this", "the following", "following"):
        return None
    return _period(match, today)


def _in_week(today: date, step: int, part: str) -> date:
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * step)
    if part in ("start of", "beginning of"):
        return monday
    if part == "early":
        return monday + timedelta(days=1)
    if part in ("middle of", "mid"):
        return monday + timedelta(days=2)
    friday = monday + timedelta(days=_FRIDAY)
    return friday if friday >= today else friday + timedelta(days=7)


def _amount(match: re.Match[str], today: date) -> date | None:
    word = " ".join(match["count"].lower().split())
    count = int(word) if word.isdigit() else _NUMBER.get(word)
    if count is None or count > 400:
        return None
    unit = match["unit"].lower()
    if unit == "business day":
        day = today
        while count:
            day += timedelta(days=1)
            count -= day.weekday() <= _FRIDAY
        return day
    if unit == "hour":
        return today + timedelta(days=-(-count // 24) if count >= 24 else 0)
    if unit == "month":
        month = today.month - 1 + count
        year, month = today.year + month // 12, month % 12 + 1
        return date(year, month, min(today.day, monthrange(year, month)[1]))
    return today + timedelta(days=count * {"day": 1, "week": 7, "year": 365}[unit])


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    day = int(match["dom"])
    year, month = today.year, today.month
    for _ in range(12):
        if 1 <= day <= monthrange(year, month)[1] and date(year, month, day) >= today:
            return date(year, month, day)
        year, month = year + month // 12, month % 12 + 1
    return None


def _absolute(match: re.Match[str], today: date) -> date | None:
    said = _SPELLED.sub(
        lambda spelled: str(_ORDINAL[spelled[0].lower().replace(" ", "-")]), match["absolute"]
    )
    parsed = dateparser.parse(
        re.sub(r"\b(?:the|of)\b", " ", said),
        languages=["en"],
        settings={
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": datetime(today.year, today.month, today.day, tzinfo=UTC).replace(
                tzinfo=None
            ),
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return parsed.date() if isinstance(parsed, datetime) else None


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_DAY_NAME = r"(?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_SKIPPED_DAY = r"(?:(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday),? (?:the )?)?"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date | None]], ...] = (
    (
        _rule(
            rf"\b{_LEAD}{_SKIPPED_DAY}"
            rf"(?P<absolute>{_DOM} (?:of )?{_MONTH}\b(?:,? \d{{4}})?"
            rf"|{_MONTH} (?:the )?{_DOM}\b(?:,? \d{{4}})?"
            r"|\d{4}-\d{2}-\d{2})"
        ),
        _absolute,
    ),
    (
        _rule(
            rf"\b{_LEAD}{_SKIPPED_DAY}(?P<dom>[0-3]?\d)(?:st|nd|rd|th)\b(?! (?:floor|street|time))"
        ),
        _day_of_month,
    ),
    (
        _rule(
            r"\b(?:by|before|on|until|for|within)? ?(?:the )?(?P<part>end of|start of|beginning of|"
            r"middle of|early|mid|late|later)?-? ?"
            r"(?P<which>next|this|the following|following|the)? ?"
            r"\b(?P<unit>week|month|quarter|year)\b(?<!a week)(?<!per week)(?<!a month)(?<!a year)"
        ),
        _named_period,
    ),
    (
        _rule(
            rf"\b{_LEAD}{_CLOSE}(?P<which>next|this|coming|the following)? ?{_DAY_NAME}\b"
            r"(?P<week> week| of next week| next week)?(?: (?:morning|afternoon|evening|night))?"
        ),
        _weekday,
    ),
    (
        _rule(
            rf"\b{_LEAD}{_CLOSE}"
            r"(?P<near>day after tomorrow|tomorrow|today|tonight|end of (?:the )?day|eod|"
            r"this (?:morning|afternoon|evening)|close of business|cob)\b"
            r"(?: (?:morning|afternoon|evening|night))?"
        ),
        _near_day,
    ),
    (
        _rule(
            r"\b(?:with)?in (?:the next |about |around )?"
            r"(?P<count>\d{1,3}|a couple of|couple of|a few|"
            r"an?|one|two|three|four|five|six|seven|eight|nine|ten) "
            r"(?P<unit>business day|hour|day|week|month|year)s?\b(?:'? time)?"
        ),
        _amount,
    ),
)
