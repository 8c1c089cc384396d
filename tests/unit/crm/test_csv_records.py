"""Records of a CSV file: just as Python's csv module reads them, however the file is cut."""

import csv
import io
import itertools

from hypothesis import given
from hypothesis import strategies as st

from functions.crm.csv_records import Format, Record, cut, narrowed, read, rescued, undecodable

CELLS = st.text(alphabet=list("ab,;\"'\n\r\t é😀\0"), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)


def written(rows: list[list[str]], ending: str = "\r\n") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=ending).writerows(rows)
    return text.getvalue()


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def cells(data: bytes, size: int = 1 << 16, **more: int) -> list[list[str]]:
    return [each.cells for each in read(blocks(data, size), Format(), **more)]


def theirs(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 7))
def test_what_was_written_is_read_whatever_the_blocks(
    rows: list[list[str]], ending: str, size: int
) -> None:
    text = written(rows, ending)

    assert cells(text.encode(), size) == theirs(text)


@given(ROWS, st.integers(1, 4), st.integers(1, 7))
def test_pieces_read_alone_are_the_whole(rows: list[list[str]], most: int, size: int) -> None:
    data = written(rows).encode()
    whole = list(read(blocks(data, size), Format()))

    pieces = list(cut(whole, most))
    again: list[Record] = []
    for piece in pieces:
        part = data[piece.start : piece.end]
        again += read(blocks(part, size), Format(), line=piece.line, offset=piece.start)

    assert again == whole
    assert [piece.row for piece in pieces] == [1 + most * n for n in range(len(pieces))]


@given(st.text(alphabet=list('a,"\n\r'), max_size=40), st.integers(1, 5), st.integers(1, 3))
def test_any_text_is_read_to_its_end_and_pieces_agree(text: str, size: int, most: int) -> None:
    """Unclosed quotes and all: every line is in one record, faulty or not, or is blank."""
    data = text.encode()
    whole = list(read(blocks(data, size), Format()))
    again = [
        record
        for piece in cut(whole, most)
        for record in read(
            [data[piece.start : piece.end]], Format(), line=piece.line, offset=piece.start
        )
    ]

    assert again == whole
    assert all(one.end <= other.start for one, other in itertools.pairwise(whole))
    between = bytearray(data)
    for record in reversed(whole):
        del between[record.start : record.end]
    assert not between.strip(b"\r\n")


@given(st.text(alphabet=list("aé😀\n"), max_size=20), st.integers(1, 5))
def test_utf_16_is_brought_to_utf_8(text: str, size: int) -> None:
    data = b"".join(narrowed(blocks(text.encode("utf-16-le"), size), "utf-16-le"))

    assert data.decode() == text


def test_an_unclosed_quote_is_a_fault_of_its_line_alone() -> None:
    data = b'a,b\n"open,1\nc,2\nd,3\n'

    found = list(read([data], Format()))

    assert [(each.line, each.fault) for each in found] == [
        (1, None), (2, "unclosed_quote"), (3, None), (4, None),
    ]  # fmt: skip


def test_a_line_without_end_takes_no_memory_and_is_one_fault() -> None:
    long = (b"x" * (1 << 20) for _ in range(9))

    def sent() -> list[bytes]:
        return [b"a,b\n", *long, b"\nc,d\n"]

    found = list(read(sent(), Format()))

    assert [each.fault for each in found] == [None, "record_too_long", None]
    assert found[2].start == 4 + 9 * (1 << 20) + 1
    assert (found[2].line, found[2].cells) == (3, ["c", "d"])


def test_bytes_that_are_no_text_survive_and_can_be_read_otherwise() -> None:
    (record,) = read([b"J\xfcrgen,ok\n"], Format())

    assert [undecodable(cell) for cell in record.cells] == [True, False]
    assert rescued(record.cells[0], Format(), "cp1252") == "Jürgen"
    assert rescued("\udc81", Format(), "cp1252") is None
