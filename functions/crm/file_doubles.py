"""Doubles within one file: rows of an import that are likely the same person or company as an
earlier row.

They are looked for where the file is scanned anyway, by one worker and row after row, so what is
said of a file is the same whatever its lanes do, and whenever it is run again. A row is compared,
by the traits that records are compared by (`likeness`), with earlier rows that share a blocking key
with it (`blocking`):

    of the rows before it    at least the WINDOW next to it (older ones are forgotten)
    of those                 the MAX_COMPARED that share the most telling keys, the nearest first;
                             of a key that more share, the BLOCK last
    rows that are looked at  the first MAX_LOOKED of a file

Beyond that a row is still compared with the records that are there, as soon as the index has heard
of them. Time: about 50 microseconds a row, and 20 for each other row that it is compared with.
Memory: about 2 KB for each of up to 2 x WINDOW rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from functions.crm.blocking import TELLING, Key, keys_of
from functions.crm.likeness import POSSIBLE, Similarity, Traits, compared

WINDOW = 25_000
BLOCK = 20
MAX_COMPARED = 10
MAX_LOOKED = 1_000_000


class Double(NamedTuple):
    """The earlier row that a row is most like: its line and number, the score, and the field that
    says most."""

    line: int
    row: int
    score: int
    field: str


class _Seen(NamedTuple):
    line: int
    traits: Traits


class Doubles:
    """Looks at the rows of one file, in their order. `fields_of` is what a row says of a record of
    this `kind`, None where it says nothing that can be understood."""

    def __init__(
        self,
        kind: str,
        fields_of: Callable[[Any], Mapping[str, Any] | None],
        similar: Similarity,
        *,
        window: int = WINDOW,
        most: int = MAX_LOOKED,
    ) -> None:
        self._kind = kind
        self._fields_of = fields_of
        self._similar = similar
        self._window = window
        self._most = most
        self.found: dict[int, Double] = {}
        # Two generations: when the younger one is full, the elder one is forgotten.
        self._rows: list[dict[int, _Seen]] = [{}, {}]
        self._blocks: list[dict[Key, list[int]]] = [{}, {}]

    def see(self, row: int, record: Any) -> None:
        """Look at a row, numbered from 1; `record` has its line."""
        if row > self._most:
            return
        fields = self._fields_of(record)
        if fields is None:
            return
        traits = Traits.of({**fields, "object": self._kind})
        keys = keys_of(traits)
        likest = self._likest(traits, keys)
        if likest is not None:
            self.found[row] = likest
        self._keep(row, _Seen(record.line, traits), keys)

    def _likest(self, traits: Traits, keys: Sequence[Key]) -> Double | None:
        weights: dict[int, int] = {}
        for key in keys:
            for block in self._blocks:
                for row in block.get(key, ()):
                    weights[row] = weights.get(row, 0) + TELLING[key.what]
        order = sorted(weights, key=lambda row: (-weights[row], -row))[:MAX_COMPARED]
        best: Double | None = None
        for row in sorted(order):
            line, other = self._rows[0].get(row) or self._rows[1][row]
            score, evidence = compared(traits, other, self._similar)
            if score >= POSSIBLE and (best is None or score > best.score):
                field = max(evidence, key=lambda each: (each.field != "record", each.points)).field
                best = Double(line, row, score, field)
        return best

    def _keep(self, row: int, seen: _Seen, keys: Sequence[Key]) -> None:
        if len(self._rows[1]) >= self._window:
            self._rows = [self._rows[1], {}]
            self._blocks = [self._blocks[1], {}]
        self._rows[1][row] = seen
        for key in keys:
            block = self._blocks[1].setdefault(key, [])
            block.append(row)
            if len(block) > BLOCK:
                del block[0]
