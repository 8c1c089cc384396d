"""Reads an API Gateway event for the application and trusts nothing in it that callers send.

Mangum's own reader parses Host and X-Forwarded-Port, and fails on what is no host or no number;
a body's length here is that of its bytes, whatever their encoding in the event.
"""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from mangum.handlers.api_gateway import APIGateway

from functions.shared.errors import MalformedError, TooLargeError, UnsupportedMediaTypeError

MAX_BODY_BYTES = 1_000_000
MAX_TARGET_CHARACTERS = 8_000  # of path and query together
# What a request's stations tell each other: its body and headers; the version it is answered in;
# that its reply is not the whole record in the newest shape; further headers of its reply.
BODY, HEADERS = "reelate.body", "reelate.headers"
VERSION, SHAPED, REPLY_HEADERS = "reelate.version", "reelate.shaped", "reelate.reply_headers"


class RestApi(APIGateway):
    """A request that `read` has accepted, as ASGI."""

    @property
    def body(self) -> bytes:
        return bytes(self.event[BODY])

    @property
    def scope(self) -> Any:
        event = self.event
        query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")
        return {
            "type": "http",
            "http_version": "1.1",
            "method": event["httpMethod"],
            "headers": [
                [name.encode("utf-8", "replace"), value.encode("utf-8", "replace")]
                for name, value in event[HEADERS].items()
            ],
            "path": unquote(event["path"]),
            "raw_path": None,
            "root_path": "",
            "scheme": "https",
            "query_string": urlencode(query or {}, doseq=True, errors="replace").encode(),
            "server": None,
            "client": None,
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "aws.event": event,
            "aws.context": self.context,
        }


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers by lower-case name; one that was sent several times is joined."""
    single = event.get("headers") or {}
    several = event.get("multiValueHeaders") or {}
    joined = {name.lower(): ", ".join(values or ()) for name, values in several.items()}
    return {name.lower(): str(value) for name, value in single.items()} | joined


def read(event: dict[str, Any], headers: Mapping[str, str]) -> None:
    """Make an event ready for RestApi.

    Raises MalformedError, TooLargeError or UnsupportedMediaTypeError for a request that need not
    reach the application.
    """
    if len(event["path"]) + _query_length(event) > MAX_TARGET_CHARACTERS:
        raise MalformedError(
            f"Path and query may have {MAX_TARGET_CHARACTERS:,} characters.", code="target_too_long"
        )
    body = _bytes(event.get("body") or "", encoded=bool(event.get("isBase64Encoded")))
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError(f"A request body may have at most {MAX_BODY_BYTES:,} bytes.")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaTypeError(
            "The body must be sent without Content-Encoding.", code="unsupported_encoding"
        )
    if body:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        family, _, name = kind.partition("/")
        if family != "application" or not (name == "json" or name.endswith("+json")):
            raise UnsupportedMediaTypeError("The body must be sent as application/json.")
    event[BODY], event[HEADERS] = body, headers


def _query_length(event: Mapping[str, Any]) -> int:
    query = event.get("multiValueQueryStringParameters")
    if not query:
        return 0
    return sum(len(name) + len(value) + 2 for name, values in query.items() for value in values)


def _bytes(body: str, *, encoded: bool) -> bytes:
    try:
        return base64.b64decode(body, validate=True) if encoded else body.encode()
    except ValueError as error:
        raise MalformedError("The body could not be decoded.", code="invalid_encoding") from error
