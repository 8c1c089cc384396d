"""Requests that succeed, made of the OpenAPI document: what the generated tests send, or change in
one place. And all that is held, to tell whether a request has left anything behind."""

import json
from typing import Any, NamedTuple

from moto.backends import get_backend

from functions.identity.key_text import KeyText
from functions.shared import aws
from functions.shared.ids import new_id
from tests.contract.world import BUCKETS, World
from tests.integration.cloud import REGION, TABLES

Operation = tuple[str, str, Any]  # method, path, what the document says of it

# What no request here succeeds at: these want a record inside another, a file that has arrived, a
# run, renditions, or a person who is signed in; the tests of their contexts have those.
ELSEWHERE = {
    "PATCH /v1/deals/{id}/line-items/{line}", "DELETE /v1/deals/{id}/line-items/{line}",
    "POST /v1/merges/{id}/undo", "POST /v1/invitations/accept", "POST /v1/members/{id}/invite",
    "POST /v1/workspaces/{id}/switch",
    "POST /v1/videos/pull", "POST /v1/videos/{id}/complete", "POST /v1/videos/{id}/playback",
    "POST /v1/videos/{id}/source", "POST /v1/videos/{id}/source/pull",
    "POST /v1/videos/{id}/runs", "POST /v1/videos/{id}/runs/cancel",
    "DELETE /v1/videos/{id}/shares/{share_id}",
    *(f"{each} /v1/videos/{{id}}/captions/{{language}}" for each in ("PATCH", "DELETE")),
    "POST /v1/videos/{id}/captions/{language}/revert",
    *(f"POST /v1/imports/{{id}}/{act}"
      for act in ("complete", "preview", "report", "resume", "revert", "run", "start")),
    "POST /v1/exports/{id}/download",
}  # fmt: skip
# Names that are taken, records that are not there.
_LEFT_OUT = {"amount", "links", "name", "reassign_to", "required"}
_LINE = {"description": "Seats", "unit_price": {"amount_minor": 100, "currency": "USD"}}
# What lies in a record, by its path: of which resource, what makes one, what changes one.
PARTS: dict[str, tuple[str, Any, Any]] = {
    "/v1/deals/{id}/line-items/{line}": ("deals", _LINE, {"quantity": "3"}),
    "/v1/videos/{id}/shares/{share_id}": ("videos", {"recipient": {"name": "Dana"}}, None),
}
# What must have happened to a record first.
_BEFORE: dict[str, tuple[Any, ...]] = {
    "/v1/leads/{id}/unconvert": ("POST", "/convert", {}),
    "/v1/activities/{id}/reopen": ("POST", "/complete"),
    "/v1/members/{id}/reactivate": ("POST", "/deactivate"),
    "/v1/pipelines/{id}/reopen": ("POST", "/archive"),
}


class Good(NamedTuple):
    """A request that is good: its path, its body, and its headers as World.send takes them."""

    path: str
    body: Any
    headers: dict[str, str]


def request(world: World, operation: Operation) -> Good:
    """Return a request that succeeds, as far as the world has what it takes."""
    method, path, described = operation
    resource = path.split("/")[2]
    if method == "POST" and path == f"/v1/{resource}" and world.makes(resource):
        return Good(path, world.body(resource), {})
    if path.endswith("/batch"):
        made = {"op": "create", "body": world.body(resource)}
        return Good(path, {"operations": [made]}, {})
    if path.endswith("/upsert"):
        body = {**world.body(resource), "external_id": new_id("ext")}
        return Good(f"{path}?by=external_id", body, {})
    if path.endswith("/merge"):
        return Good(path, {"ids": [world.new(resource), world.new(resource)]}, {})
    known = _known(world, path, described.get("requestBody"))
    headers = {}
    if "{id}" in path:
        acts = method == "POST" and path.count("/") == 4
        record_id = _fresh(world, resource) if acts else world.record(resource)
        found = f"/v1/{resource}/{record_id}"
        if "428" in described["responses"]:
            headers["If_Match"] = world.send("GET", found).headers["etag"]
        before = ("DELETE", "") if path.endswith("/restore") else _BEFORE.get(path)
        if before is not None:
            assert world.send(before[0], found + before[1], *before[2:]).status in (200, 204)
        path = path.replace("{id}", record_id)
    for each in described.get("parameters", ()):
        if each.get("in") == "path" and each["name"] != "id":
            path = path.replace(f"{{{each['name']}}}", each["schema"]["examples"][0])
    return Good(path, known, headers)


def part(world: World, path: str) -> str:
    """Return the path of something that lies in a record, made for it."""
    resource, body, _change = PARTS[path]
    whole = f"/v1/{resource}/{world.record(resource)}/{path.split('/')[4]}"
    status, made = world.call("POST", whole, body)
    assert status == 201, made
    return f"{whole}/{made['id']}"


def _known(world: World, path: str, body: Any) -> Any:
    """Return an example of a body without what is not there; None where there is no body."""
    if path == "/v1/automations/{id}/test":
        return {"record_id": world.record("contacts")}
    example = body and body["content"]["application/json"]["example"]
    left_out = _LEFT_OUT if "{id}" in path else set()
    return example and {k: v for k, v in example.items() if k not in left_out}


def stranger(world: World) -> World:
    """Return the second workspace, with records of its own."""
    text = KeyText.read(world.other)
    assert text is not None
    return World(text.workspace, world.other, world.key)


def everything() -> dict[str, str]:
    """Return all that tables and buckets hold, but for the rate limits' counters and the hour of a
    key's last use, which any request writes that is the first of its hour."""
    held = {}
    account = get_backend("dynamodb")["123456789012"][REGION]
    for name in TABLES:
        for partition in account.tables[name].items.values():
            for item in partition.values():
                attributes = item.to_json()["Attributes"]
                place = f"{name} {attributes['pk']['S']} {attributes['sk']['S']}"
                if attributes.pop("last_used_at", None):
                    stamps = attributes.pop("_audit")["L"]
                    told = [each for each in stamps if each["M"]["type"]["S"] != "api_key.used"]
                    attributes["_audit"] = {"L": told}
                if not place.endswith(" RATE"):
                    held[place] = json.dumps(attributes, sort_keys=True)
    for bucket in BUCKETS.values():
        for each in aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ()):
            held[f"{bucket} {each['Key']}"] = each["ETag"]
        for each in aws.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            held[f"{bucket} {each['Key']} {each['UploadId']}"] = "open"
    return held


def held_by(world: World) -> dict[str, str]:
    """Return what is held of one workspace."""
    return {place: it for place, it in everything().items() if world.workspace in place}


def held_beside(world: World) -> dict[str, str]:
    """Return what is held, without what is one workspace's."""
    return {place: it for place, it in everything().items() if world.workspace not in place}


def _fresh(world: World, resource: str) -> str:
    """Return a record that nothing was done to, or any where there may be no more."""
    if world.makes(resource):
        status, made = world.call("POST", f"/v1/{resource}", world.body(resource))
        if status == 201:
            return str(made["id"])
    return world.record(resource)
