"""The order of cards in a column."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.ranks import DIGITS, LONGEST, between, newest, spread

NOW = 1_790_000_000_000  # Unix milliseconds, in 2026


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, not secret


@given(st.lists(st.integers(0, 10**6), max_size=120), st.integers(0, 2**32))
def test_wherever_cards_are_put_their_texts_sort_as_they_lie(places: list[int], seed: int) -> None:
    roll = dice(seed).randrange
    column: list[str] = [newest(NOW, roll)]
    for place in places:
        at = place % (len(column) + 1)
        before = column[at - 1] if at else None
        after = column[at] if at < len(column) else None
        column.insert(at, between(before, after, roll))
    assert column == sorted(column)
    assert len(set(column)) == len(column)
    assert all(set(each) <= set(DIGITS) and not each.endswith("0") for each in column)


@given(st.integers(0, 2**32), st.sampled_from(["top", "bottom"]))
def test_at_the_ends_of_a_column_texts_do_not_grow(seed: int, end: str) -> None:
    roll = dice(seed).randrange
    rank = newest(NOW, roll)
    for _ in range(500):
        moved = between(None, rank, roll) if end == "top" else between(rank, None, roll)
        assert (moved < rank) == (end == "top")
        rank = moved
    assert len(rank) == len(newest(NOW))


@given(st.integers(0, 2**32))
def test_into_one_gap_goes_a_card_about_every_sixth_of_a_digit(seed: int) -> None:
    roll = dice(seed).randrange
    low, high = newest(NOW, roll), newest(NOW - 60_000, roll)
    for _ in range(100):
        high = between(low, high, roll)
        assert low < high
    assert len(high) <= LONGEST


@given(st.integers(0, 2**32), st.integers(0, 60))
def test_spreading_makes_room_between_neighbours(seed: int, count: int) -> None:
    roll = dice(seed).randrange
    low, high = newest(NOW, roll), newest(NOW - 1, roll)
    ranks = list(spread(low, high, count, roll))
    whole = [low, *ranks, high]
    assert whole == sorted(set(whole))
    assert len(ranks) == count


def test_two_who_put_cards_into_one_place_make_different_texts() -> None:
    low, high = newest(NOW), newest(NOW - 1_000)
    assert len({between(low, high) for _ in range(50)}) > 45


def test_a_newer_card_lies_above_an_older_one() -> None:
    cards = [newest(NOW + n) for n in range(100)]
    assert cards == sorted(cards, reverse=True)


def test_between_equal_texts_there_is_no_room() -> None:
    rank = newest(NOW)
    with pytest.raises(ValueError, match="no room"):
        between(rank, rank)
