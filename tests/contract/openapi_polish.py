"""The last hand on the OpenAPI document: what can be read off the whole of it, and a plain word
for whoever adds a route and leaves something out."""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_ID = re.compile(r"([a-z]{2,4})_[0-9a-hjkmnp-tv-z]{26}")
METHODS = ("get", "post", "patch", "put", "delete")


def polish(spec: Json) -> None:
    """Give ids their patterns, drop what nobody refers to, put tags in order.

    Raises ValueError that names everything which a route has left out.
    """
    spec["tags"].sort(key=lambda tag: tag["name"])
    for name, schema in spec["components"]["schemas"].items():
        schema["title"] = name  # generators name a class after it; two contexts may have a `Link`
        _require_constants(schema)
    _pattern_ids(spec)
    _link(spec)
    _prune(spec)
    missing = list(lacks(spec))
    if missing:
        raise ValueError("The OpenAPI document is not complete:\n- " + "\n- ".join(missing))


def operations(spec: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield (method, path, operation)."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def lacks(spec: Json) -> Iterator[str]:
    """Yield a sentence for everything that an operation should say and does not."""
    known = {tag["name"] for tag in spec["tags"]}
    for method, path, operation in operations(spec):
        name = f"{method} {path}"
        if set(operation.get("tags", ())) - known:
            yield f"{name}: describe its tag in TAGS of tests/contract/openapi_words.py"
        if "security" not in operation:
            yield f'{name}: say who may, by `openapi_extra=operation("<resource>:<act>")`'
        if not operation.get("description"):
            yield f"{name}: say in `description=` what it does"
        for each in operation["parameters"]:
            if "$ref" not in each and not each.get("description"):
                yield f"{name}: say what `{each['name']}` is, by Path/Query(description=…)"
        for status, response in operation["responses"].items():
            for kind, media in response.get("content", {}).items():
                if kind == "application/json" and "example" not in media:
                    yield f"{name}: the reply {status} has no example"


def _require_constants(schema: Json) -> None:
    """A constant of what we show is always there, though its model has a default for it."""
    if schema.get("additionalProperties") is False:
        return  # what callers send
    for name, shape in schema.get("properties", {}).items():
        if "const" in shape and shape.get("default") == shape["const"]:
            del shape["default"]
            schema["required"] = sorted({*schema.get("required", ()), name})


def _pattern_ids(spec: Json) -> None:
    """Say of what shape the `id` of each path is, as the example of its record shows it."""
    prefixes = _prefixes(spec)
    for _, path, operation in operations(spec):
        collection = path.partition("/{id}")[0]
        for each in operation["parameters"]:
            if each.get("in") == "path" and each["name"] == "id" and collection in prefixes:
                prefix, example = prefixes[collection]
                # a route may know better: roles are also found by name
                each["schema"].setdefault("pattern", f"^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$")
                each["example"] = example


def _prefixes(spec: Json) -> dict[str, tuple[str, str]]:
    """Return (prefix, example) of the ids of each collection, by its path."""
    found = {}
    for path, item in spec["paths"].items():
        if path.endswith("/{id}") and "get" in item:
            reply = item["get"]["responses"]["200"]["content"]["application/json"]
            example = reply.get("example", {})
            shape = _ID.fullmatch(str(example.get("id")))
            if shape:
                found[path.removesuffix("/{id}")] = (shape[1], example["id"])
    return found


def _link(spec: Json) -> None:
    """Say what can be done with what was made: the operations that take its id."""
    for path, item in spec["paths"].items():
        made = item.get("post", {}).get("responses", {}).get("201")
        if made is None or "{" in path:
            continue
        links = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {"id": "$response.body#/id"},
            }
            for _, each, operation in operations(spec)
            if each.startswith(f"{path}/{{id}}") and each.count("{") == 1
        }
        if links:
            made["links"] = links


def _prune(spec: Json) -> None:
    """Drop refusals, headers, parameters and schemas that nothing refers to."""
    for section in ("responses", "headers", "parameters", "schemas"):
        words = json.dumps(spec)
        parts = spec["components"].get(section, {})
        spec["components"][section] = {
            name: part
            for name, part in parts.items()
            if f'"#/components/{section}/{name}"' in words
        }
