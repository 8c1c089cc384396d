"""What `functions.shared.routes` does on every route, as the OpenAPI document tells it: versions,
field selection, caching."""

from typing import Any

from fastapi.routing import APIRoute

from functions.crm.duplicates import Candidate
from functions.shared import caching, selection
from functions.shared.versions import LEDGER, Version

Json = dict[str, Any]

_FIELDS = (
    "Only these fields of each record, besides `id`, `object` and what `expand` adds; the reply's "
    "`ETag` is that of this selection."
)
HEADERS: dict[str, tuple[str, Json]] = {
    "CacheControl": (
        "What may be cached where. "
        + " ".join(f"`{policy}`: {meaning}" for policy, meaning in caching.MEANINGS.items()),
        {"enum": list(caching.MEANINGS)},
    ),
    "Version": (
        "The version that this reply has the shape of.",
        {"enum": [each.date for each in LEDGER.versions]},
    ),
    "Deprecation": (
        "Since when the version, or the route, is deprecated (RFC 9745): `@` and Unix seconds.",
        {"pattern": "^@[0-9]+$"},
    ),
    "Sunset": ("When it goes (RFC 8594).", {}),
}
VERSION: Json = {
    "name": "Reelate-Version",
    "in": "header",
    "required": False,
    "description": "The version to be answered in; else the one that the credential is pinned "
    "to; else the newest.",
    "schema": {"type": "string", "enum": [each.date for each in LEDGER.versions]},
}


def introduce(operation: Json, route: APIRoute) -> None:
    """Add what a route's own model says of field selection."""
    model = selection.record_of(route.response_model) if route.methods == {"GET"} else None
    if model is None:
        return
    names = sorted(selection.names_of(model))
    known: list[Json] = [{"type": "string", "enum": names}]
    if "custom" in names:
        known.append({"type": "string", "pattern": r"^custom\.[A-Za-z][A-Za-z0-9_.-]{0,63}$"})
    operation.setdefault("parameters", []).append(
        {
            "name": "fields",
            "in": "query",
            "required": False,
            "style": "form",
            "explode": False,
            "description": _FIELDS,
            "schema": {
                "type": "array",
                "minItems": 1,
                "maxItems": selection.MAX_FIELDS,
                "items": known[0] if len(known) == 1 else {"anyOf": known},
            },
        }
    )


def relate(schemas: Json) -> None:
    """Tell what is added to records: by `expand` where it is asked for, and to new ones."""
    schemas["Candidate"] = Candidate.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schemas["Candidate"].pop("$defs")
    for owner in ("Contact", "Company", "Lead", "ConversionView"):
        schemas[owner]["properties"]["duplicates"] = {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Candidate"},
            "description": "In the reply to what made something, where the workspace's policy is "
            "`warn` or `deny`: the likeliest records that it may be.",
        }
    for owner, name, kind in (("Contact", "company", "Company"), ("Deal", "company", "Company")):
        schemas[owner]["properties"][name] = _added(kind, name)
    schemas["Deal"]["properties"]["contacts"] = {
        "type": "array",
        "items": _added("Contact", "contacts"),
        "description": "With `expand=contacts`, in the order of `contact_ids`.",
    }
    for owner in ("Activity", "VideoSummary", "VideoView"):
        links = schemas[owner]["properties"]["links"]
        sent = links["items"]["$ref"].rsplit("/", 1)[1]
        links["items"] = {"$ref": f"#/components/schemas/Shown{sent}"}
        schemas[f"Shown{sent}"] = _shown_link(schemas[sent])


def _shown_link(sent: Json) -> Json:
    """Return a link as replies show it, made of the one that bodies hold."""
    shown = {name: each for name, each in sent.items() if name != "additionalProperties"}
    record: Json = {
        "anyOf": [
            {
                "type": "object",
                "required": ["id", "object"],
                "properties": {"id": {"type": "string"}, "object": {"type": "string"}},
            },
            {"type": "null"},
        ],
        "description": "With `expand=links`, the record; null where there is none or you may not "
        "read it.",
    }
    return {**shown, "properties": {**sent["properties"], "record": record}}


def _added(kind: str, name: str) -> Json:
    return {
        "anyOf": [{"$ref": f"#/components/schemas/{kind}"}, {"type": "null"}],
        "description": f"With `expand={name}`; null where there is none or you may not read it.",
    }


def finish(operation: Json) -> None:
    """Add the headers of every reply that is no refusal."""
    policy = operation.get("x-cache-control", caching.NO_STORE)
    operation["x-cache-control"] = policy
    for status, response in operation["responses"].items():
        if status[0] in "23" and "$ref" not in response:
            headers = response["headers"]
            headers["Reelate-Version"] = {"$ref": "#/components/headers/Version"}
            headers["Cache-Control"] = {"$ref": "#/components/headers/CacheControl"}
            for name in operation.get("x-farewell", {}):
                if name != "link":
                    headers[name.title()] = {"$ref": f"#/components/headers/{name.title()}"}


def batch_example(schema: Json, examples: Json) -> Json | None:
    """Return the example of a batch's body or reply, made of its resource's; None for others."""
    shown, _, what = schema.get("title", "").partition("Batch")
    if what == "" and shown and "operations" in schema.get("properties", {}):
        _create, update, *_others = schema["properties"]["operations"]["items"]["oneOf"]
        new, patch = (
            examples[each["properties"]["body"]["$ref"].split("/")[-1]]
            for each in (_create, update)
        )
        record_id = examples[shown]["id"]
        operations = [
            {"op": "create", "body": new},
            {"op": "update", "id": record_id, "body": patch, "if_match": '"1"'},
            {"op": "delete", "id": record_id, "if_match": "*"},
        ]
        if len(_others) > 1:
            operations.append(
                {"op": "upsert", "by": "external_id", "body": {**patch, "external_id": "crm-4711"}}
            )
        return {"operations": operations}
    if schema.get("title", "").endswith("Results"):
        record = examples[schema["title"].removesuffix("Results")]
        made = {"status": 201, "headers": {"etag": '"1"'}, "body": record}
        return {"data": [made, {**made, "status": 200}, {"status": 204, "headers": {}}]}
    return None


def changelog() -> list[Json]:
    """Return the versions, newest first, as the document lists them (`x-versions`)."""
    return [_told(each) for each in reversed(LEDGER.versions)]


def changelog_text() -> str:
    """Return the same as a table for people."""
    rows = [
        f"| {each.date} | {each.sunset.date() if each.sunset else 'no end'} | {_summary(each)} |"
        for each in reversed(LEDGER.versions)
    ]
    return "\n".join(["| version | until | what changed |", "|---|---|---|", *rows])


def _told(version: Version) -> Json:
    return {
        "version": version.date,
        "summary": version.summary,
        "deprecated": version.deprecated and version.deprecated.date().isoformat(),
        "sunset": version.sunset and version.sunset.date().isoformat(),
        "changes": [
            {"operation": each.operation, "summary": each.summary} for each in version.changes
        ],
    }


def _summary(version: Version) -> str:
    details = [f"`{each.operation}`: {each.summary}" for each in version.changes]
    return " ".join([version.summary, *details])
