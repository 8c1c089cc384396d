"""Refusals as replies: RFC 9457 problem details."""

import json
import traceback

from fastapi import Response

from functions.shared import errors
from functions.shared.errors import ReelateError, UnauthenticatedError
from functions.shared.telemetry import logger

PROBLEM = "application/problem+json"


def problem(error: ReelateError, path: str, request_id: str) -> Response:
    """Render a refusal as a reply."""
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    if isinstance(error, UnauthenticatedError):
        headers["www-authenticate"] = "Bearer"  # RFC 9110, 11.6.1
    body = json.dumps(errors.problem(error, path, request_id))
    return Response(body, error.status, headers, media_type=PROBLEM)


def unexpected(error: Exception) -> ReelateError:
    """Log what should not have happened, and return what a caller may know of it."""
    # Code lines, not the message: it may quote a customer's data.
    logger.error(
        "unexpected error",
        extra={
            "error_type": type(error).__name__,
            "frames": [line.strip() for line in traceback.format_tb(error.__traceback__)[-6:]],
        },
    )
    return ReelateError("Something went wrong on our side.", code="internal")
