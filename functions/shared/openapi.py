"""The words that every route's documentation shares: problems, headers, scopes.

Plain dictionaries that refer to COMPONENTS: they cost nothing when a function starts, and the
generator of the document adds COMPONENTS once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.shared.caching import NO_STORE, Policy
from functions.shared.errors import PROBLEMS

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {
            "type": "string",
            "enum": ["/problems/internal", *(f"/problems/{each.slug}" for each in PROBLEMS)],
            "description": "What kind of refusal it is. "
            + " ".join(
                f"`/problems/{each.slug}` ({each.status}): {(each.__doc__ or '').split(chr(10))[0]}"
                for each in PROBLEMS
            ),
            "examples": ["/problems/invalid"],
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people."},
        "instance": {"type": "string", "description": "The path of the request."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "request_id": {"type": "string"},
        "violated-policies": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The rate limits or quotas that were exceeded, of a 429.",
        },
        "duplicates": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Candidate"},
            "description": "The records that what was to be made may be, of `possible_duplicate`.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)."},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


COMPONENTS: dict[str, Any] = {
    "schemas": {"Problem": _PROBLEM},
    "parameters": {
        "IdempotencyKey": _header(
            "Idempotency-Key",
            "Kept 24 hours: the same request again gets the same reply and no second effect.",
            minLength=1,
            maxLength=255,
        ),
        "IfMatch": _header("If-Match", "The ETag that the change is based on; 412 when stale."),
        "IfNoneMatch": _header("If-None-Match", "The ETag that you have; 304 when unchanged."),
    },
    "securitySchemes": {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, `rl_live_…`.",
        }
    },
}

_TITLES = {each.status: each.title for each in PROBLEMS}
_EVERYWHERE = (401, 403, 429, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return a route's refusals for FastAPI's `responses`: those named and those of every route."""
    return {
        status: {
            "description": _TITLES[status],
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status in sorted({*statuses, *_EVERYWHERE})
    }


def operation(
    scope: str | None = None,
    *parameters: str,
    cache: Policy = NO_STORE,
    expands: Sequence[str] = (),
    farewell: Mapping[str, str] | None = None,
    batch: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """Return what FastAPI's own generator cannot know (`openapi_extra`): the scope that a route
    requires (None: any credential), the names, among COMPONENTS, of the headers it heeds, where
    its replies may be cached, what `expand` may name, (`versions.farewell`) when it goes, and of
    a batch the names of the schemas that its items take (new, patch), show and, for records with
    keys, take to upsert.

    `functions.shared.routes` does what is said here.
    """
    extra: dict[str, Any] = {"security": [{"bearer": [scope] if scope else []}]}
    told: list[dict[str, Any]] = [
        {"$ref": f"#/components/parameters/{each}"} for each in parameters
    ]
    if expands:
        told.append(_expand(expands))
    if told:
        extra["parameters"] = told
    if cache != NO_STORE:
        extra["x-cache-control"] = cache
    if farewell:
        extra |= {"x-farewell": dict(farewell), "deprecated": True}
    if batch:
        extra |= _batch(*batch)
    return extra


_BY: dict[str, Any] = {
    "type": "string",
    "maxLength": 80,
    "description": "A key of the records, as of their own `upsert`.",
}


def _batch(new: str, patch: str, shown: str, *upserted: str) -> dict[str, Any]:
    def item(op: str, required: Sequence[str], **properties: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "title": f"{op.capitalize()} {shown}",
            "additionalProperties": False,
            "required": ["op", *required],
            "properties": {"op": {"type": "string", "const": op}, **properties},
        }

    record_id = {"type": "string", "maxLength": 64}
    tag = {
        "type": "string",
        "maxLength": 255,
        "description": "The ETag that this is based on, or `*`.",
    }
    operations = [
        item("create", ["body"], body=_schema(new)),
        item("update", ["id", "body"], id=record_id, body=_schema(patch), if_match=tag),
        *(item("upsert", ["by", "body"], by=_BY, body=_schema(each)) for each in upserted),
        item("delete", ["id", "if_match"], id=record_id, if_match=tag),
    ]
    sent = {
        "type": "object",
        "title": f"{shown}Batch",
        "additionalProperties": False,
        "required": ["operations"],
        "properties": {
            "operations": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {"oneOf": operations},
            }
        },
    }
    result = {
        "type": "object",
        "title": f"{shown}Result",
        "required": ["status", "headers"],
        "properties": {
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": _schema(shown),
            "problem": _schema("Problem"),
        },
    }
    answered = {
        "type": "object",
        "title": f"{shown}Results",
        "required": ["data"],
        "properties": {"data": {"type": "array", "items": result}},
    }
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": sent}}},
        "responses": {
            "207": {
                "description": "One result for each operation, in their order: `body` where it "
                "succeeded (nothing of a `delete`), `problem` where it was refused.",
                "content": {"application/json": {"schema": answered}},
            }
        },
    }


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _expand(names: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "expand",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "description": "Related records to show in full, one level deep; null where there is none "
        "or you may not read it.",
        "schema": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "enum": list(names)},
        },
    }
