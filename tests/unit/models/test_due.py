"""Due dates are found as spoken and resolved against the day of the call, a Sunday."""

from datetime import date

import pytest

from infra.local.models.due import find_due

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "spoken", "day"),
    [
        ("I'll send it by Thursday", "by Thursday", "2026-11-26"),
        ("I'll send it by next Friday.", "by next Friday", "2026-11-27"),
        ("we decide before the end of the month", "before the end of the month", "2026-11-30"),
        ("you'll have it tomorrow morning", "tomorrow morning", "2026-11-23"),
        ("in two weeks", "in two weeks", "2026-12-06"),
        ("within 48 hours", "within 48 hours", "2026-11-24"),
        ("in five business days", "in five business days", "2026-11-27"),
        ("by the 3rd of December", "by the 3rd of December", "2026-12-03"),
        ("by December tenth", "by December tenth", "2026-12-10"),
        ("on the twenty-first of January", "on the twenty-first of January", "2027-01-21"),
        ("on December 4th, 2026", "on December 4th, 2026", "2026-12-04"),
        ("Thursday the 26th works", "Thursday the 26th", "2026-11-26"),
        ("early next week", "early next week", "2026-11-24"),
        ("Tuesday of next week", "Tuesday of next week", "2026-11-24"),
        ("by the 15th", "by the 15th", "2026-12-15"),
        ("by January 5", "by January 5", "2027-01-05"),
        ("by end of quarter", "by end of quarter", "2026-12-31"),
        ("by EOD Friday", "by EOD Friday", "2026-11-27"),
        ("by close of business tomorrow", "by close of business tomorrow", "2026-11-23"),
    ],
)
def test_a_spoken_date_becomes_a_day(text: str, spoken: str, day: str) -> None:
    due = find_due(text, SUNDAY)

    assert due is not None
    assert (due.text, due.on) == (spoken, date.fromisoformat(day))
    assert due.text in text


@pytest.mark.parametrize(
    "text",
    [
        "the plan is $1200 a month",
        "we meet every week",
        "May I ask you something",
        "we saw it in March",
        "on the 2nd floor",
        "what the team saved this year",
        "a start date of February 1st",
        "we have about 40 people",
    ],
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert find_due(text, SUNDAY) is None


def test_a_weekday_said_on_that_day_means_the_next_one_unless_it_is_this_one() -> None:
    friday = date(2026, 11, 27)

    assert find_due("by Friday", friday).on == date(2026, 12, 4)  # type: ignore[union-attr]
    assert find_due("this Friday", friday).on == friday  # type: ignore[union-attr]


def test_the_end_of_a_month_does_not_depend_on_its_length() -> None:
    due = find_due("in a month", date(2027, 1, 31))

    assert due is not None
    assert due.on == date(2027, 2, 28)
