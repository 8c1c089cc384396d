"""What the OpenAPI document says of all routes: what it is, tags, refusals, headers."""

from typing import Any

from functions.shared.errors import PROBLEMS
from tests.contract import openapi_manners as manners

Json = dict[str, Any]

INFO: Json = {
    "title": "Reelate",
    "version": "v1",
    "summary": "A CRM without a face, in which a video is a first-class record.",
    "description": "Every list pages with `limit` and `cursor`; every record has an `ETag`; every "
    "write takes an `Idempotency-Key`; every refusal is problem+json (RFC 9457). Times are RFC "
    "3339 in UTC, amounts are in minor units, offsets into media are milliseconds. A query "
    "parameter that is unknown or repeated is a 400.\n\n## Versions\n\n"
    "Name one in `Reelate-Version`; else it is the one your credential is pinned to, else the "
    "newest. An older version's replies carry `Deprecation` and `Sunset`. New fields, new routes "
    "and new values come without a new version.\n\n" + manners.changelog_text(),
    "x-versions": manners.changelog(),
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
}
TAGS = {
    "identity": "Who you are, and the keys of your workspace.",
    "audit": "Who did what, when, from where, and what it changed.",
    "contacts": "People.",
    "companies": "Organisations.",
    "deals": "Possible sales and the pipeline they move through.",
    "notes": "What was written down about people, organisations and deals.",
    "videos": "Recordings: upload, processing, runs.",
    "playback": "Links that play a video.",
    "insight": "Transcripts, and what they say with evidence.",
}
STATUSES: dict[int, tuple[str, str]] = {
    **{each.status: (each.__name__.removesuffix("Error"), each.title) for each in PROBLEMS},
    500: ("Internal", "Internal error"),
}
DETAILS = {
    400: "Expecting ',' delimiter at line 1, column 21.",
    401: "The credential is unknown, revoked or expired.",
    403: "This credential lacks the scope 'contacts:write'.",
    404: "There is no such contact.",
    405: "This path does not take that method.",
    409: "Another contact has this email already.",
    412: "The record has changed since you read it.",
    413: "A request body may have at most 1,000,000 bytes.",
    415: "The body must be sent as application/json.",
    422: "The request has invalid fields; see `errors`.",
    428: "Send `If-Match`.",
    429: "This credential has sent too many requests; wait 2 s.",
    500: "Something went wrong on our side.",
    503: "The database is busy; please try again.",
}
CODES = {400: "invalid_json", 403: "missing_scope", 409: "duplicate_email", 429: "rate_limited"}
FAULT = {"pointer": "/name", "code": "missing", "message": "Field required"}
REPLY_HEADERS: Json = {
    "RequestId": ("The request's id; quote it when you ask about a reply.", {}),
    "ETag": ("The version of the record, for `If-Match` and `If-None-Match`.", {}),
    "Location": ("Where it is.", {"format": "uri-reference"}),
    "IdempotencyReplayed": ("`true` when this reply is a stored one.", {"enum": ["true"]}),
    "RateLimit": (
        (
            "What is left of each rate limit (`r`), and in how many seconds it is whole (`t`); "
            "after a 429, in how many seconds to come back."
        ),
        {"examples": ['"principal";r=198;t=1, "workspace";r=797;t=1']},
    ),
    "RateLimitPolicy": (
        (
            "Your rate limits: tokens at once (`q`), and in how many seconds as many "
            "flow in (`w`). A request takes its operation's `x-rate-cost`."
        ),
        {"examples": ['"principal";q=200;w=4, "workspace";q=800;w=4']},
    ),
    "RetryAfter": ("Seconds to wait.", {"pattern": "^[0-9]+$"}),
    **manners.HEADERS,
}
# What docs/serve answers, which is no application of routes.
