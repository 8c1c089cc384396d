"""Text and numbers as they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.folding import folded, ordered


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("ADA", "ada"), ("Müller", "muller"), ("Straße", "strasse"), ("Ångström", "angstrom"),
        ("Ελλάδα", "ελλαδα"), ("Øresund", "oresund"), ("Łódź", "lodz"), ("ﬁne", "fine"),
        ("ＡＢＣ", "abc"), ("がく", "がく"), ("한국", "한국"),
        ("हिन्दी", "हिन्दी"), ("İstanbul", "istanbul"),
    ],
)  # fmt: skip
def test_texts_are_compared_without_case_and_without_the_marks_that_people_leave_out(
    written: str, compared: str
) -> None:
    assert folded(written) == compared


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_upper_and_lower_case_are_the_same(text: str) -> None:
    assert folded(folded(text).upper()) == folded(folded(text).upper().lower())


_NUMBERS = st.floats(allow_nan=False) | st.integers(-(2**53), 2**53).map(float)


@given(_NUMBERS, _NUMBERS)
def test_written_numbers_sort_as_the_numbers_do(one: float, other: float) -> None:
    assert (ordered(one) < ordered(other)) == (one < other)
    assert (ordered(one) == ordered(other)) == (one == other)
