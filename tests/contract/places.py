"""Where a request may name a record: every text of an operation's body and query, as the OpenAPI
document describes them, and what kind of record its name speaks of."""

import copy
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from tests.contract import openapi

Json = dict[str, Any]

# What a field's name does not say by itself.
_SPEAKS_OF = {"owner": "member", "reassign_to": "member", "role": "role"}


class Place(NamedTuple):
    """A text in a body: where it is, what it may look like, the kinds that a `type` beside it may
    name."""

    path: tuple[str | int, ...]
    pattern: str | None
    beside: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/" + "/".join(map(str, self.path))

    def mentions(self, record_id: str) -> bool:
        """Say whether the document speaks of ids like this one here, or leaves the shape open."""
        return self.pattern is None or record_id.split("_")[0] in self.pattern

    def takes(self, text: str) -> bool:
        """Say whether the document allows the text here."""
        return self.pattern is None or re.search(self.pattern, text) is not None


def kind_of(name: str, kinds: Mapping[str, Any]) -> str | None:
    """Return the kind of record that a field of this name holds an id of; None for plain text."""
    stem = re.sub(r"_ids?$", "", name)
    kind = _SPEAKS_OF.get(stem, stem)
    return kind if kind in kinds and (stem != name or name in _SPEAKS_OF) else None


def of_body(spec: Json, operation: Json, body: Any) -> Iterator[Place]:
    """Yield the places of a body that is like `body`, with what that leaves out."""
    described = operation.get("requestBody")
    if described is not None:
        yield from _texts(spec, described["content"]["application/json"]["schema"], body, ())


def of_query(spec: Json, operation: Json) -> Iterator[str]:
    """Yield the query parameters whose value is a text of the caller's."""
    for each in operation["parameters"]:
        parameter = openapi.resolve(spec, each)
        schema = parameter["schema"]
        free = any(
            shape.get("type") == "string" and "enum" not in shape
            for shape in schema.get("anyOf", [schema])
        )
        if free and parameter["in"] == "query" and parameter["name"] != "cursor":
            yield parameter["name"]


def put(body: Any, place: Place, text: str, kind: str | None = None) -> Any:
    """Return the body with a text in a place, and `kind` as the `type` beside it."""
    changed = copy.deepcopy(body) if body is not None else {}
    holder, inside = changed, place.path
    for here, following in pairwise(inside):
        empty: Any = [] if isinstance(following, int) else {}
        holder = _entered(holder, here, empty)
    _entered(holder, inside[-1], None)
    holder[inside[-1]] = text
    if place.beside and kind is not None:
        holder["type"] = kind
    return changed


def _entered(holder: Any, key: str | int, empty: Any) -> Any:
    if isinstance(holder, list):
        if key == len(holder):
            holder.append(empty)
    elif holder.get(key) is None:
        holder[key] = empty
    return holder[key]


def _texts(
    spec: Json, schema: Json, value: Any, path: tuple[str | int, ...], beside: tuple[str, ...] = ()
) -> Iterator[Place]:
    schema = openapi.resolve(spec, schema)
    for branch in _branches(spec, schema, value):
        yield from _texts(spec, branch, value, path, beside)
    if schema.get("type") == "string" and not {"enum", "const"} & schema.keys():
        yield Place(path, schema.get("pattern"), beside)
    if "items" in schema:
        several = value if isinstance(value, list) and value else [None]
        for number, each in enumerate(several):
            yield from _texts(spec, schema["items"], each, (*path, number))
    properties = schema.get("properties", {})
    kinds = tuple(openapi.resolve(spec, properties.get("type", {})).get("enum", ()))
    for name, inner in properties.items():
        there = value.get(name) if isinstance(value, dict) else None
        yield from _texts(spec, inner, there, (*path, name), kinds if name == "id" else ())


def _branches(spec: Json, schema: Json, value: Any) -> Iterator[Json]:
    """Yield what a value like this may be, of what `anyOf` and `oneOf` allow."""
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        shape = openapi.resolve(spec, each)
        fixed = {
            name: inner["const"]
            for name, inner in shape.get("properties", {}).items()
            if "const" in inner
        }
        if not isinstance(value, dict) or fixed.items() <= value.items():
            yield shape
