"""What sort of CSV file this is, from its beginning: encoding, delimiter, quote, header.

**Encoding.** A byte order mark says it. Else what decodes strictly as UTF-8 is UTF-8: text in
another encoding hardly ever does. Else, when most of the lines that are not plain ASCII are UTF-8,
the file is UTF-8 with lines in it that are not (they are told apart row by row later). Only the
rest is guessed, by a library (`Guess`).

**Delimiter and quote.** Each candidate reads the sample as the import will read it (`csv_records`),
and the one wins whose records agree best on a number of columns; so what is detected is what works,
quoted delimiters and line ends included. Python's own csv.Sniffer decides by the frequency of
characters and errs on short and on quoted files; CleverCSV would do well but takes seconds for a
sample and brings five packages along.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from functions.crm.csv_records import Format, narrowed, read

SAMPLE = 1 << 20  # bytes that detection looks at
SHOWN = 5  # sample values of each column
_LOOKED_AT = 500  # records
DELIMITERS = (",", ";", "\t", "|")
# a cell that is quoted by this or that, between delimiters or line ends
_DOUBLE = re.compile(rb'(?:^|[,;\t|\r\n])"[^"]*"(?=[,;\t|\r\n]|$)')
_SINGLE = re.compile(rb"(?:^|[,;\t|\r\n])'[^']*'(?=[,;\t|\r\n]|$)")
WIDE = {"utf-16-le", "utf-16-be"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

Guess = Callable[[bytes], str | None]  # the name of a codec, None where nothing fits


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file is like. `encoding` is the file's own, `shape` how its records are read (from
    UTF-8, where the file is in UTF-16)."""

    encoding: str
    bom: int  # bytes of the byte order mark
    mixed: bool  # some lines of the sample are not in `encoding`
    shape: Format
    header: bool
    columns: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]  # of each column, different ones
    rows_estimate: int


