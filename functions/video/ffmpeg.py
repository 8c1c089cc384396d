"""The FFmpeg adapter: one child process per call, fenced in before it reads the first byte."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from functions.video.process import Finished, Limits

OLDEST = (8, 1, 3)  # CVE-2026-107697: older builds can be led out through child playlists
_LOG_BYTES = 256 << 10
# What makes an address a key to a file stays out of everything that reads the log.
_SIGNATURE = re.compile(r"(https?://[^\s?']+)\?[^\s']*")
# Started by our own interpreter, which sets the limits and then becomes FFmpeg: the limits hold
# from its first instruction, and it dies with the worker that started it (an orphan would burn
# the next invocation's CPU). `preexec_fn` would do the same, but not safely beside threads.
_LAUNCH = """
import os, resource, sys
parent, cpu, memory, size = (int(text) for text in sys.argv[1:5])
for kind, most in (
    (resource.RLIMIT_CPU, cpu),
    (resource.RLIMIT_AS, memory),
    (resource.RLIMIT_FSIZE, size),
    (resource.RLIMIT_CORE, 0),
):
    try:
        resource.setrlimit(kind, (most, most))
    except (ValueError, OSError):
        pass
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(125)
os.execv(sys.argv[5], sys.argv[5:])
"""


class UnsupportedToolError(RuntimeError):
    """The FFmpeg found is older than 8.1.3, or does not say which version it is."""


class FFmpeg:
    """Runs one FFmpeg binary; the version is checked once per process and path."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        limits: Limits,
        feed: Iterable[bytes] | None = None,
    ) -> Finished:
        """Run `ffmpeg <arguments>` in `folder`, with `feed` on its standard input.

        Raises UnsupportedToolError, OSError, and whatever `feed` raises.
        """
        _check_version(self._path)
        command = [
            sys.executable, "-I", "-S", "-c", _LAUNCH,
            str(os.getpid()), str(limits.cpu_seconds),
            str(limits.memory_bytes), str(limits.file_bytes),
            str(self._path), "-hide_banner", "-nostdin", "-nostats", "-y",
            "-max_alloc", str(limits.block_bytes), *arguments,
        ]  # fmt: skip
        with tempfile.TemporaryFile(dir=folder) as log:
            process = subprocess.Popen(  # noqa: S603 - no shell, our own binary, fixed options
                command,
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
            alarm = threading.Timer(limits.wall_seconds, process.kill)
            started = time.monotonic()
            alarm.start()
            try:
                if feed is not None:
                    _pump(process, feed)
                process.wait()
            finally:
                alarm.cancel()
                process.kill()  # nothing happens to one that has ended
                process.wait()
            late = time.monotonic() - started >= limits.wall_seconds
            return Finished(process.returncode, _read(log), late and process.returncode != 0)


def _pump(process: subprocess.Popen[bytes], feed: Iterable[bytes]) -> None:
    if process.stdin is None:
        raise ValueError("the process has no standard input")
    try:
        with process.stdin as pipe:
            for data in feed:
                pipe.write(data)
    except BrokenPipeError:
        return  # it ended early; its exit code and log say why


def _environment(folder: Path) -> dict[str, str]:
    # Nothing of ours is inherited: no AWS credentials, no proxy, no configuration.
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C"}


def _read(log: IO[bytes]) -> str:
    size = log.seek(0, 2)
    log.seek(0)
    data = log.read(_LOG_BYTES)
    if size > 2 * _LOG_BYTES:
        log.seek(size - _LOG_BYTES)
    text = (data + log.read(_LOG_BYTES)).decode("utf-8", "replace")
    return _SIGNATURE.sub(r"\1?...", text)


def version_of(banner: str) -> tuple[int, ...] | None:
    """Return the version in the first line of `ffmpeg -version`, None when it names none."""
    found = re.match(r"ffmpeg version n?(\d+)\.(\d+)(?:\.(\d+))?", banner)
    return tuple(int(part or 0) for part in found.groups()) if found else None


@cache
def _check_version(path: Path) -> None:
    banner = subprocess.run(  # noqa: S603 - as above
        [str(path), "-version"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        stdin=subprocess.DEVNULL,
        env={},
    ).stdout
    found = version_of(banner)
    if found is None or found < OLDEST:
        raise UnsupportedToolError(
            f"FFmpeg {'.'.join(map(str, OLDEST))} or newer is needed, {path} is "
            f"{'.'.join(map(str, found)) if found else 'of an unknown version'}"
        )
