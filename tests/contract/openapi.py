"""Writes functions/openapi.json: the API of all functions as one OpenAPI 3.1 document.

    python -m tests.contract.openapi

The routes say what is theirs (summary, models, scope, refusals); what holds for every route is
added here, once: the common refusals, their examples, and the headers of requests and replies.
"""

import copy
import importlib
import json
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from functions.shared.errors import PROBLEMS
from functions.shared.openapi import COMPONENTS
from infra import packaging
from tests.contract import openapi_manners as manners
from tests.contract import openapi_words as words
from tests.contract.examples import EXAMPLES
from tests.contract.examples_of_merges import of_operation
from tests.contract.openapi_policy import roles_of
from tests.contract.openapi_polish import polish

PATH = Path(__file__).resolve().parents[2] / "functions" / "openapi.json"
PROBLEM = "application/problem+json"
METHODS = ("get", "post", "patch", "put", "delete")

Json = dict[str, Any]

_DESCRIPTION: Json = {
    "paths": {
        "/v1/openapi.json": {
            "get": {
                "tags": ["identity"],
                "summary": "Read this document",
                "description": "The API's description, OpenAPI 3.1; needs no credential. `/docs/` "
                "shows it to people.",
                "operationId": "get_openapi",
                "x-cache-control": "public, max-age=300",
                "security": [],
                "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}],
                "responses": {
                    "200": {
                        "description": "Successful Response",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Description"}
                            }
                        },
                    },
                    "304": {"description": "You have this version."},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Description": {
                "type": "object",
                "title": "Description",
                "description": "An OpenAPI 3.1 document.",
                "required": ["openapi", "info", "paths"],
                "properties": {
                    "openapi": {"type": "string"},
                    "info": {"type": "object"},
                    "paths": {"type": "object"},
                },
            }
        }
    },
}


_LIMITS = {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}


def document() -> Json:
    """Return the whole document."""
    merged: Json = {
        "openapi": "3.1.0",
        "info": words.INFO,
        "servers": [{"url": "/", "description": "Where your deployment answers."}],
        "tags": [{"name": name, "description": text} for name, text in words.TAGS.items()],
        "security": [{"bearer": []}],
        "paths": {},
        "components": {**copy.deepcopy(COMPONENTS), **_shared()},
    }
    merged["components"]["parameters"]["RequestId"] = {
        "name": "X-Request-Id",
        "in": "header",
        "required": False,
        "description": "Your id for this request, 8 to 128 letters, digits and `._:-`; replaced "
        "by one of ours when it is anything else.",
        "schema": {"type": "string"},
    }
    merged["components"]["parameters"]["Version"] = manners.VERSION
    for context, folder in packaging.handlers():
        if packaging.is_api(folder):
            app = importlib.import_module(f"functions.{context}.{folder}.handler").app
            part = copy.deepcopy(app.openapi())
            for route in app.routes:
                if isinstance(route, APIRoute):
                    for method in route.methods:
                        manners.introduce(part["paths"][route.path_format][method.lower()], route)
            _add(merged, context, part)
    _add(merged, "docs", copy.deepcopy(_DESCRIPTION))
    for path in merged["paths"].values():
        for operation in path.values():
            _complete(operation)
            for scopes in (each["bearer"] for each in operation.get("security", ())):
                operation["x-roles"] = roles_of(scopes)
    manners.relate(merged["components"]["schemas"])
    _exemplify(merged)
    merged["paths"] = dict(sorted(merged["paths"].items()))
    merged["components"]["schemas"] = dict(sorted(merged["components"]["schemas"].items()))
    polish(merged)
    return merged


def text() -> str:
    """Return the committed file's content."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def resolve(spec: Json, node: Json) -> Json:
    """Follow a `$ref` inside the document."""
    while "$ref" in node:
        found: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _add(merged: Json, context: str, part: Json) -> None:
    """Take in one function's paths and schemas; a name that means two things gets its context."""
    ours = part.get("components", {}).get("schemas", {})
    for gone in ("HTTPValidationError", "ValidationError"):
        ours.pop(gone, None)
    known = merged["components"]["schemas"]
    renamed = {
        name: f"{context.capitalize()}{name}"
        for name, schema in ours.items()
        if name in known and known[name] != schema
    }
    words = json.dumps({"paths": part["paths"], "schemas": ours})
    for old, new in renamed.items():
        words = words.replace(f'"#/components/schemas/{old}"', f'"#/components/schemas/{new}"')
    part = json.loads(words.replace("{video_id}", "{id}").replace('"video_id", "in"', '"id", "in"'))
    known.update({renamed.get(name, name): schema for name, schema in part["schemas"].items()})
    for path, operations in part["paths"].items():
        there = merged["paths"].setdefault(path, {})
        twice = there.keys() & operations.keys()
        if twice:
            raise ValueError(f"two functions answer {sorted(twice)} {path}")
        there.update(operations)


