"""Ids: shaped, typed, sortable by time, and never the same twice."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.ids import is_id, new_id, uuid7

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def test_an_id_is_a_prefix_and_26_characters_safe_in_urls() -> None:
    assert re.fullmatch(r"con_[0-9a-hjkmnp-tv-z]{26}", new_id("con"))


def test_a_uuid_has_version_7_and_the_present_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    value = uuid7()
    after = time.time_ns() // 1_000_000
    assert before <= value >> 80 <= after
    assert (value >> 76 & 0xF, value >> 62 & 0b11) == (7, 0b10)


def test_an_id_is_its_uuid_in_base_32() -> None:
    body = new_id("con").removeprefix("con_")
    value = 0
    for character in body:
        value = value << 5 | _CROCKFORD.index(character)
    assert value >> 128 == 0
    assert (value >> 76 & 0xF, value >> 62 & 0b11) == (7, 0b10)


def test_ids_sort_as_they_were_made_across_milliseconds() -> None:
    made = []
    for _ in range(5):
        made.append(new_id("con"))
        beat = time.time_ns() // 1_000_000
        while time.time_ns() // 1_000_000 == beat:
            pass  # to the next millisecond: within one the order is random
    assert made == sorted(made)


def test_ten_thousand_ids_are_ten_thousand() -> None:
    assert len({new_id("con") for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "text",
    ["", "con", "con_", "con_" + "0" * 25, "con_" + "0" * 27, "con_" + "u" * 26, "com_" + "0" * 26,
     "CON_" + "0" * 26, "con_" + "A" * 26, "con__" + "0" * 25, " con_" + "0" * 26,
     "con_" + "0" * 26 + "\n", "con_" + "٠" * 26],
)  # fmt: skip
def test_what_has_another_shape_is_no_id(text: str) -> None:
    assert not is_id(text, "con")


@given(st.text())
def test_any_text_is_judged_without_failing(text: str) -> None:
    assert is_id(text, "con") == bool(re.fullmatch(r"con_[0-9a-hjkmnp-tv-z]{26}", text))
