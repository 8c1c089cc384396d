"""Lanes: each row once, whatever is killed, refused or fought over."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.bulk import Guarded
from functions.crm.csv_records import Piece
from functions.crm.jobs import Tally
from functions.crm.piecework import Cursor, CursorMovedError, Entry, Lane, Planned
from functions.shared.errors import FieldProblem, UnavailableError
from functions.shared.writes import ConditionFailedError, Put, Write

TAKEN = FieldProblem("/n", "taken", "")


class Killed(BaseException):
    """The process is gone."""


class Memory:
    """A table and a ledger in memory: all writes of a call or none. `calls` are left until it dies,
    before or (`after`) just after a transaction."""

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self.items: dict[str, Any] = dict.fromkeys(taken, "another's")
        self.entries: dict[int, list[Entry]] = {}
        self.at: dict[int, Cursor] = {}
        self.closed: Counter[int] = Counter()
        self.calls = 1 << 30
        self.after = False

    def cursors(self) -> dict[int, Cursor]:
        return dict(self.at)

    def cursor(self, piece: int) -> Cursor | None:
        return self.at.get(piece)

    def write(
        self, piece: int, entry: Entry, tally: Any, writes: Sequence[Write], *, opens: bool
    ) -> None:
        self.calls -= 1
        if self.calls < 0 and not self.after:
            raise Killed
        now = self.at.get(piece)
        if (now is not None) if opens else (now is None or now.at != entry.first):
            raise CursorMovedError
        puts = [each for each in writes if isinstance(each, Put)]
        failed = {n: None for n, each in enumerate(puts) if each.item["pk"] in self.items}
        if failed:
            raise ConditionFailedError(failed, [puts[n] for n in failed])
        assert len(puts) <= 98
        self.items |= {each.item["pk"]: each.item["row"] for each in puts}
        self.entries.setdefault(piece, []).append(entry)
        sums = Counter(now.tally.model_dump() if now else {})
        sums.update(tally)
        self.at[piece] = Cursor(entry.end, Tally(**sums))
        if self.calls < 0:
            raise Killed

    def close(self, piece: int, tally: Tally) -> None:
        self.closed[piece] += 1
        self.at[piece] = Cursor(self.at[piece].at, tally, done=True)


class Names:
    """Rows with names, of which each may be written once."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def rows(self, number: int, piece: Piece, after: int) -> Iterator[tuple[int, str]]:
        for row in range(max(after, piece.row), piece.row + piece.rows):
            yield row, self.names[row - 1]

    def plan(self, rows: Sequence[tuple[int, str]]) -> list[Planned]:
        return [
            Planned("created", [Guarded(Put({"pk": name, "sk": "", "row": row}), TAKEN),
                                Guarded(Put({"pk": f"#{row}", "sk": "", "row": row}))],
                    {"row": row})
            for row, name in rows
        ]  # fmt: skip

    def again(self, row: int, source: str, problem: Any, attempt: int) -> Planned:
        assert problem is not None
        return Planned("failed", faults=[{"row": row, "code": problem.code}])


def pieces(count: int, size: int) -> list[Piece]:
    return [Piece(0, 0, row, row, min(size, count - row + 1)) for row in range(1, count + 1, size)]


def lane(memory: Memory, names: Sequence[str], cut: list[Piece]) -> Lane[str]:
    return Lane(memory, Names(names), cut, lambda: False, lambda: True, lambda _rows: None)


@given(
    st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=300),
    st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=5),
    st.integers(1, 120),
    st.integers(1, 3),
)
def test_every_row_is_written_once_or_refused_once_whatever_is_killed(
    names: list[str], deaths: list[tuple[int, bool]], size: int, lanes: int
) -> None:
    memory, cut = Memory(taken="abc"), pieces(len(names), size)
    for calls, after in deaths:
        memory.calls, memory.after = calls, after
        try:
            for number in range(lanes):
                lane(memory, names, cut).work(number, lanes)
        except Killed:
            continue
    memory.calls = 1 << 30
    for number in range(lanes):
        assert lane(memory, names, cut).work(number, lanes) == "done"

    entries = [entry for piece in memory.entries.values() for entry in piece]
    written = [each["row"] for entry in entries for each in entry.rows]
    refused = [each["row"] for entry in entries for each in entry.faults]
    assert sorted(written + refused) == list(range(1, len(names) + 1))
    assert sorted(memory.items[f"#{row}"] for row in written) == sorted(written)
    assert {names[row - 1] for row in written} == set(names) - set("abc")
    assert set(memory.closed.values()) == {1}
    sums = sum((Counter(each.tally.model_dump()) for each in memory.at.values()), Counter())
    assert (sums["created"], sums["failed"]) == (len(written), len(refused))


def test_of_two_workers_on_a_piece_one_goes_on_behind_the_other() -> None:
    names = [f"n{n}" for n in range(200)]
    memory, cut = Memory(), pieces(200, 200)
    slow, quick = lane(memory, names, cut), lane(memory, names, cut)
    looked = memory.cursors

    def overtaken() -> dict[int, Cursor]:
        seen = looked()
        memory.cursors = looked  # type: ignore[method-assign]
        quick.work(0, 1)
        return seen

    memory.cursors = overtaken  # type: ignore[method-assign]

    assert slow.work(0, 1) == "done"
    assert sorted(memory.items.values()) == sorted([*range(1, 201)] * 2)


def test_a_piece_that_is_fought_over_for_ever_is_given_up() -> None:
    memory = Memory()

    def refuse(*_: Any, **__: Any) -> None:
        raise CursorMovedError

    memory.write = refuse  # type: ignore[method-assign]

    with pytest.raises(UnavailableError):
        lane(memory, ["a"], pieces(1, 1)).work(0, 1)


def test_a_stop_and_the_end_of_time_leave_the_rest() -> None:
    names = [f"n{n}" for n in range(300)]
    memory, cut = Memory(), pieces(300, 300)
    looks = iter([False, True])
    stopped = Lane(memory, Names(names), cut, lambda: next(looks), lambda: True, lambda _: None)

    assert stopped.work(0, 1) == "stopped"
    assert 0 < memory.at[0].at < 300
    late = Lane(memory, Names(names), cut, lambda: False, lambda: False, lambda _: None)
    assert late.work(0, 1) == "more"
    assert lane(memory, names, cut).work(0, 1) == "done"