class UnreadableError(Exception):
    """This is no CSV file; `code` and the sentence say why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def detect(
    sample: bytes,
    size: int,
    guess: Guess,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    header: bool | None = None,
) -> Detected:
    """Return what a file of `size` bytes is like that begins with `sample`; what is given is not
    detected. Raises UnreadableError for what is empty or no text."""
    whole = len(sample) >= size
    if not sample.strip():
        raise UnreadableError("empty_file", "The file is empty.")
    bom, found, mixed = _encoding(sample, guess, whole=whole)
    own = encoding or found
    text = sample[bom:]
    if own in WIDE:
        text = b"".join(narrowed([text], own))
    if not whole:  # the last line may be half of one
        text = text[: text.rfind(b"\n") + 1] or text
    if text.count(b"\0") > len(text) // 100:
        raise UnreadableError("not_text", "This is not a text file; is it a spreadsheet or an "
                              "archive? Save it as CSV.")  # fmt: skip
    reading = "utf-8" if own in WIDE else own
    shape = _shape(text, Format(reading, 0 if own in WIDE else bom), delimiter, quote)
    records = [each.cells for each in islice(read([text], shape), _LOOKED_AT) if not each.fault]
    if not records:
        raise UnreadableError("no_records", "The file has no readable line.")
    named = looks_like_header(records) if header is None else header
    columns = records[0] if named else [f"Column {n + 1}" for n in range(len(records[0]))]
    rows = records[1:] if named else records
    return Detected(
        encoding=own,
        bom=bom,
        mixed=mixed and encoding in (None, found),
        shape=shape,
        header=named,
        columns=tuple(_shown(name) or f"Column {n + 1}" for n, name in enumerate(columns)),
        samples=tuple(_samples(rows, position) for position in range(len(columns))),
        rows_estimate=_estimate(text, shape, size, header=named, whole=whole, wide=own in WIDE),
    )


def looks_like_header(records: Sequence[Sequence[str]]) -> bool:
    """Say whether the first record names columns: all different, nothing like a value, and not
    found again below."""
    first = [cell.strip() for cell in records[0]]
    if not any(first) or len({cell.lower() for cell in first if cell}) < sum(map(bool, first)):
        return False
    if any(_VALUE.search(cell) for cell in first):
        return False
    below = [set(column) for column in zip(*(r for r in records[1:50] if len(r) == len(first)),
                                           strict=False)]  # fmt: skip
    return not any(cell and cell in column for cell, column in zip(first, below, strict=False))


# e-mail addresses, numbers, dates and telephone numbers are no names of columns
_VALUE = re.compile(r"@|^[-+(]?[\d\s().,/:-]{2,}$|^\d+$|://")


def _encoding(sample: bytes, guess: Guess, *, whole: bool) -> tuple[int, str, bool]:
    for mark, name in _BOMS:
        if sample.startswith(mark):
            mixed = name == "utf-8" and not _strictly(sample[len(mark) :], whole=whole)
            return len(mark), name, mixed
    if _strictly(sample, whole=whole):
        return 0, "utf-8", False
    if (wide := _unmarked_wide(sample)) is not None:
        return 0, wide, False
    lines = [line for line in sample.splitlines()[: None if whole else -1] if not line.isascii()]
    good = sum(_strictly(line, whole=True) for line in lines)
    if good * 2 >= len(lines):
        return 0, "utf-8", True
    return 0, guess(sample) or "cp1252", False


def _unmarked_wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of mostly Latin text is 0."""
    head = sample[: 4096 // 2 * 2]
    if head[1::2].count(0) * 2 > len(head[1::2]):
        return "utf-16-le"
    if head[0::2].count(0) * 2 > len(head[0::2]):
        return "utf-16-be"
    return None


def _strictly(sample: bytes, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _shape(text: bytes, base: Format, delimiter: str | None, quote: str | None) -> Format:
    candidates = [
        Format(base.encoding, base.bom, each, mark)
        for mark in [_quote(text) if quote is None else quote]
        for each in ([delimiter] if delimiter is not None else DELIMITERS)
        if each != mark
    ]
    if len(candidates) == 1:
        return candidates[0]
    # the first of equals: what is usual comes first
    return max(candidates, key=lambda each: _score(text, each))


def _quote(text: bytes) -> str:
    """Return the quote: apostrophes only where several cells are in them, and none in others."""
    head = text[: 1 << 16]
    apostrophes = len(_SINGLE.findall(head)) > 2 and not _DOUBLE.search(head)
    return "'" if apostrophes else '"'


def _score(text: bytes, shape: Format) -> float:
    """Rate a reading by how much its records agree: 0 for one column, near 1 for many records of
    the same several columns."""
    records = list(islice(read([text], shape), 200))
    widths = Counter(len(each.cells) for each in records if not each.fault)
    if not widths:
        return -1.0
    width, times = max(widths.items(), key=lambda item: (item[1], item[0]))
    agreement = times / len(records)
    score = agreement * (1 - 1 / width) if width > 1 else 0.0
    return score if _cleanly_quoted(text, shape) else score / 2


def _cleanly_quoted(text: bytes, shape: Format) -> bool:
    """Say whether every quote that ends stands before a delimiter or a line's end."""
    lines = io.StringIO(text.decode(shape.encoding, "surrogateescape"), newline="")
    if not shape.quote:
        return True
    reader = csv.reader(lines, delimiter=shape.delimiter, quotechar=shape.quote, strict=True)
    try:
        for _ in islice(reader, 200):
            pass
    except csv.Error:
        return False
    return True


def _estimate(
    text: bytes, shape: Format, size: int, *, header: bool, whole: bool, wide: bool
) -> int:
    last, rows = 0, 0
    for each in read([text], shape):
        last, rows = each.end, rows + 1
    if not whole and last:
        rows = round(rows * (size - shape.bom) / (last * (2 if wide else 1)))
    return max(0, rows - header)


def _samples(rows: Sequence[Sequence[str]], position: int) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for row in rows:
        if position < len(row) and (value := _shown(row[position])):
            seen[value] = None
        if len(seen) == SHOWN:
            break
    return tuple(seen)


def _shown(cell: str) -> str:
    """Return a cell's text for people: short, without what does not print."""
    text = "".join(c if c.isprintable() else " " for c in cell[:200].strip())
    return text.encode("utf-8", "replace").decode()[:100]


__all__ = ["SAMPLE", "Detected", "UnreadableError", "detect", "looks_like_header"]
