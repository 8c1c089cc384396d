"""What the OpenAPI document says of all routes: what it is, tags, refusals, headers."""

from typing import Any

from functions.shared.errors import PROBLEMS
from tests.contract import openapi_manners as manners
from tests.contract.openapi_policy import policy, policy_text

Json = dict[str, Any]

_CONVENTIONS = """\
A CRM without a face, in which a video is a first-class record. One set of rules for every resource:

- **Credentials**: `Authorization: Bearer …`, an API key (`rl_live_…`) or an access token. Each
  operation names the scope that it needs.
- **Records** are `{id, object, created_at, updated_at, created_by, version, …}`. An id tells its
  type (`con_…`, `dea_…`); another workspace's is as absent as one that never was: 404.
- **Times** are RFC 3339 in UTC with milliseconds, amounts are in minor units with their currency,
  offsets into media are milliseconds.
- **Lists** page with `limit` and `cursor` and answer `{data, next_cursor}`; follow `next_cursor`
  until it is null.
- **Concurrency**: every record has a strong `ETag`. `If-None-Match` saves you its bytes (304),
  `If-Match` saves you from writing over another's change (412).
- **Changes** are JSON Merge Patch (RFC 7396): what is left out stays, null clears.
- **Retries**: every write takes an `Idempotency-Key`; sent again within 24 hours it gets the same
  reply (`Idempotency-Replayed: true`) and has no second effect.
- **Refusals** are problem+json (RFC 9457): branch on `code`, show `detail`, quote `request_id`. A
  query parameter that is unknown or repeated is a 400, an unknown field of a body a 422.
- **Limits**: `RateLimit` and `RateLimit-Policy` tell what is left; a 429 and a 503 tell in
  `Retry-After` when to come back.

## Versions

Name one in `Reelate-Version`; else it is the one your credential is pinned to, else the newest. An
older version's replies carry `Deprecation` and `Sunset`. New fields, new routes and new values
come without a new version.

"""
INFO: Json = {
    "title": "Reelate",
    "version": "v1",
    "summary": "A CRM without a face, in which a video is a first-class record.",
    "description": _CONVENTIONS + manners.changelog_text() + policy_text(),
    "x-policy": policy(),
    "x-versions": manners.changelog(),
    "contact": {"name": "Whoever runs your deployment"},
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
}
TAGS = {
    "identity": "Who you are, and the keys of your workspace.",
    "audit": "Who did what, when, from where, and what it changed.",
    "members": "The people of your workspace.",
    "workspaces": "Your workspaces, and the one that you work in.",
    "clients": "Programs that sign in with an id and a secret of their own (OAuth2).",
    "contacts": "People.",
    "companies": "Organisations.",
    "associations": "Which records have to do with which, and how.",
    "duplicates": "Records that may be the same person or company.",
    "merges": "Several records that became one.",
    "deals": "Possible sales, and how they move through their pipelines.",
    "leads": "People who may become customers, until it is known.",
    "lead rules": "The points that leads get, whose they become, and where they come from.",
    "pipelines": "The ordered stages that deals and leads move through.",
    "fields": "The workspace's own fields of records, and what its records are like.",
    "views": "Lists under a name: filters, an order, columns; private or shared.",
    "search": "Any-word prefix search over the records that you may read.",
    "products": "What you sell, for the line items of deals.",
    "automations": "What happens by itself: when, if, then, and what was done.",
    "activities": "Calls, meetings, emails, notes, tasks and messages, about any records.",
    "imports": "Files whose rows become records: looked at, mapped, previewed, run, taken back.",
    "exports": "Records written to files.",
    "videos": "Recordings: upload, processing, runs.",
    "captions": "Caption tracks of a video, one for each language: the transcript's own, and those"
    "that people send or edit.",
    "playback": "Links that play a video.",
    "viewing": "Who watched what of a video.",
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
    "WwwAuthenticate": (
        "How to come in: `Bearer`, with `error` when a credential was sent that is not good.",
        {"examples": ["Bearer", 'Bearer error="invalid_token"']},
    ),
    **manners.HEADERS,
}
# What docs/serve answers, which is no application of routes.
