"""The embedded AWS process: MiniStack with a front door for the API and a memory for restarts.

Runs as a script under `.venv-cloud`, whose interpreter knows MiniStack and nothing of this
project, so that no Lambda can import what its own zip does not hold. It adds four things to
MiniStack 1.5.33 (pinned, and guarded by `tests/journeys/test_restart.py`):

- a second port on which `/<path>` means `/_aws/execute-api/<api>/<stage>/<path>` of the deployed
  API, so that people get a URL that works with curl as it is;
- API Gateway's 10 MB request limit on that port;
- undelivered stream records, open multipart uploads and running executions survive a restart;
- a checkpoint of the state while running, so that a power cut loses seconds, not a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import persistence
from ministack.core.responses import (
    AccountRegionScopedDict,
    set_request_account_id,
    set_request_region,
)

log = logging.getLogger("reelate.cloud")

BODY_LIMIT = 10 * 1024 * 1024
CHECKPOINT_EVERY = 20.0
CHECKPOINT_REST = 50  # rest at least this many times as long as the last checkpoint took
UPLOADS_KEPT = 512 * 1024 * 1024
INTERRUPTED = "States.ServiceRestart"


class FrontDoor:
    """ASGI application: the plain API port rewritten onto the deployed REST API, else MiniStack."""

    def __init__(self, port: int, target_file: Path) -> None:
        self._port = port
        self._file = target_file
        self._stamp = 0
        self._target: dict[str, str] | None = None
        self.requests = 0
        self.closing = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await ministack.app(scope, self._noticing(receive), self._after_start(send))
            return
        self.requests += 1
        if scope["type"] != "http" or scope["server"][1] != self._port:
            await ministack.app(scope, receive, send)
            return
        target = self._api()
        if target is None:
            await answer(send, 503, b"Nothing is deployed yet: run `make up`.\n")
            return
        if content_length(scope) > BODY_LIMIT:
            await too_large(target, send)
            return
        prefix = f"/_aws/execute-api/{target['api']}/{target['stage']}"
        raw = scope.get("raw_path") or scope["path"].encode()
        forwarded = {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}
        await ministack.app(forwarded, receive, send)

    def _api(self) -> dict[str, str] | None:
        try:
            stamp = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if stamp != self._stamp:
            self._target = json.loads(self._file.read_text())
            self._stamp = stamp
        return self._target

    def _after_start(self, send: Any) -> Any:
        async def forward(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                resume_interrupted()

        return forward

    def _noticing(self, receive: Any) -> Any:
        async def forward() -> Any:
            message = await receive()
            self.closing = self.closing or message["type"] == "lifespan.shutdown"
            return message

        return forward


def content_length(scope: Any) -> int:
    """Return the declared body length in bytes, 0 when none is declared."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def answer(send: Any, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Send one complete HTTP reply."""
    fields = {"content-type": "text/plain", **{k.lower(): v for k, v in (headers or {}).items()}}
    fields |= {"content-length": str(len(body)), "connection": "close"}
    pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def too_large(target: dict[str, str], send: Any) -> None:
    """Answer 413 as the API's own gateway response says it."""
    from ministack.services import apigateway_v1 as gateway

    scope = gateway.find_api_scope(target["api"])
    if scope is None:
        await answer(send, 413, b'{"message":"Request Too Long"}')
        return
    set_request_account_id(scope[0])
    set_request_region(scope[1])
    request = {
        "api_id": target["api"],
        "stage_name": target["stage"],
        "stage": gateway._stages_v1.get(target["api"], {}).get(target["stage"]),
        "headers": {},
        "query_params": {},
        "path_params": {},
        "resource_path": "",
        "request_id": gateway.new_uuid(),
    }
    error = gateway._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
    status, headers, body = gateway._gateway_error_response(error, request)
    await answer(send, status, body, headers)


class Memory(ModuleType):
    """A MiniStack service module by shape, holding what MiniStack itself forgets on a restart."""

    def __init__(self, door: FrontDoor) -> None:
        super().__init__("ministack.services.reelate_memory")
        self._door = door

    def get_state(self) -> dict[str, Any]:
        return {"streams": undelivered_streams(), "uploads": self._open_uploads()}

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        restore_streams(data.get("streams", {}))
        restore_uploads(data.get("uploads"))

    def _open_uploads(self) -> Any:
        # Parts are whole bodies: they are written once, when the process stops.
        from ministack.services import s3

        parts = [p for u in s3._multipart_uploads._data.values() for p in u["parts"].values()]
        if not self._door.closing or sum(part["size"] for part in parts) > UPLOADS_KEPT:
            return None
        return s3._multipart_uploads


