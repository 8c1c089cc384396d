"""`python -m infra.local.models --port N --cache DIR`: start the offline model server.

One JSON line on stdout says it is ready; everything else goes to stderr. SIGTERM lets running
requests end for ten seconds, then the process exits with 0, whatever still runs.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn  # type: ignore[import-not-found,unused-ignore]

from infra.local.models.engines import LocalEngines
from infra.local.models.server import MODELS, create_app
from infra.local.models.weights import DEFAULT_CACHE, read_lock

_HOST = "127.0.0.1"
_GRACE_S = 10


class _Server(uvicorn.Server):  # type: ignore[misc,unused-ignore]
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and sockets:
            port = sockets[0].getsockname()[1]
            ready = {
                "ready": True,
                "base_url": f"http://{_HOST}:{port}/v1",
                "port": port,
                "pid": os.getpid(),
                "models": list(MODELS),
            }
            print(json.dumps(ready), flush=True)


def main() -> int:
    """Serve until stopped; returns the exit status: 0 stopped, 1 could not start."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.models")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1))
    options = parser.parse_args()
    cache = options.cache.expanduser()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    missing = [
        file.pin.name
        for file in read_lock()
        if not any((cache / pin.name).is_file() for pin in file.pins)
    ]
    if missing:
        print(
            f"{missing[0]} is not in {cache}; run `python -m infra.local.models.fetch`.",
            file=sys.stderr,
        )
        return 1
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, options.port))
        except OSError as error:
            print(f"Port {options.port} cannot be used: {error.strerror}.", file=sys.stderr)
            return 1
        config = uvicorn.Config(
            create_app(LocalEngines(cache, options.threads)),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        # Uvicorn raises the signal again once it has stopped; by then it has been heeded.
        signal.signal(signal.SIGTERM, _heeded)
        signal.signal(signal.SIGINT, _heeded)
        _Server(config).run(sockets=[listener])
    return 0


def _heeded(_signal: int, _frame: FrameType | None) -> None:
    return None


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    # An inference may still run on its own thread, in native code that does not survive the
    # interpreter's teardown; there is nothing else left to end.
    os._exit(status)
