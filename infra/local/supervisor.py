"""The background process of a local cloud: keeps MiniStack and the model server running.

`python -m infra.local.supervisor --state DIR` starts both, starts again what dies, and on SIGTERM
stops both gently so that MiniStack saves its state.
"""

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from infra.local import environments, ministack, modelserver
from infra.local.layout import Layout
from infra.local.ports import Ports, remembered
from infra.local.process import Process, end_group, plain_environment, start_in_background

log = logging.getLogger("reelate.supervisor")

WATCH_EVERY = 0.5
RESTARTS = 3
WITHIN = 120.0


@dataclass(frozen=True)
class Program:
    """One program to keep running: how it starts and how long it may take to stop."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    patience: float
    started: "deque[float]" = field(default_factory=lambda: deque(maxlen=RESTARTS))


def programs(layout: Layout, ports: Ports, *, models: bool) -> list[Program]:
    """Return what a cloud consists of."""
    cloud = environments.cloud_python(layout.project)
    listed = [
        Program(
            "ministack",
            ministack.command(cloud),
            ministack.environment(layout, ports),
            layout.project,
            layout.logs / "ministack.log",
            patience=45,
        )
    ]
    if models:
        python = environments.models_python(layout.project)
        listed.append(
            Program(
                "models",
                modelserver.command(python, ports.models, layout.weights),
                plain_environment({"PYTHONUNBUFFERED": "1"}),
                layout.project,
                layout.logs / "models.log",
                patience=12,
            )
        )
    return listed


class Supervisor:
    """Runs programs until told to stop; `record` is told who runs whenever that changes."""

    def __init__(
        self, wanted: Sequence[Program], record: Callable[[dict[str, Process]], None]
    ) -> None:
        self._wanted = wanted
        self._record = record
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stop = threading.Event()

    def request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Signal handler: leave the watch loop."""
        self._stop.set()

    def run(self) -> int:
        """Start everything, watch it, stop it; return the exit code."""
        code = 0
        try:
            for program in self._wanted:
                self._start(program)
            while not self._stop.wait(WATCH_EVERY):
                kept = [self._keep(program) for program in self._wanted]
                if not all(kept):
                    code = 1
                    break
        finally:
            self._stop_all()
        return code

    def _start(self, program: Program) -> None:
        log.info("starting %s", program.name)
        program.started.append(time.monotonic())
        self._running[program.name] = start_in_background(
            program.command, cwd=program.cwd, env=program.env, log=program.log
        )
        self._record(self._processes())

    def _keep(self, program: Program) -> bool:
        code = self._running[program.name].poll()
        if code is None:
            return True
        log.warning("%s ended with code %s", program.name, code)
        oldest = program.started[0]
        if len(program.started) == RESTARTS and time.monotonic() - oldest < WITHIN:
            log.error("%s ended %d times in %.0f s: giving up", program.name, RESTARTS, WITHIN)
            return False
        self._start(program)
        return True

    def _processes(self) -> dict[str, Process]:
        found = {name: Process.of(child.pid) for name, child in self._running.items()}
        return {name: process for name, process in found.items() if process}

    def _stop_all(self) -> None:
        for program in reversed(self._wanted):
            child = self._running.get(program.name)
            if child is None:
                continue
            child.terminate()
        for program in reversed(self._wanted):
            child = self._running.get(program.name)
            if child is None:
                continue
            try:
                child.wait(program.patience)
            except subprocess.TimeoutExpired:
                log.exception("%s did not stop in %.0f s", program.name, program.patience)
                child.kill()
            end_group(child.pid)
            log.info("stopped %s", program.name)


def recorder(path: Path) -> Callable[[dict[str, Process]], None]:
    """Return a function that keeps the list of our processes in `path`, ourselves first."""

    def record(children: dict[str, Process]) -> None:
        own = Process.of(os.getpid())
        listed = ({"supervisor": own} if own else {}) | children
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps({name: asdict(p) for name, p in listed.items()}))
        temporary.replace(path)

    return record


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--no-models", action="store_true")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    layout = Layout.at(chosen.state)
    ports = remembered(layout)
    if ports is None:
        log.error("no ports chosen in %s", layout.ports)
        return 2
    supervisor = Supervisor(
        programs(layout, ports, models=not chosen.no_models), recorder(layout.processes)
    )
    signal.signal(signal.SIGTERM, supervisor.request_stop)
    signal.signal(signal.SIGINT, supervisor.request_stop)
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
