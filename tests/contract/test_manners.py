"""What every route does beside its own work, generated from the OpenAPI document: a new route is
covered the day it is born."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared.caching import MEANINGS
from functions.shared.versions import LEDGER
from tests.contract import good_requests as good
from tests.contract import openapi
from tests.contract.world import World, open_world

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
]
# Those of functions/shared/routes.py: the document itself is a file.
ROUTES = [each for each in OPERATIONS if each[1] != "/v1/openapi.json"]
SECURED = [each for each in OPERATIONS if each[2].get("security") != []]
READS = [each for each in SECURED if each[0] == "GET"]


def _named(operation: tuple[str, str, Any]) -> str:
    return f"{operation[0]} {operation[1]}"


def _takes(operation: tuple[str, str, Any], name: str) -> bool:
    parameters = (openapi.resolve(SPEC, each) for each in operation[2]["parameters"])
    return name in {each["name"] for each in parameters}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


def _path(world: World, path: str) -> str:
    """Return the path of a record that is there, or of a list that has one."""
    resource = path.split("/")[2]
    if path in good.PARTS:
        return good.part(world, path)
    if path.endswith("/lookup"):
        known = f"/v1/{resource}/{world.record(resource)}"
        assert world.call("PATCH", known, {"external_id": "known"})[0] == 200
        return _asking(path, "by=external_id&value=known")
    for operation in SPEC["paths"][path].values():
        for each in operation.get("parameters", ()):
            if each.get("in") == "path" and each["name"] != "id" and "examples" in each["schema"]:
                path = path.replace(f"{{{each['name']}}}", each["schema"]["examples"][0])
    return path.replace("{id}", world.record(resource)) if world.makes(resource) else path


def _asking(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=_named)
def test_a_route_says_where_its_replies_may_be_cached(operation: tuple[str, str, Any]) -> None:
    assert operation[2]["x-cache-control"] in MEANINGS
    if operation[0] != "GET":
        assert operation[2]["x-cache-control"] == "no-store"


@pytest.mark.parametrize("operation", READS, ids=_named)
def test_a_reading_is_cached_as_its_document_says(
    world: World, operation: tuple[str, str, Any]
) -> None:
    reply = world.send("GET", _path(world, operation[1]))
    allowed = operation[2]["x-cache-control"]

    # a refusal is never kept; nor is a redirect to a link that dies soon
    wanted = allowed if reply.status == 200 else "no-store"
    assert reply.headers["cache-control"] == wanted
    if allowed == "private, no-cache" and reply.status == 200:
        again = world.send("GET", _path(world, operation[1]), If_None_Match=reply.headers["etag"])
        assert again.status == 304
        assert again.headers["cache-control"] == allowed
        assert again.headers["etag"] == reply.headers["etag"]


@pytest.mark.parametrize("operation", [e for e in READS if _takes(e, "fields")], ids=_named)
def test_every_field_of_a_record_can_be_selected_alone(
    world: World, operation: tuple[str, str, Any]
) -> None:
    path = _path(world, operation[1])
    parameter = next(p for p in operation[2]["parameters"] if p.get("name") == "fields")
    items = parameter["schema"]["items"]
    names = items.get("anyOf", [items])[0]["enum"]

    whole = _records(world.send("GET", path).json)
    for name in names:
        shown = _records(world.send("GET", _asking(path, f"fields={name}")).json)
        keep = {"id", "object", name}
        assert shown == [
            {key: value for key, value in each.items() if key in keep} for each in whole
        ], name


@pytest.mark.parametrize("operation", [e for e in READS if _takes(e, "expand")], ids=_named)
def test_what_can_be_expanded_is_and_nothing_else(
    world: World, operation: tuple[str, str, Any]
) -> None:
    path = _path(world, operation[1])
    parameter = next(p for p in operation[2]["parameters"] if p.get("name") == "expand")

    plain = _records(world.send("GET", path).json)
    for name in parameter["schema"]["items"]["enum"]:
        shown = world.send("GET", _asking(path, f"expand={name}"))
        assert shown.status == 200
        assert [each["id"] for each in _records(shown.json)] == [each["id"] for each in plain]
        assert _records(shown.json) != plain
        if "etag" in shown.headers:
            again = world.send(
                "GET", _asking(path, f"expand={name}"), If_None_Match=shown.headers["etag"]
            )
            assert again.status == 304
    refused = world.send("GET", _asking(path, "expand=everything"))
    assert (refused.status, refused.json["code"]) == (400, "unknown_expansion")


@pytest.mark.parametrize("operation", SECURED, ids=_named)
def test_an_unknown_query_parameter_is_refused(
    world: World, operation: tuple[str, str, Any]
) -> None:
    reply = world.send(operation[0], _asking(_path(world, operation[1]), "no_such_thing=1"))

    assert (reply.status, reply.json["code"]) == (400, "unknown_parameter")


@pytest.mark.parametrize("operation", ROUTES, ids=_named)
def test_a_version_that_is_not_served_is_refused_everywhere(
    world: World, operation: tuple[str, str, Any]
) -> None:
    path = _path(world, operation[1])

    refused = world.send(operation[0], path, Reelate_Version="2001-01-01")

    assert (refused.status, refused.json["code"]) == (400, "unknown_version")


@pytest.mark.parametrize("operation", ROUTES, ids=_named)
def test_every_reply_has_the_headers_of_every_reply(
    world: World, operation: tuple[str, str, Any]
) -> None:
    reply = world.send(operation[0], _path(world, operation[1]), Reelate_Version="2026-11-22")

    assert reply.headers["reelate-version"] == "2026-11-22"
    assert reply.headers["deprecation"].startswith("@")
    assert reply.headers["x-request-id"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "Reelate-Version" in reply.headers["vary"]


def test_the_changelog_is_in_the_document() -> None:
    told = SPEC["info"]["x-versions"]

    assert [each["version"] for each in told] == [each.date for each in reversed(LEDGER.versions)]
    operations = {each[2]["operationId"] for each in OPERATIONS}
    assert {change["operation"] for each in told for change in each["changes"]} <= operations


def _records(reply: Any) -> list[Any]:
    return reply["data"] if "next_cursor" in reply else [reply]
