"""An act of an import is over: its report is written, and the import says what came of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from functions.crm import spreadsheet_cells
from functions.crm.exchange_keys import report_key
from functions.crm.jobs import Import, ImportState, Reason, RowFault, Tally
from functions.crm.piecework import Cursor, Entry

SHOWN = 20  # faults that the import itself shows
_HEAD = (
    "row", "line", "column", "column_name", "code", "message", "value", "severity", "candidates",
)  # fmt: skip
_REASONS = {
    "too_many_rows": "The file has more than 5,000,000 rows; send it in parts.",
    "error": "Something went wrong on our side; `resume` goes on with what is not done yet.",
}


class Journal(Protocol):
    """See `dynamodb_jobs.Ledger`."""

    def progress(self) -> Tally: ...
    def cursors(self) -> dict[int, Cursor]: ...
    def entries(self, piece: int, after: int = 0) -> Iterator[Entry]: ...


@dataclass(slots=True)
class Ending:
    """What an act came to."""

    job: Import
    workspace: str
    journal: Journal
    write: Callable[[str, Iterable[bytes], str], int]

    def result(self, problem: str | None) -> tuple[Import, str]:
        """Return the import as it is after its act, and the name of the event. `problem` is why the
        act did not come to its end."""
        job = self.job
        cursors = self.journal.cursors()
        tally = _sum(cursors)
        changes: dict[str, Any] = {}
        faulty = sorted(n for n, each in cursors.items() if _told(each.tally))
        key = report_key(self.workspace, job.id, str(job.acts)) if faulty else None
        if key is not None:
            self.write(key, self._report(faulty), "text/csv; charset=utf-8")
        changes["report"] = key
        changes["faults"] = [each.model_dump() for each in islice(self._faults(faulty), SHOWN)]
        if problem is not None:
            changes["reason"] = Reason(code=problem, detail=_REASONS[problem]).model_dump()
        state, event = _ended(job, problem)
        changes["preview" if job.act == "preview" else "result"] = tally.model_dump()
        if job.act == "revert" and job.result is not None:
            changes["result"] = {
                **job.result.model_dump(), "reverted": tally.reverted, "kept": tally.kept,
            }  # fmt: skip
        return job.changed(state=state, **changes), event

    def _report(self, pieces: Iterable[int]) -> Iterator[bytes]:
        # the mark tells spreadsheets that this is UTF-8
        yield b"\xef\xbb\xbf" + spreadsheet_cells.lines([_HEAD]).encode()
        for each in self._faults(pieces):
            row = [getattr(each, name) for name in _HEAD[:-1]]
            row.append("; ".join(each.candidates))
            yield spreadsheet_cells.lines([row]).encode()

    def _faults(self, pieces: Iterable[int]) -> Iterator[RowFault]:
        names = {each.column: each.name for each in self.job.columns}
        for piece in pieces:
            for entry in self.journal.entries(piece):
                for fault in entry.faults:
                    yield RowFault(**fault, column_name=names.get(fault.get("column") or 0))


def _ended(job: Import, problem: str | None) -> tuple[ImportState, str]:
    cancelled = job.state == "cancelling"
    match job.act:
        case "preview":
            return "ready", "previewed"
        case "revert":
            return ("failed", "failed") if problem else ("reverted", "reverted")
    if problem:
        return "failed", "failed"
    return ("cancelled", "cancelled") if cancelled else ("done", "completed")


def _sum(cursors: dict[int, Cursor]) -> Tally:
    sums = dict.fromkeys(Tally.model_fields, 0)
    for cursor in cursors.values():
        for name, count in cursor.tally.model_dump().items():
            sums[name] += count
    sums["rows"] = sum(sums.values()) - sums["rows"] - sums["warned"]
    return Tally(**sums)


def _told(tally: Tally) -> bool:
    """Say whether something is told of a piece's rows."""
    return bool(tally.failed or tally.kept or tally.warned)
