"""The one shape of every HTTP function: FastAPI in, problem+json out, Mangum around it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from mangum import Mangum
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.shared import cors, origins, web_event
from functions.shared.admission import LIMITS, READ_COST, let_in
from functions.shared.errors import (
    MalformedError,
    MethodNotAllowedError,
    NotFoundError,
    RateLimitedError,
    ReelateError,
)
from functions.shared.ids import request_id_of
from functions.shared.problem import PROBLEM, problem, unexpected
from functions.shared.route_table import RouteTable
from functions.shared.routes import router
from functions.shared.telemetry import annotate, instrumented
from functions.shared.validation import refusal
from functions.shared.versions import LEDGER

_TEXT_TYPES = [
    "text/", "application/json", PROBLEM, "application/vnd.apple.mpegurl", "application/x-subrip",
]  # fmt: skip
# On every reply, unless the route says otherwise. infra/gateway.py says the same for its own.
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "vary": "Authorization, Origin, Reelate-Version",
    "x-content-type-options": "nosniff",
}


class _App(FastAPI):
    table: RouteTable

    @property
    def routes(self) -> list[BaseRoute]:
        """All routes, those included that nobody has asked for yet."""
        return self.table.all()

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.table.at(scope["path"])(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        # Starlette's ServerErrorMiddleware answers in plain text and raises on; here every
        # exception, expected or not, becomes a problem in one place.
        from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware

        return ExceptionMiddleware(
            AsyncExitStackMiddleware(self._route), handlers=self.exception_handlers
        )


def build_app(title: str, *routers: APIRouter) -> FastAPI:
    """Return a function's FastAPI application; its routes are made when they are asked for."""
    app = _App(
        title=title, version="v1", docs_url=None, redoc_url=None, openapi_url=None,
        redirect_slashes=False,
        # FastAPI's own tracing asks for providers on every request; ours is the house Lambda's
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    app.exception_handlers = {
        ReelateError: _on_refusal,
        RequestValidationError: _on_invalid,
        HTTPException: _on_http,
        Exception: _on_unexpected,
    }
    # not include_router: it matches every request twice, once to find the router
    app.table = RouteTable(routers)
    return app


class _Inline(asyncio.AbstractEventLoop):
    """Runs an application that waits for nothing, from beginning to end, where it stands.

    A Lambda has one request at a time, so no endpoint of ours awaits anything outside: a loop with
    its tasks and selector would only cost (3 % of a GET). One that does await fails loudly.
    """

    def create_task(self, coro: Any, **_: Any) -> Any:
        return coro

    def run_until_complete(self, future: Any) -> Any:
        try:
            future.send(None)
        except StopIteration as ended:
            return ended.value
        future.close()
        raise RuntimeError("an endpoint waits for something, and there is no event loop")


_INLINE = _Inline()  # type: ignore[abstract] # what it leaves out is what nobody may ask of it


def lambda_handler(
    app: FastAPI, *, links: str | None = None
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda entry point of an application behind API Gateway's REST API. `links` is
    what the paths begin with whose replies any web page may read: behind signed links."""
    asyncio.set_event_loop(_INLINE)  # Mangum would make one of its own
    adapter = Mangum(
        app, lifespan="off", text_mime_types=_TEXT_TYPES, custom_handlers=[web_event.RestApi]
    )

    def of_link(event: Mapping[str, Any]) -> bool:
        return links is not None and str(event["path"]).startswith(links)

    @instrumented
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        headers = web_event.headers_of(event)
        request_id = _request_id(event, headers)
        event["reelate.request_id"] = request_id
        known = event["requestContext"].get("authorizer") or {}
        if event["httpMethod"] == "OPTIONS":
            annotate(request_id=request_id, method="OPTIONS", route=event.get("resource"))
            return _preflight(headers, request_id, of_link=of_link(event))
        annotate(
            request_id=request_id,
            method=event.get("httpMethod"),
            route=event.get("resource"),
            workspace=known.get("workspace"),
        )
        version = LEDGER.newest
        try:
            version = LEDGER.chosen(headers.get("reelate-version"), known.get("version"))
            event[web_event.VERSION] = version
            web_event.read(event, headers)
            asyncio.set_event_loop(_INLINE)  # of this thread: Mangum takes whichever is current
            reply = adapter(event, context)
        except ReelateError as error:
            reply = _lambda_reply(problem(error, event["path"], request_id))
        except Exception as error:  # noqa: BLE001 - a handler that raises is a 502 without a body
            reply = _lambda_reply(problem(unexpected(error), event["path"], request_id))
        try:  # what no route has asked for: 404, 405, 413 …
            limits = let_in(event, READ_COST)
        except RateLimitedError as error:
            limits = event[LIMITS]
            reply = _lambda_reply(problem(error, event["path"], request_id))
        annotate(status=reply["statusCode"])
        sent = reply["headers"]
        sent.update(limits)
        sent.update(version.headers)
        sent.update(event.get(web_event.REPLY_HEADERS, ()))
        if of_link(event):
            sent.update(cors.shown_to_anyone())
        elif "origin" in headers and "access-control-allow-origin" not in sent:
            sent.update(cors.shown_to(headers["origin"], origins.of_workspace(known)))
        for name, value in _HEADERS.items():
            sent.setdefault(name, value)
        sent["x-request-id"] = request_id
        return reply

    return handler


def _preflight(headers: Mapping[str, str], request_id: str, *, of_link: bool) -> dict[str, Any]:
    allowed = (
        cors.preflight_of_link() if of_link else cors.preflight(headers, origins.of_deployment())
    )
    # of the origin alone: nothing in it is anybody's
    sent = {**_HEADERS, "vary": "Origin", "x-request-id": request_id, **allowed}
    return {"statusCode": 204, "headers": sent, "body": "", "isBase64Encoded": False}


def _request_id(event: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    own = str(event["requestContext"].get("requestId", "unknown"))
    return request_id_of(headers.get("x-request-id", ""), own)


def _lambda_reply(response: Response) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": dict(response.headers),
        "body": bytes(response.body).decode(),
        "isBase64Encoded": False,
    }


def _render(request: Request, error: ReelateError) -> Response:
    # not request.url: its path can be bent by the Host header
    path, event = request.scope["path"], request.scope["aws.event"]
    return problem(error, path, event["reelate.request_id"])


async def _on_refusal(request: Request, error: ReelateError) -> Response:
    return _render(request, error)


async def _on_invalid(request: Request, error: RequestValidationError) -> Response:
    faults = error.errors()
    broken = next((fault for fault in faults if fault["type"] == "json_invalid"), None)
    if broken is not None:
        return _render(request, MalformedError(str(broken["ctx"]["error"]), code="invalid_json"))
    return _render(request, refusal(map(_in_body, faults)))


def _in_body(fault: Mapping[str, Any]) -> Mapping[str, Any]:
    """Let pointers start at the body's root: FastAPI's locations name the part of the request."""
    first, *inside = fault["loc"]
    return {**fault, "loc": inside} if first == "body" else fault


async def _on_http(request: Request, error: HTTPException) -> Response:
    if error.status_code == MethodNotAllowedError.status:
        refused: ReelateError = MethodNotAllowedError("This path does not take that method.")
    elif error.status_code == NotFoundError.status:
        refused = NotFoundError("There is nothing at this path.")
    else:
        refused = MalformedError("The body could not be read.")
    response = _render(request, refused)
    if isinstance(refused, MethodNotAllowedError):
        response.headers["allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    # of all routes at this path: Starlette names only those of the first
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, APIRoute) and route.path_regex.match(request.url.path):
            found.update(route.methods or ())
    return sorted(found)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return _render(request, unexpected(error))


__all__ = ["build_app", "lambda_handler", "problem", "router"]
