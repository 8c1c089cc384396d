"""The records of a CSV file, and where each lies in it: exactly as Python's csv module reads them.

The file is read once, front to back, in constant memory. Every record says which bytes it takes, so
a file can be cut between two records and each piece read on its own with the same result, whatever
is quoted: no guess at a line's end ever has to be right.

What cannot be read is a record with a `fault`, never an exception and never silence:

    unclosed_quote      a quoted cell that does not end within MAX_CELL characters, or at all. The
                        line it begins in is the faulty record; reading goes on with the next line
    record_too_long     a line of more than MAX_LINE bytes, a cell of more than MAX_CELL

Bytes that the encoding has no characters for become lone surrogates (U+DC80 to U+DCFF, PEP 383), so
they survive until somebody says what is to become of them (`undecodable`).
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

MAX_CELL = 1 << 20  # characters
MAX_LINE = 1 << 22  # bytes

csv.field_size_limit(MAX_CELL)


@dataclass(frozen=True, slots=True)
class Format:
    """How a file's bytes are to be read: `encoding` is the name of a codec that has ASCII's line
    ends (UTF-16 is brought to UTF-8 first, by `narrowed`), `bom` the bytes of the byte order mark
    before the first record; an empty `quote` means that nothing is quoted."""

    encoding: str = "utf-8"
    bom: int = 0
    delimiter: str = ","
    quote: str = '"'


class Record(NamedTuple):
    """One record: the line it begins in (from 1), its bytes from `start` up to `end`, its cells."""

    line: int
    start: int
    end: int
    cells: list[str]
    fault: str | None = None


class Piece(NamedTuple):
    """A run of whole records: bytes from `start` up to `end`; `line` is its first line, `row` the
    number of its first record among all, `rows` how many there are."""

    start: int
    end: int
    line: int
    row: int
    rows: int


class _Line(NamedTuple):
    text: str
    size: int  # bytes
    too_long: bool = False


class _Feed:
    """Hands lines to csv.reader and keeps those of the record that is being read."""

    def __init__(self, lines: Iterator[_Line]) -> None:
        self._lines = lines
        self._again: deque[_Line] = deque()
        self.taken: list[_Line] = []
        self.ended = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.ended = True
                raise
        self.taken.append(line)
        return line.text

    def give_back(self) -> None:
        """Let all lines of this record but the first be read again."""
        self.ended = False
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def read(
    blocks: Iterable[bytes], shape: Format, *, line: int = 1, offset: int = 0
) -> Iterator[Record]:
    """Yield the records of a file, or of a piece of it that begins with byte `offset` in `line`.
    Blank lines are no records. A byte order mark is not part of `blocks`."""
    feed = _Feed(_lines(blocks, shape.encoding))
    reader = _reader(feed, shape)
    while True:
        cells, fault = [], None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fault = "unclosed_quote" if len(feed.taken) > 1 else "record_too_long"
        taken = feed.taken
        fault = fault or _fault(feed)
        if fault is not None:
            cells = []
            feed.give_back()
            reader = _reader(feed, shape)
        size = taken[0].size if len(taken) == 1 else sum(each.size for each in taken)
        if cells or fault is not None:
            yield Record(line, offset, offset + size, cells, fault)
        line += len(taken)
        offset += size
        taken.clear()


def _fault(feed: _Feed) -> str | None:
    """Return what is wrong with a record that csv.reader has taken."""
    if feed.ended and feed.taken:
        return "unclosed_quote"  # the file ended inside a quoted cell
    if len(feed.taken) == 1:  # by far the most
        return "record_too_long" if feed.taken[0].too_long else None
    return "unclosed_quote" if any(each.too_long for each in feed.taken) else None


def cut(records: Iterable[Record], rows: int) -> Iterator[Piece]:
    """Yield the pieces of a file: at most `rows` records each."""
    records, row = iter(records), 1
    while some := list(islice(records, rows)):
        yield Piece(some[0].start, some[-1].end, some[0].line, row, len(some))
        row += len(some)


def undecodable(text: str) -> bool:
    """Say whether some bytes of a cell were none of the encoding's."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def rescued(text: str, shape: Format, fallback: str) -> str | None:
    """Return an undecodable cell's text as another encoding reads its bytes; None when that has no
    characters for them either."""
    try:
        return text.encode(shape.encoding, "surrogateescape").decode(fallback)
    except UnicodeError:
        return None


def _reader(feed: _Feed, shape: Format) -> Iterator[list[str]]:
    if shape.quote:
        return csv.reader(feed, delimiter=shape.delimiter, quotechar=shape.quote)
    return csv.reader(feed, delimiter=shape.delimiter, quoting=csv.QUOTE_NONE, quotechar=None)


def narrowed(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a file in UTF-16 as UTF-8. What is no character stays none: a lone surrogate becomes
    bytes that UTF-8 does not know, half a character at the very end is dropped."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")


def _lines(blocks: Iterable[bytes], encoding: str) -> Iterator[_Line]:
    """Yield the lines, each with its end: \\n, \\r\\n or \\r and nothing else."""
    for raw, size in _raw_lines(blocks):
        yield _Line(raw.decode(encoding, "surrogateescape"), size, size != len(raw))


def _raw_lines(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield lines with their sizes; of one that is too long the size alone."""
    rest, skipped = b"", 0
    for block in blocks:
        lines = (rest + block).splitlines(keepends=True)
        # what may go on in the next block: no end yet, or a \r that may be half of one
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            if skipped or len(line) > MAX_LINE:
                yield b"\n", skipped + len(line)
                skipped = 0
            else:
                yield line, len(line)
        if len(rest) > MAX_LINE:
            skipped += len(rest) - 1
            rest = rest[-1:]
    if skipped:
        yield b"\n", skipped + len(rest)
    elif rest:
        yield rest, len(rest)
