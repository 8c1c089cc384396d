"""Refusals as replies: RFC 9457 problem details."""

import json

from fastapi import Response

from functions.shared import errors
from functions.shared.errors import ReelateError

PROBLEM = "application/problem+json"


def problem(error: ReelateError, path: str, request_id: str) -> Response:
    """Render a refusal as a reply."""
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    body = json.dumps(errors.problem(error, path, request_id))
    return Response(body, error.status, headers, media_type=PROBLEM)
