"""What an import wrote is taken back: what it made goes, what it changed becomes as it was. What
was changed since stays as it is, and is told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.crm.bulk import BulkStore
from functions.crm.csv_records import Piece
from functions.crm.model import CrmRecord
from functions.crm.piecework import Entry, Planned
from functions.shared.errors import FieldProblem, InvalidError

_ATTEMPTS = 4
Written = Mapping[str, Any] | None  # a row of the run's journal; None where nothing was written

_SINCE = {
    "edited_since": "The record was changed after the import, and stays as it is.",
    "deleted_since": "The record was deleted after the import.",
}


@dataclass(slots=True)
class Reverts:
    """The task of a revert; see `piecework.Task`. `journal` yields the entries of a piece of the
    run, from that which holds a row on."""

    store: BulkStore
    journal: Callable[[int, int], Iterator[Entry]]

    def rows(self, number: int, piece: Piece, after: int) -> Iterator[tuple[int, Written]]:
        del piece
        for entry in self.journal(number, after):
            written = {each["row"]: each for each in entry.rows}
            for row in range(max(entry.first, after), entry.end):
                yield row, written.get(row)

    def plan(self, rows: Sequence[tuple[int, Written]]) -> list[Planned]:
        known = self.store.by_id([each["id"] for _, each in rows if each is not None])
        return [self._planned(each, known) for _, each in rows]

    def again(
        self, row: int, source: Written, problem: FieldProblem | None, attempt: int
    ) -> Planned:
        if source is not None and problem is not None:
            return _kept(source, problem.code, problem.message)
        if source is not None and attempt >= _ATTEMPTS:
            return _kept(source, "conflict", "The record is being changed by others.")
        return self.plan([(row, source)])[0]

    def _planned(self, written: Written, known: Mapping[str, CrmRecord]) -> Planned:
        if written is None:
            return Planned("unchanged")
        record, was = known.get(written["id"]), written.get("was")
        if record is None:
            return Planned("reverted") if was is None else _kept(written, "deleted_since")
        if record.version != written["version"]:
            return _kept(written, "edited_since")
        try:
            if was is None:
                return Planned("reverted", self.store.death(record))
            writes = self.store.succession(record, self.store.restored(record, was))
            return Planned("reverted", writes)
        except InvalidError as error:
            return _kept(written, error.code, error.detail)


def _kept(written: Mapping[str, Any], code: str, message: str | None = None) -> Planned:
    fault = {
        "row": written["row"],
        "line": written["line"],
        "column": None,
        "code": code,
        "message": message or _SINCE[code],
        "value": written["id"],
    }
    return Planned("kept", faults=[fault])
