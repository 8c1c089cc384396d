"""The supervisor keeps its programs running, and stops them together."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from infra.local.process import Process, plain_environment
from infra.local.supervisor import RESTARTS, Program, Supervisor

STAY = "import time; time.sleep(600)"
LEAVE = "raise SystemExit(3)"
SAVE = (
    "import pathlib, signal, sys, time;"
    "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path('saved').touch(), sys.exit(0)));"
    "pathlib.Path('ready').touch(); time.sleep(600)"
)


def program(folder: Path, name: str, code: str) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-c", code],
        env=plain_environment({}),
        cwd=folder,
        log=folder / f"{name}.log",
        patience=10,
    )


class Running:
    """A supervisor in a thread, with what it recorded."""

    def __init__(self, *programs: Program) -> None:
        self.seen: dict[str, Process] = {}
        self.starts = 0
        self.supervisor = Supervisor(programs, self._record)
        self.code: int | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.code = self.supervisor.run()

    def _record(self, processes: dict[str, Process]) -> None:
        self.seen = processes
        self.starts += 1

    def stop(self) -> int | None:
        self.supervisor.request_stop(15, None)
        return self.ended()

    def ended(self) -> int | None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.code


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    running = Running(program(tmp_path, "one", STAY))
    until(lambda: "one" in running.seen)
    first = running.seen["one"]
    first.stop(0)
    until(lambda: running.seen.get("one", first) != first)
    assert running.stop() == 0


def test_a_program_that_never_stays_ends_it_all(tmp_path: Path) -> None:
    running = Running(program(tmp_path, "good", STAY), program(tmp_path, "bad", LEAVE))
    until(lambda: "good" in running.seen)
    good = running.seen["good"]
    assert running.ended() == 1
    assert not good.alive()
    assert running.starts <= RESTARTS + 1


def test_stopping_lets_every_program_save_its_state(tmp_path: Path) -> None:
    running = Running(program(tmp_path, "saver", SAVE))
    until((tmp_path / "ready").exists)
    saver = running.seen["saver"]
    assert running.stop() == 0
    assert (tmp_path / "saved").exists()
    assert not saver.alive()
