"""The plan of an import's act: the pieces of the file, and the rows that are another row's twins.

It is made by one exact scan of the file and kept as a JSON object; every lane works by it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from functions.crm.csv_records import Piece, Record, cut
from functions.crm.file_doubles import Double, Doubles

PIECE_ROWS = 2_000
MAX_ROWS = 5_000_000
_ROW_BITS = 24  # of a packed twin: 16 million rows


class TooManyRowsError(Exception):
    """The file has more rows than an import may have."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`pieces` in the file's order; `twins` has, by piece, the rows whose match value stood in an
    earlier row, and that row's line; `doubles`, where they were looked for, the rows that an
    earlier row is like."""

    pieces: list[Piece]
    rows: int
    twins: Mapping[int, Mapping[int, int]]
    doubles: Mapping[int, Double] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "pieces": [list(piece) for piece in self.pieces],
            "twins": {
                str(piece): {str(row): line for row, line in rows.items()}
                for piece, rows in self.twins.items()
            },
            "doubles": {str(row): list(double) for row, double in self.doubles.items()},
        }

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            [Piece(*each) for each in value["pieces"]],
            value["rows"],
            {
                int(piece): {int(row): line for row, line in rows.items()}
                for piece, rows in value["twins"].items()
            },
            {int(row): Double(*each) for row, each in value.get("doubles", {}).items()},
        )


def make(
    records: Iterable[Record],
    key_of: Callable[[Record], str | None] | None,
    *,
    doubles: Doubles | None = None,
    piece_rows: int = PIECE_ROWS,
) -> Plan:
    """Scan a file's rows (without its header) once. `key_of` is the value by which a row finds its
    record, where a file may have it once; `doubles` looks for rows that are like earlier ones.

    Memory: about 60 bytes a row that has such a value, and what `doubles` takes. Raises
    TooManyRowsError.
    """
    marks: list[int] = []
    pieces = list(cut(_noted(records, key_of, doubles, marks), piece_rows))
    rows = pieces[-1].row + pieces[-1].rows - 1 if pieces else 0
    return Plan(pieces, rows, _twins(marks, piece_rows), doubles.found if doubles else {})


def _noted(
    records: Iterable[Record],
    key_of: Callable[[Record], str | None] | None,
    doubles: Doubles | None,
    marks: list[int],
) -> Iterator[Record]:
    for row, record in enumerate(records, start=1):
        if row > MAX_ROWS:
            raise TooManyRowsError
        if key_of is not None and (key := key_of(record)) is not None:
            digest = hashlib.blake2b(
                key.encode("utf-8", "surrogateescape"), digest_size=16
            ).digest()
            # the line is needed only of a first row: kept beside the row, in the same number
            marks.append(
                int.from_bytes(digest, "big") << (2 * _ROW_BITS + 8)
                | row << (_ROW_BITS + 8)
                | record.line
            )
        if doubles is not None:
            doubles.see(row, record)
        yield record


def _twins(marks: list[int], piece_rows: int) -> dict[int, dict[int, int]]:
    """Return, by piece, the rows that have an earlier row's value, with that row's line."""
    marks.sort()
    twins: dict[int, dict[int, int]] = {}
    line_mask, row_mask = (1 << (_ROW_BITS + 8)) - 1, (1 << _ROW_BITS) - 1
    digest, first_line = -1, 0
    for mark in marks:
        mine = mark >> (2 * _ROW_BITS + 8)
        if mine != digest:
            digest, first_line = mine, mark & line_mask
            continue
        row = mark >> (_ROW_BITS + 8) & row_mask
        twins.setdefault((row - 1) // piece_rows, {})[row] = first_line
    return twins


__all__ = ["MAX_ROWS", "PIECE_ROWS", "Plan", "TooManyRowsError", "make"]
