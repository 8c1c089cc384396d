"""Starts the embedded AWS process."""

# ruff: noqa: SLF001  (MiniStack offers no public way to what its services keep)
# mypy: disable-error-code=import-not-found

import asyncio
import contextlib
import logging
import os
import resource
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import persistence
from ministack.services import cloudformation

from infra.local.ministack_server import maps, unpacking
from infra.local.ministack_server.front import FrontDoor
from infra.local.ministack_server.memory import Memory, keep_layers_in, resume_interrupted

log = logging.getLogger("reelate.cloud")

# Logs and metrics: large, and no record depends on them. They are saved when the process ends.
DIARIES = ("cloudwatch_logs", "cloudwatch")
CHECKPOINT_EVERY = 20.0  # seconds
CHECKPOINT_REST = 15  # and rest at least this many times as long as the last one took


async def checkpoint(door: FrontDoor) -> None:
    """Save the whole state every so often while requests arrive."""
    seen, took, deployed = door.requests, 0.0, -1
    while True:
        await asyncio.sleep(max(CHECKPOINT_EVERY, CHECKPOINT_REST * took))
        if door.requests == seen:
            continue
        seen, started = door.requests, time.monotonic()
        services = ministack._build_persistence_save_dict()
        events = sum(map(len, list(cloudformation._stack_events._data.values())))
        for name in DIARIES if events != deployed else (*DIARIES, "cloudformation"):
            services.pop(name, None)
        deployed = events
        persistence.save_all(services)
        took = time.monotonic() - started


def trust_loopback() -> None:
    """Let policies that demand TLS (`aws:SecureTransport`) accept calls from this machine.

    The policies are in the template and stay in force on AWS; here all traffic is on 127.0.0.1.
    """
    pin = ministack.pin_request_origin
    ministack.pin_request_origin = lambda address, _secure: pin(address, secure_transport=True)


async def run() -> None:
    """Serve until SIGTERM or SIGINT, then let MiniStack save its state."""
    trust_loopback()
    maps.install()
    unpacking.install(Path(os.environ["UNPACKED_DIR"]))
    keep_layers_in(Path(persistence.STATE_DIR) / "layers")
    gateway, front = int(os.environ["GATEWAY_PORT"]), int(os.environ["FRONT_PORT"])
    door = FrontDoor(front, Path(os.environ["FRONT_TARGET"]), resume_interrupted)
    memory = Memory(lambda: door.closing)
    sys.modules[memory.__name__] = memory
    ministack._state_map["reelate_memory"] = "reelate_memory"  # last, so it loads after the others
    ministack._loaded_modules["reelate_memory"] = memory
    config = Config()
    config.bind = [f"127.0.0.1:{gateway}", f"127.0.0.1:{front}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    config.loglevel = ministack.LOG_LEVEL
    saver = asyncio.create_task(checkpoint(door))
    await serve(door, config)
    saver.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await saver


async def leave_at_once(served: Coroutine[Any, Any, None]) -> None:
    """Serve, then end without waiting for threads: the state is saved, the rest is idle waiting."""
    await served
    logging.shutdown()
    os._exit(0)


def main() -> None:
    """Raise the file limit as MiniStack's own entry does, and serve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    logging.getLogger("persistence").setLevel(logging.WARNING)
    asyncio.run(leave_at_once(run()))


if __name__ == "__main__":
    main()