def _complete(operation: Json) -> None:
    """Add what every route of its kind has: refusals, headers."""
    parameters = operation.setdefault("parameters", [])
    heeds = {each["$ref"].split("/")[-1] for each in parameters if "$ref" in each}
    for each in parameters:
        each.get("schema", {}).pop("title", None)
    for each in ("RequestId",) if _static(operation) else ("RequestId", "Version"):
        parameters.append({"$ref": f"#/components/parameters/{each}"})
    responses = operation["responses"]
    refusals = _refusals(operation, heeds)
    for status in [each for each in responses if int(each) >= 400 and int(each) not in refusals]:
        del responses[status]  # such as FastAPI's own 422 for path parameters that are text
    for status in refusals:
        responses[str(status)] = {"$ref": f"#/components/responses/{words.STATUSES[status][0]}"}
    for status, response in responses.items():
        if "$ref" not in response:
            response["headers"] = _headers(operation, status, heeds)
            if response["description"] == "Successful Response":
                response["description"] = operation["summary"] + "."
    if not _static(operation):
        manners.finish(operation)
    operation["responses"] = dict(sorted(responses.items()))


def _static(operation: Json) -> bool:
    """Say whether this is a file of docs/serve, which knows no versions."""
    return operation["operationId"] == "get_openapi"


def _refusals(operation: Json, heeds: set[str]) -> list[int]:
    declared = {
        int(status)
        for status, response in operation["responses"].items()
        if PROBLEM in response.get("content", {})
    }
    found = declared | {400, 429, 500, 503}
    own = [each for each in operation["parameters"] if "in" in each]
    inputs = {each["in"] for each in own}
    if operation.get("security") == []:
        found -= {403}
    else:
        found |= {401, 403}
    if "requestBody" in operation:
        found |= {400, 413, 415, 422}
    if "IfMatch" in heeds:
        found |= {412}
    if "IdempotencyKey" in heeds:
        found |= {400, 409, 422}
    if "query" in inputs or any(each["schema"].get("type") != "string" for each in own):
        found |= {422}
    if "path" in inputs:
        found |= {404}
    return sorted(found)


def _headers(operation: Json, status: str, heeds: set[str]) -> Json:
    names = {"X-Request-Id": "RequestId"}
    if operation.get("security") != []:
        names |= _LIMITS
    if status in ("201", "302", "307"):
        names["Location"] = "Location"
    if status in ("200", "201", "202", "304") and heeds & {"IfMatch", "IfNoneMatch"}:
        names["ETag"] = "ETag"
    if status == "201":
        names["ETag"] = "ETag"
    if "IdempotencyKey" in heeds and status.startswith("2"):
        names["Idempotency-Replayed"] = "IdempotencyReplayed"
    return {name: {"$ref": f"#/components/headers/{each}"} for name, each in names.items()}


def _shared() -> Json:
    """Return the components that this module adds: reply headers, and each refusal once."""
    return {
        "headers": {
            name: {"description": meaning, "schema": {"type": "string", **more}}
            for name, (meaning, more) in words.REPLY_HEADERS.items()
        },
        "responses": {
            name: {
                "description": title,
                "headers": {
                    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
                    **{
                        each: {"$ref": f"#/components/headers/{component}"}
                        for each, component in _LIMITS.items()
                    },
                    **(
                        {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
                        if status in (404, 409, 429, 503)
                        else {}
                    ),
                    **(
                        {"WWW-Authenticate": {"$ref": "#/components/headers/WwwAuthenticate"}}
                        if status == 401
                        else {}
                    ),
                },
                "content": {
                    PROBLEM: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "example": _problem(status),
                    }
                },
            }
            for status, (name, title) in sorted(words.STATUSES.items())
        },
    }


def _problem(status: int) -> Json:
    slugs = {each.status: each.slug for each in PROBLEMS} | {500: "internal"}
    made: Json = {
        "type": f"/problems/{slugs[status]}",
        "title": words.STATUSES[status][1],
        "status": status,
        "detail": words.DETAILS[status],
        "instance": "/v1/contacts",
        "code": words.CODES.get(status, slugs[status].replace("-", "_")),
        "request_id": "0b9e7c1e-5a52-4a0e-8f57-0d7a6c2b1f10",
    }
    if status == 429:
        made["violated-policies"] = ["principal"]
    return {**made, "errors": [words.FAULT]} if status == 422 else made


def _exemplify(spec: Json) -> None:
    """Put an example beside every JSON body: the model's own, or the one kept in examples.py."""
    for path in spec["paths"].values():
        for operation in path.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                media = body.get("content", {}).get("application/json")
                if media is not None:
                    whole = manners.batch_example(media["schema"], EXAMPLES)
                    made = whole or _example(spec, media["schema"])
                    media["example"] = of_operation(operation["operationId"], made)


def _example(spec: Json, schema: Json) -> Any:
    """Return a schema's example; a page's is made of its items'. Raises LookupError for none."""
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
    name = schema["$ref"].split("/")[-1]
    known = resolve(spec, schema)
    if name in EXAMPLES:
        return EXAMPLES[name]
    if "examples" in known:
        return known["examples"][0]
    if "data" not in known["properties"]:
        raise LookupError(
            f"the model {name} has no example: give it `json_schema_extra={{'examples': […]}}`, "
            "or put one into tests/contract/examples.py"
        )
    items = known["properties"]["data"]["items"]
    page = {"data": [_example(spec, items)]}
    return page | {"next_cursor": None} if "next_cursor" in known["properties"] else page


if __name__ == "__main__":
    PATH.write_text(text())
