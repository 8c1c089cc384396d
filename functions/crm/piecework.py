"""The work of one lane: pieces of a file, row by row, each row once.

A plan is cut into pieces; lane n of m does the pieces n, n + m, n + 2m … one after the other. A
lane ends because all its pieces are done, because its time is over (it is called again and goes
on), or because the job shall stop. Whatever ends it: which rows are done is in the ledger, and a
row is done in the very transaction that writes it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, Literal, Protocol, TypeVar

from functions.crm.bulk import Guarded, Key
from functions.crm.csv_records import Piece
from functions.crm.jobs import Tally
from functions.shared.errors import FieldProblem, UnavailableError
from functions.shared.writes import ConditionFailedError, Write

GROUP = 96  # rows that are looked up together
MAX_WRITES = 98  # of rows in one transaction: the cursor's and the journal's make 100
MAX_JOURNAL = 200_000  # characters of an entry; DynamoDB's end is 400 KB
_ATTEMPTS = 5

Outcome = Literal["created", "updated", "unchanged", "failed", "reverted", "kept"]
Ending = Literal["done", "more", "stopped"]
S = TypeVar("S")  # what a row is made of


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a piece is: the row to go on with, and what the rows before it came to."""

    at: int
    tally: Tally
    done: bool = False


@dataclass(slots=True)
class Entry:
    """What the rows of one transaction came to: `rows` that were written (row, line, id, version,
    and what was before), `faults` of those that were not."""

    first: int
    end: int  # the row after the last one
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[Mapping[str, Any]] = field(default_factory=list)


class CursorMovedError(Exception):
    """Somebody else has done these rows."""


class Ledger(Protocol):
    """See `dynamodb_jobs.Ledger`."""

    def cursors(self) -> Mapping[int, Cursor]: ...
    def cursor(self, piece: int) -> Cursor | None: ...
    def write(
        self,
        piece: int,
        entry: Entry,
        tally: Mapping[str, int],
        writes: Sequence[Write],
        *,
        opens: bool,
    ) -> None: ...
    def close(self, piece: int, tally: Tally) -> None: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to become of one row: its writes, and what the journal says of it."""

    outcome: Outcome
    writes: Sequence[Guarded] = ()
    journal: Mapping[str, Any] | None = None
    faults: Sequence[Mapping[str, Any]] = ()
    warned: bool = False  # the faults are warnings

    @property
    def weight(self) -> int:
        """Return about how many characters of a journal entry it takes."""
        if self.faults or (self.journal is not None and "was" in self.journal):
            return len(json.dumps([self.journal, self.faults], default=str))
        return 120


class Task(Protocol[S]):
    """One sort of work on rows: an import or its preview, a revert."""

    def rows(self, number: int, piece: Piece, after: int) -> Iterator[tuple[int, S]]:
        """Yield the rows of a piece from row `after` on, with their numbers."""

    def plan(self, rows: Sequence[tuple[int, S]]) -> list[Planned]:
        """Say what is to become of each of up to GROUP rows."""

    def again(self, row: int, source: S, problem: FieldProblem | None, attempt: int) -> Planned:
        """Say what becomes of a row that was not written: because of a problem of a field, or
        (None) because its record was not as it had been read."""


@dataclass(slots=True)
class Lane(Generic[S]):
    """One worker's share of a plan. `stop` says whether the job shall not go on, `timely` whether
    there is time for another group, `pace` waits as long as so many rows shall take."""

    ledger: Ledger
    task: Task[S]
    pieces: Sequence[Piece]
    stop: Callable[[], bool]
    timely: Callable[[], bool]
    pace: Callable[[int], None]

    def work(self, lane: int, lanes: int) -> Ending:
        """Do this lane's pieces; raises UnavailableError when a piece is fought over."""
        cursors = self.ledger.cursors()
        for number in range(lane, len(self.pieces), lanes):
            cursor = cursors.get(number)
            if cursor is None or not cursor.done:
                ending = self._piece(number, cursor)
                if ending != "done":
                    return ending
        return "done"

    def _piece(self, number: int, cursor: Cursor | None) -> Ending:
        piece = self.pieces[number]
        for _ in range(_ATTEMPTS):
            try:
                ending = self._rest(number, piece, cursor.at if cursor else piece.row)
            except CursorMovedError:
                cursor = self.ledger.cursor(number)
                continue
            if ending == "done" and (now := self.ledger.cursor(number)) is not None:
                self.ledger.close(number, now.tally)
            return ending
        raise UnavailableError("Others are doing these rows.")

    def _rest(self, number: int, piece: Piece, after: int) -> Ending:
        rows = self.task.rows(number, piece, after)
        while group := list(islice(rows, GROUP)):
            if self.stop():
                return "stopped"
            if not self.timely():
                return "more"
            self._group(number, piece, group)
        return "done"

    def _group(self, number: int, piece: Piece, group: Sequence[tuple[int, S]]) -> None:
        plans = self.task.plan(group)
        tries: Counter[int] = Counter()
        begin = 0
        while begin < len(group):
            share = _Share(plans, begin)
            first, end = group[begin][0], group[share.end - 1][0] + 1
            entry = Entry(first, end, share.rows, share.faults)
            writes = [each.write for each in share.writes.values()]
            try:
                self.ledger.write(number, entry, share.tally, writes, opens=first == piece.row)
            except ConditionFailedError as error:
                for place, problem in share.blamed(error):
                    tries[place] += 1
                    row, source = group[place]
                    plans[place] = self.task.again(row, source, problem, tries[place])
                continue
            self.pace(share.end - begin)
            begin = share.end
            if share.collided and begin < len(group):
                # it was planned before this transaction wrote what it is about to write
                plans[begin] = self.task.plan([group[begin]])[0]


class _Share:
    """As many planned rows, from `begin` on, as fit into one transaction. No item may be in it
    twice; but of one and the same check there need be only one."""

    def __init__(self, plans: Sequence[Planned], begin: int) -> None:
        self.writes: dict[Key, Guarded] = {}
        self.rows: list[Mapping[str, Any]] = []
        self.faults: list[Mapping[str, Any]] = []
        self.tally: Counter[str] = Counter()
        self.collided = False
        self.end = begin
        self._owners: dict[Key, list[int]] = {}
        weight = 0
        for place in range(begin, len(plans)):
            plan = plans[place]
            weight += plan.weight
            mine = {each.key: each for each in plan.writes}
            if self._collides(mine):
                self.collided = True
                break
            full = len(self.writes.keys() | mine.keys()) > MAX_WRITES or weight > MAX_JOURNAL
            if full and place > begin:
                break
            self._take(place, plan, mine)

    def _collides(self, mine: Mapping[Key, Guarded]) -> bool:
        return any(
            key in self.writes and self.writes[key].write != each.write
            for key, each in mine.items()
        )

    def _take(self, place: int, plan: Planned, mine: Mapping[Key, Guarded]) -> None:
        self.writes |= mine
        for key in mine:
            self._owners.setdefault(key, []).append(place)
        if plan.journal is not None:
            self.rows.append(plan.journal)
        self.faults.extend(plan.faults)
        self.tally[plan.outcome] += 1
        self.tally["warned"] += plan.warned
        self.end = place + 1

    def blamed(self, error: ConditionFailedError) -> Iterator[tuple[int, FieldProblem | None]]:
        """Yield the places of the rows that the refused writes are of, each once."""
        keys = list(self.writes)
        seen: set[int] = set()
        for position in error.failed:
            for place in self._owners[keys[position]]:
                if place not in seen:
                    seen.add(place)
                    yield place, self.writes[keys[position]].problem
