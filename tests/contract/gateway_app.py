"""The whole API as one WSGI application: what API Gateway does between a caller and the functions,
in this process. The authorizer and the handlers are the real ones."""

import importlib
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from functions.docs.serve.handler import handler as serve
from functions.identity.authorize.handler import handler as authorize
from infra import packaging
from tests.integration.gateway import CONTEXT, Handler, Reply, call

Start = Callable[[str, list[tuple[str, str]]], Any]
ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/local"
OPEN = re.compile(r"GET /v1/(health|openapi\.json|playback)(/|$)|POST /v1/playback/")


class Gateway:
    """Routes by path, asks the authorizer, and hands events to handlers."""

    def __init__(self) -> None:
        self._routes = sorted(_routes(), key=lambda route: _order(route[0].pattern))

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        event = _event(environ)
        handler, opened = self._target(event["path"], event["httpMethod"])
        reply = self._answer(event, handler, opened=opened)
        headers = [(name, str(value)) for name, value in reply["headers"].items()]
        start(f"{reply['statusCode']} -", headers)
        return [(reply["body"] or "").encode()]

    def unguarded(self, event: dict[str, Any]) -> Reply:
        """Hand an event to its function as it is, past the authorizer."""
        handler, _ = self._target(event["path"], event["httpMethod"])
        assert handler is not None, event["path"]
        return call(handler, event)

    def _target(self, path: str, method: str) -> tuple[Handler | None, bool]:
        for pattern, handler in self._routes:
            if pattern.fullmatch(path):
                return handler, OPEN.match(f"{method} {path}") is not None
        return None, False

    def _answer(
        self, event: dict[str, Any], handler: Handler | None, *, opened: bool
    ) -> dict[str, Any]:
        if handler is None:
            return _refused(event, 404, "not-found")
        if not opened:
            if "authorization" not in event["headers"]:
                return _refused(event, 401, "unauthenticated")
            asked = {"methodArn": f"{ARN}/GET/", "headers": event["headers"]}
            decision = authorize(asked, CONTEXT)
            if decision["policyDocument"]["Statement"][0]["Effect"] != "Allow":
                return _refused(event, 401, "unauthenticated")
            event["requestContext"]["authorizer"] = decision["context"]
        return handler(event, CONTEXT)


def _routes() -> Iterator[tuple[re.Pattern[str], Handler]]:
    """Yield (resource, handler) for what the functions' applications answer, as the gateway's
    resources do: without regard to the method."""
    yield re.compile(r"/v1/openapi\.json"), serve
    for context, folder in packaging.handlers():
        if packaging.is_api(folder):
            module = importlib.import_module(f"functions.{context}.{folder}.handler")
            for route in module.app.routes:
                pattern = re.sub(r"\\?\{[^}]+:path\\?\}", "@", route.path)
                pattern = re.sub(r"\{[^}]+\}", "[^/]*", pattern).replace("@", ".*")
                yield re.compile(pattern), module.handler


def _order(pattern: str) -> tuple[int, int]:
    """What is named goes before what is variable, as with the gateway's resources."""
    return pattern.count("[^/]*") + 10 * pattern.count(".*"), -len(pattern)


def _event(environ: dict[str, Any]) -> dict[str, Any]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length).decode("utf-8", "replace")
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    several: dict[str, list[str]] = {}
    for name, value in query:
        several.setdefault(name, []).append(value)
    return {
        "resource": path,
        "path": path.replace("%", "%25"),
        "httpMethod": environ["REQUEST_METHOD"],
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": several or None,
        "requestContext": {"requestId": str(uuid.uuid4()), "stage": "local", "path": path},
        "body": body or None,
        "isBase64Encoded": False,
    }


def _refused(event: dict[str, Any], status: int, slug: str) -> dict[str, Any]:
    """Return a gateway response as infra/gateway.py defines them."""
    request_id = event["requestContext"]["requestId"]
    body = {
        "type": f"/problems/{slug}",
        "title": slug,
        "status": status,
        "detail": "Refused by the gateway.",
        "instance": event["path"],
        "code": slug.replace("-", "_"),
        "request_id": request_id,
    }
    headers = {"Content-Type": "application/problem+json", "X-Request-Id": request_id}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
