"""Imports and exports in the CRM's table: the records, how far each is, and what each row came to.

    pattern                          index  requests                       units (1 KB records)
    get, list, change a job          as every record; get + 1 GetItem of its progress
    write up to 49 rows              table  1 TransactWriteItems           2 WRU a record and marker
                                                                           + 1 a list index, + 0.2
      ... that update                table  + 1 BatchGetItem (match) and   0.5 RRU + 1 RRU a row
                                            1 (records) for each 100 rows
    how far the pieces are           table  1 Query a MB (about 5,000)     0.5 RRU per 4 KB
    a piece is done                  table  1 TransactWriteItems           4 WRU
    what a piece's rows came to      table  1 Query a MB                   0.5 RRU per 4 KB

    cursor    pk W#<workspace>#JOB#<job>#<plan>           sk PIECE#<n>    how far a piece is
    progress  pk W#<workspace>#JOB#<job>#<plan>           sk ~PROGRESS    what done pieces came to
    journal   pk W#<workspace>#JOB#<job>#<plan>#<n>       sk ROW#<row>    the rows of a transaction

**Every row once.** A transaction writes some rows of a piece, their journal, and moves the piece's
cursor from just where they begin to where they end. Whoever begins a piece again begins at its
cursor; of two who work on one piece, one transaction's condition fails, and nothing of it is
written. So however often anything is killed or repeated, each row is in exactly one journal entry,
and what that says of it (created, updated, refused) is what was written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from functions.crm.export_rows.logic import Progress
from functions.crm.jobs import Export, Import, Tally
from functions.crm.piecework import Cursor, CursorMovedError, Entry
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.records import Records
from functions.shared.table import ConditionFailedError, Item, Put, Table, Update, Write

R = TypeVar("R", Import, Export)

KEPT_DAYS = 30  # journals: as long an import can be reverted


class Jobs(Records[R]):
    """The imports, or the exports, of a workspace."""

    def _hidden(self, item: Mapping[str, Any]) -> bool:
        # both have ids that begin with job_
        return item.get("object") != self._kind.OBJECT or super()._hidden(item)


def imports(table: Table, caller: Caller) -> Jobs[Import]:
    return Jobs(table, Import, caller)


def exports(table: Table, caller: Caller) -> Jobs[Export]:
    return Jobs(table, Export, caller)


class Ledger:
    """How far one plan of a job is, and its journal."""

    def __init__(self, table: Table, job: str, plan: str) -> None:
        self._table = table
        self._pk = table.key("JOB", job, plan)

    def cursors(self) -> dict[int, Cursor]:
        """Return the cursors of all pieces that were begun."""
        found: dict[int, Cursor] = {}
        for item in self._all(self._pk, "PIECE#"):
            found[int(item["sk"].removeprefix("PIECE#"))] = _cursor(item)
        return found

    def cursor(self, piece: int) -> Cursor | None:
        """Return a piece's cursor as it is now."""
        item = self._table.get(self._pk, _piece(piece), consistent=True)
        return _cursor(item) if item else None

    def progress(self) -> Tally:
        """Return what the pieces that are done came to (1 GetItem)."""
        return Tally.model_validate(self._table.get(self._pk, "~PROGRESS") or {})

    def write(
        self,
        piece: int,
        entry: Entry,
        tally: Mapping[str, int],
        writes: Sequence[Write],
        *,
        opens: bool,
    ) -> None:
        """Write some rows, their journal and the piece's cursor, or nothing; `opens` with the
        piece's first row.

        Raises CursorMovedError when the cursor is not at the first row; ConditionFailedError, with
        the positions among `writes`, when one of theirs does not hold.
        """
        expiry = int(now().timestamp()) + KEPT_DAYS * 86_400
        own: list[Write] = [
            self._move(piece, entry, tally, expiry, opens=opens),
            Put(
                {
                    "pk": f"{self._pk}#{piece}",
                    "sk": f"ROW#{entry.first:09d}",
                    "end": entry.end,
                    "rows": entry.rows,
                    "faults": entry.faults,
                    "expires_at_epoch": expiry,
                }
            ),
        ]
        try:
            self._table.transact([*own, *writes])
        except ConditionFailedError as error:
            if 0 in error.failed:
                raise CursorMovedError from error
            failed = {position - 2: item for position, item in error.failed.items()}
            raise ConditionFailedError(failed, error.refused) from error

    def close(self, piece: int, tally: Tally) -> None:
        """Count a piece, all rows of which are written, as done: once, however often it is told."""
        counts = {name: value for name, value in tally.model_dump().items() if value}
        counts["rows"] = tally.done + tally.reverted + tally.kept
        adds = ", ".join(f"#{name} :{name}" for name in counts)
        done = Update(
            {"pk": self._pk, "sk": _piece(piece)},
            "SET #done = :true",
            "attribute_exists(pk) AND attribute_not_exists(#done)",
            {"#done": "done"},
            {":true": True},
        )
        total = Update(
            {"pk": self._pk, "sk": "~PROGRESS"},
            f"ADD {adds} SET expires_at_epoch = :expiry",
            None,
            {f"#{name}": name for name in counts},
            {
                **{f":{name}": value for name, value in counts.items()},
                ":expiry": int(now().timestamp()) + KEPT_DAYS * 86_400,
            },
        )
        try:
            self._table.transact([done, total])
        except ConditionFailedError:
            return  # counted already

    def entries(self, piece: int, after: int = 0) -> Iterator[Entry]:
        """Yield the journal of a piece in the rows' order, from the entry with row `after` on."""
        for item in self._all(f"{self._pk}#{piece}", "ROW#"):
            if item["end"] > after:
                first = int(item["sk"].removeprefix("ROW#"))
                yield Entry(first, item["end"], item["rows"], item["faults"])

    def _move(
        self, piece: int, entry: Entry, tally: Mapping[str, int], expiry: int, *, opens: bool
    ) -> Update:
        counts = {name: count for name, count in tally.items() if count}
        adds = ", ".join(f"#{name} :{name}" for name in counts)
        values = {":end": entry.end, ":expiry": expiry}
        return Update(
            {"pk": self._pk, "sk": _piece(piece)},
            f"SET #at = :end, expires_at_epoch = :expiry ADD {adds}",
            "attribute_not_exists(#at)" if opens else "#at = :first",
            {"#at": "at", **{f"#{name}": name for name in counts}},
            values
            | ({} if opens else {":first": entry.first})
            | {f":{name}": count for name, count in counts.items()},
        )

    def _all(self, pk: str, prefix: str) -> Iterator[Item]:
        return self._table.items(pk, begins_with=prefix, consistent=True)


def _piece(number: int) -> str:
    return f"PIECE#{number:06d}"


def _cursor(item: Item) -> Cursor:
    return Cursor(item["at"], Tally.model_validate(item), bool(item.get("done")))


class Notes:
    """How far an export is: 1 request to read it, 1 for each part that is written (units by the 8
    MB part: 1 WRU for each 10 or so)."""

    def __init__(self, table: Table, job: str) -> None:
        self._table = table
        self._key = (table.key("JOB", job, "export"), "~PROGRESS")

    def progress(self) -> Progress | None:
        item = self._table.get(*self._key, consistent=True)
        return Progress.model_validate(item) if item else None

    def keep(self, progress: Progress) -> None:
        pk, sk = self._key
        expiry = int(now().timestamp()) + KEPT_DAYS * 86_400
        self._table.write(
            Put({**progress.model_dump(), "pk": pk, "sk": sk, "expires_at_epoch": expiry})
        )
