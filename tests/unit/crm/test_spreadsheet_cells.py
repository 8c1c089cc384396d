"""Cells that no spreadsheet runs, and that come back as they were."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from functions.crm.spreadsheet_cells import cell, escaped, lines, unescaped

RISKY = st.text(alphabet=list("'=+-@\t\r\nab\""), max_size=6)


@given(RISKY)
def test_escaping_is_undone_exactly_and_leaves_no_formula(text: str) -> None:
    safe = escaped(text)

    assert unescaped(safe) == text
    assert safe[:1] not in set("=+-@\t\r\n")


@given(st.lists(st.lists(RISKY, min_size=2, max_size=2), min_size=1, max_size=5))
def test_lines_are_csv(rows: list[list[str]]) -> None:
    found = list(csv.reader(io.StringIO(lines(rows), newline="")))

    assert [[unescaped(each) for each in row] for row in found] == rows


def test_numbers_stay_numbers() -> None:
    assert [cell(each) for each in (-5, 1.5, True, None, ["a", "b"])] == [
        "-5", "1.5", "true", "", "a; b",
    ]  # fmt: skip
