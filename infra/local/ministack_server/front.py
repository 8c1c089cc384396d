"""The API's plain URL: one port rewritten onto the deployed REST API."""

# ruff: noqa: SLF001  (MiniStack offers no public way to what its services keep)
# mypy: disable-error-code=import-not-found

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import apigateway_v1 as gateway

BODY_LIMIT = 10 * 1024 * 1024  # API Gateway's own, in bytes


class FrontDoor:
    """ASGI application: the plain API port rewritten onto the deployed REST API, else MiniStack."""

    def __init__(self, port: int, target_file: Path, on_start: Callable[[], None]) -> None:
        self._port = port
        self._file = target_file
        self._on_start = on_start
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
            await refuse(target, send, "REQUEST_TOO_LARGE", "Request Too Long")
            return
        prefix = f"/_aws/execute-api/{target['api']}/{target['stage']}"
        raw = scope.get("raw_path") or scope["path"].encode()
        forwarded = {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}
        await ministack.app(forwarded, receive, self._discreet(target, send))

    def _discreet(self, target: dict[str, str], send: Any) -> Any:
        # MiniStack answers a failed integration with the exception's text; AWS never shows it.
        refused = False

        async def forward(message: Any) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 502:
                refused = True
                await refuse(target, send, "DEFAULT_5XX", "Internal server error")
            if not refused:
                await send(message)

        return forward

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
                self._on_start()

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


async def answer(
    send: Any, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    """Send one complete HTTP reply."""
    fields = {"content-type": "text/plain", **{k.lower(): v for k, v in (headers or {}).items()}}
    fields |= {"content-length": str(len(body)), "connection": "close"}
    pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def refuse(target: dict[str, str], send: Any, kind: str, message: str) -> None:
    """Answer as the API's own gateway response of this kind says it."""
    scope = gateway.find_api_scope(target["api"])
    if scope is None:
        await answer(send, 503, b"The API is not deployed: run `make up`.\n")
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
    status, headers, body = gateway._gateway_error_response(
        gateway._gw_error(kind, message), request
    )
    await answer(send, status, body, headers)