def undelivered_streams() -> dict[str, Any]:
    """Return, for each table's stream, the records some consumer has not had, and their offset."""
    from ministack.services import dynamodb, lambda_svc

    needed: dict[tuple[str, str, str], int] = {}
    for scoped, esm in list(lambda_svc._esms._data.items()):
        source = esm.get("EventSourceArn", "")
        position = lambda_svc._dynamodb_stream_positions._data.get(scoped)
        if ":dynamodb:" in source and position is not None:
            table = (scoped[0], scoped[1], source.split("/stream/")[0].split("/")[-1])
            needed[table] = min(position, needed.get(table, position))
    records, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    for scoped, log_ in list(dynamodb._stream_records._data.items()):
        dropped = dynamodb._stream_trimmed._data.get(scoped, 0)
        start = max(needed.get(scoped, dropped + len(log_)), dropped)
        records._data[scoped] = list(log_[start - dropped :])
        trimmed._data[scoped] = start
    return {"records": records, "trimmed": trimmed}


def restore_streams(data: dict[str, Any]) -> None:
    """Put undelivered stream records back and keep every consumer's place inside them."""
    from ministack.services import dynamodb, lambda_svc

    if data:
        dynamodb._stream_records._data.update(data["records"]._data)
        dynamodb._stream_trimmed._data.update(data["trimmed"]._data)
    for scoped, esm in lambda_svc._esms._data.items():
        if ":dynamodb:" not in esm.get("EventSourceArn", ""):
            continue
        name = esm["EventSourceArn"].split("/stream/")[0].split("/")[-1]
        table = (scoped[0], scoped[1], name)
        end = dynamodb._stream_trimmed._data.get(table, 0) + len(
            dynamodb._stream_records._data.get(table, [])
        )
        positions = lambda_svc._dynamodb_stream_positions._data
        positions[scoped] = min(positions.get(scoped, end), end)


def restore_uploads(uploads: Any) -> None:
    """Put open multipart uploads back, part numbers as integers again."""
    if uploads is None:
        return
    from ministack.services import s3

    for upload in uploads._data.values():
        upload["parts"] = {int(number): part for number, part in upload["parts"].items()}
    s3._multipart_uploads._data.update(uploads._data)


def resume_interrupted() -> None:
    """Start again, under their own names, the executions that ran when the process stopped.

    On AWS an execution outlives any machine; every step of ours is idempotent, so beginning anew
    repeats nothing that is already there.
    """
    steps = sys.modules.get("ministack.services.stepfunctions")
    if steps is None:
        return
    for scoped, execution in list(steps._executions._data.items()):
        if execution.get("error") != INTERRUPTED:
            continue
        del steps._executions._data[scoped]
        if execution.get("mapRunArn"):
            continue
        set_request_account_id(scoped[0])
        set_request_region(scoped[1])
        log.info("starting %s again", execution["name"])
        fields = ("stateMachineArn", "name", "input")
        steps._start_execution({field: execution[field] for field in fields})


async def checkpoint(door: FrontDoor) -> None:
    """Save the whole state every so often while requests arrive."""
    seen, took = door.requests, 0.0
    while True:
        await asyncio.sleep(max(CHECKPOINT_EVERY, CHECKPOINT_REST * took))
        if door.requests == seen:
            continue
        seen, started = door.requests, time.monotonic()
        persistence.save_all(ministack._build_persistence_save_dict())
        took = time.monotonic() - started


async def run() -> None:
    """Serve until SIGTERM or SIGINT, then let MiniStack save its state."""
    gateway, front = int(os.environ["GATEWAY_PORT"]), int(os.environ["FRONT_PORT"])
    door = FrontDoor(front, Path(os.environ["FRONT_TARGET"]))
    memory = Memory(door)
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


def main() -> None:
    """Raise the file limit as MiniStack's own entry does, and serve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    logging.getLogger("persistence").setLevel(logging.WARNING)
    asyncio.run(run())


if __name__ == "__main__":
    main()
