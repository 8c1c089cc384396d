"""Processes on this machine: who they are, how they start, and ending none but our own."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL = 0.05


@dataclass(frozen=True)
class Process:
    """A process by pid *and* start time: a pid alone may be a stranger's by now."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """Return the running process `pid`, or None when there is none."""
        started = _start_time(pid)
        return cls(pid, started) if started else None

    def alive(self) -> bool:
        """Say whether this very process still runs."""
        return bool(self.started) and _start_time(self.pid) == self.started

    def stop(self, patience: float, *, group: bool = False) -> bool:
        """Ask the process to end, insist after `patience` seconds; return whether it ended gently.

        With `group` what it started in its process group is killed once it is gone.
        """
        if self.alive():
            _signal(self.pid, signal.SIGTERM)
        gentle = self.wait(patience)
        if not gentle:
            _signal(self.pid, signal.SIGKILL)
            self.wait(5)
        if group:
            end_group(self.pid)
        return gentle

    def wait(self, patience: float) -> bool:
        """Wait up to `patience` seconds for the end; return whether it came."""
        deadline = time.monotonic() + patience
        while self.alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True


def end_group(leader: int) -> None:
    """Kill what is left of the process group that `leader`, one of our processes, led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


# It outlives us on purpose; Python would complain of a process that nobody holds any more.
_STARTED: "list[subprocess.Popen[bytes]]" = []


def start_in_background(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own, output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        started = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED.append(started)
    return started


def plain_environment(extra: Mapping[str, str], *, path: Iterable[Path] = ()) -> dict[str, str]:
    """Return an environment without the caller's AWS, Python or proxy settings.

    Only what any program needs is passed on (PATH, HOME, locale), then `extra`; the folders in
    `path` come first on PATH.
    """
    keep = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SSL_CERT_FILE")
    env = {name: os.environ[name] for name in keep if name in os.environ}
    env["PATH"] = os.pathsep.join([*(str(p) for p in path), env.get("PATH", os.defpath)])
    return env | dict(extra)


def _start_time(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if fields[0] == "Z" else fields[19]
    listed = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return "" if len(listed) < 2 or listed[0].startswith("Z") else listed[1].strip()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
