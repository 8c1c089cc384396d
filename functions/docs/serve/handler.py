"""λ docs/serve: the API's description, and the page that shows it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from functions.docs.problems import pages
from functions.docs.site import ASSET_LIFETIME_S, PAGE_LIFETIME_S, File, Site
from functions.shared.errors import MethodNotAllowedError, NotFoundError, ReelateError, problem
from functions.shared.ids import request_id_of
from functions.shared.settings import layer_folder, shipped
from functions.shared.telemetry import annotate, instrumented

HTML, CSS, SVG = "text/html; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"
SCRIPT = "text/javascript; charset=utf-8"
METHODS = ("GET", "HEAD")
_ABSENT = NotFoundError("There is nothing at this path.")
_OTHER_METHOD = MethodNotAllowedError("This path does not take that method.")


def _ours(path: Path, media_type: str) -> Callable[[], File]:
    return lambda: File(path.read_text(), media_type, PAGE_LIFETIME_S)


def _said(text: str) -> Callable[[], File]:
    return lambda: File(text, HTML, PAGE_LIFETIME_S)


def _theirs(name: str, media_type: str) -> Callable[[], File]:
    return lambda: File((layer_folder("docs") / name).read_text(), media_type, ASSET_LIFETIME_S)


SITE = Site(
    {
        "/v1/openapi.json": _ours(shipped("functions/openapi.json"), "application/json"),
        "/docs/": _ours(shipped("functions/docs/serve/index.html"), HTML),
        "/docs/page.js": _ours(shipped("functions/docs/serve/page.js"), SCRIPT),
        "/docs/uppy.mjs": _ours(shipped("functions/docs/serve/uppy.mjs"), SCRIPT),
        "/docs/views.mjs": _ours(shipped("functions/docs/serve/views.mjs"), SCRIPT),
        "/docs/page.css": _ours(shipped("functions/docs/serve/page.css"), CSS),
        "/docs/icon.svg": _ours(shipped("functions/docs/serve/icon.svg"), SVG),
        "/docs/swagger-ui.css": _theirs("swagger-ui.css", CSS),
        "/docs/swagger-ui-bundle.js": _theirs("swagger-ui-bundle.js", SCRIPT),
        **{path: _said(text) for path, text in pages().items()},
    },
    moved={"/docs": "docs/", "/docs/index.html": "./"},
)


@instrumented
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer GET and HEAD, which alone the gateway lets through."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    path = event["path"]
    asked = request_id_of(
        headers.get("x-request-id", ""), str(event["requestContext"].get("requestId", "unknown"))
    )
    annotate(request_id=asked, method=event["httpMethod"], route=path)
    if event["httpMethod"] in METHODS:
        reply = SITE.answer(event["httpMethod"], path, headers) or _refused(_ABSENT, path, asked)
    else:
        reply = _refused(_OTHER_METHOD, path, asked)
        reply["headers"]["allow"] = ", ".join(METHODS)
    annotate(status=reply["statusCode"])
    reply["headers"]["x-request-id"] = asked
    return reply


def _refused(error: ReelateError, path: str, asked: str) -> dict[str, Any]:
    return {
        "statusCode": error.status,
        "headers": {"content-type": "application/problem+json", "cache-control": "no-store"},
        "body": json.dumps(problem(error, path, asked)),
        "isBase64Encoded": False,
    }
