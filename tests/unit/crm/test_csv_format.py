"""What sort of file it is: encoding, delimiter, quote, header."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.charset_normalizer import guess
from functions.crm.csv_format import Detected, UnreadableError, detect

TEXT = 'Name;E-Mail;Notes\nJürgen Groß;j@example.com;"says; ""yes"""\nZoë;z@example.com;\n'
WORD = st.text(alphabet="abcdefgh ,;|\t\"'\n", min_size=1, max_size=8)


def looked(data: bytes, **told: object) -> Detected:
    return detect(data, len(data), guess, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_are_told_apart(data: bytes, encoding: str) -> None:
    found = looked(data)

    assert (found.encoding, found.mixed) == (encoding, False)
    assert found.columns == ("Name", "E-Mail", "Notes")
    assert found.samples[0] == ("Jürgen Groß", "Zoë")
    assert found.samples[2] == ('says; "yes"',)
    assert found.shape.delimiter == ";"


def test_a_file_of_utf_8_with_other_lines_in_it_is_utf_8() -> None:
    found = looked(TEXT.encode() + "Grüße;g@example.com;\n".encode("cp1252"))

    assert (found.encoding, found.mixed) == ("utf-8", True)


@given(st.lists(st.lists(WORD, min_size=3, max_size=3), min_size=3, max_size=20),
       st.sampled_from(",;\t|"))  # fmt: skip
def test_the_delimiter_is_found_behind_any_quoting(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)

    assert looked(text.getvalue().encode(), header=False).shape.delimiter == delimiter


def test_a_single_column_is_no_matter_of_delimiters() -> None:
    found = looked(b"name\nAda\nSmith, John\nBarbara\n")

    assert found.columns == ("name",)


def test_apostrophes_quote_where_they_are_around_cells() -> None:
    found = looked(b"'a','b, c'\n'd','e, f'\n'g','h, i'\n", header=False)

    assert (found.shape.quote, len(found.columns)) == ("'", 2)


def test_what_looks_like_values_is_no_header() -> None:
    assert looked(b"Ada,ada@example.com\nBo,bo@example.com\n").header is False
    assert looked(b"Name,Mail\nAda,ada@example.com\n").header is True


def test_rows_are_estimated_from_a_sample() -> None:
    data = b"name,email\n" + b"Ada,ada@example.com\n" * 10_000
    found = detect(data[:20_000], len(data), guess)

    assert abs(found.rows_estimate - 10_000) < 100


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"  \n ", "empty_file"), (b"PK\x03\x04" + b"\0\1" * 500, "not_text")],
)
def test_what_is_no_csv_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        looked(data)

    assert refused.value.code == code
