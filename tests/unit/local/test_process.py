"""Processes are known by more than their number."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.process import Process, plain_environment, start_in_background

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(600)"
)
PARENT = (
    "import subprocess, sys, time;"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]);"
    "print(child.pid, flush=True); time.sleep(600)"
)

Start = Callable[[str], "tuple[subprocess.Popen[bytes], Path]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def run(code: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = tmp_path / f"{len(started)}.log"
        child = start_in_background(
            [sys.executable, "-c", code], cwd=tmp_path, env=plain_environment({}), log=log
        )
        started.append(child)
        deadline = time.monotonic() + 20
        while not log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return child, log

    yield run
    for child in started:
        child.kill()
        child.wait()


def reaped(child: "subprocess.Popen[bytes]") -> None:
    child.wait(10)


def test_a_running_process_is_found_and_its_end_is_noticed(start: Start) -> None:
    child, _ = start(SLEEPER)
    found = Process.of(child.pid)
    assert found is not None
    assert found.alive()
    child.kill()
    reaped(child)
    assert not found.alive()
    assert Process.of(child.pid) is None


def test_another_process_under_the_same_number_is_a_stranger(start: Start) -> None:
    child, _ = start(SLEEPER)
    for started in ("long ago", ""):
        stranger = Process(child.pid, started)
        assert not stranger.alive()
        assert stranger.stop(0)
    assert child.poll() is None


def test_a_process_that_is_gone_is_not_alive(start: Start) -> None:
    child, _ = start(SLEEPER)
    child.kill()
    reaped(child)
    assert not Process(child.pid, "").alive()


def test_a_process_that_obeys_is_stopped_gently(start: Start) -> None:
    child, _ = start(SLEEPER)
    found = Process.of(child.pid)
    assert found is not None
    assert found.stop(10)
    reaped(child)
    assert child.returncode == -15


def test_a_process_that_does_not_obey_is_ended_all_the_same(start: Start) -> None:
    child, _ = start(STUBBORN)
    found = Process.of(child.pid)
    assert found is not None
    assert not found.stop(0.2)
    reaped(child)
    assert child.returncode == -9


def test_stopping_a_group_ends_the_children_too(start: Start) -> None:
    child, log = start(PARENT)
    found, grandchild = Process.of(child.pid), Process.of(int(log.read_text().split()[0]))
    assert found is not None
    assert grandchild is not None
    found.stop(10, group=True)
    assert grandchild.wait(10)


def test_the_plain_environment_holds_nothing_of_the_callers_cloud(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    env = plain_environment({"STAGE": "local"}, path=[Path("/first")])
    assert not {"AWS_PROFILE", "PYTHONPATH", "HTTPS_PROXY"} & set(env)
    assert env["STAGE"] == "local"
    assert env["PATH"].startswith("/first:")
