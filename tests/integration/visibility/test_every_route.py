"""Every route of a record, generated from the OpenAPI document: whose record it is decides whether
it is there, and one that is not there for a caller is as absent as an id that never was."""

import json
from typing import Any

import pytest

from tests.contract import openapi
from tests.integration.gateway import Api
from tests.integration.visibility.conftest import (
    OWNERSHIPS,
    RESOURCES,
    World,
    caller,
    neutral,
)

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
ROUTES = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if path.split("/")[2] in RESOURCES and "{id}" in path
]
# what names other records, which are not there, or may occur once
_LEFT_OUT = {"links", "company_id", "contact_ids", "owner_id", "team_id", "email", "domain"}

LINE = {"description": "Seat", "unit_price": {"amount_minor": 5, "currency": "EUR"}}
CAPTIONS = {"language": "de", "file": "WEBVTT\n\n00:01.000 --> 00:02.000\nHallo."}
SHARE = {"recipient": {"name": "Ada"}}
MADE_UP = {
    "{line}": "lin_06b1qz3v1w7g2m5n8p0r4t6x9h",
    "{share_id}": "shr_06b1qz3v1w7g2m5n8p0r4t6x9s",
    "{language}": "de",
}


def _named(route: tuple[str, str, Any]) -> str:
    return f"{route[0]} {route[1]}"


def body_of(operation: Any) -> Any:
    """Return a body's example without what would be refused in a second record."""
    body = operation.get("requestBody")
    example = body and body["content"]["application/json"]["example"]
    return example and {name: value for name, value in example.items() if name not in _LEFT_OUT}


def test_there_are_routes_of_every_record() -> None:
    assert {path.split("/")[2] for _, path, _ in ROUTES} == set(RESOURCES)
    assert len(ROUTES) >= 25


@pytest.mark.parametrize("visibility", ["own", "team", "all"])
@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_a_record_is_there_for_who_may_see_it_and_absent_for_others(
    world: World, route: tuple[str, str, Any], visibility: str
) -> None:
    method, path, operation = route
    resource, body = path.split("/")[2], body_of(operation)
    headers = {"If-Match": "*"} if "428" in operation["responses"] else None
    inner: dict[str, str] = {}  # of each deal a line item, of each video a share

    def ask(api: Api, record_id: str) -> Any:
        target = path.replace("{id}", record_id)
        for name, made_up in MADE_UP.items():
            target = target.replace(name, inner.get(record_id, made_up))
        return api.request(method, target, body, headers)

    def make(owner: str | None, team: str | None) -> Any:
        record = world.make(resource, owner, team)
        if "/transcript" in path or path.endswith("/analysis"):
            world.analysed(record)
        if "{line}" in path:
            found = f"/v1/{resource}/{record['id']}/line-items"
            inner[record["id"]] = world.admin.make(found, LINE)["id"]
        if "{share_id}" in path:
            found = f"/v1/{resource}/{record['id']}/shares"
            inner[record["id"]] = world.admin.make(found, SHARE)["id"]
        if "/captions/" in path:
            made = world.admin.make(f"/v1/{resource}/{record['id']}/captions", CAPTIONS)
            assert made["language"] == "de"
        return record

    who = caller(visibility)
    twin = make(None, None)
    expected = ask(world.admin, twin["id"]).status
    absent = ask(who, f"{twin['id'][:4]}{'0' * 26}")
    assert absent.status == 404
    for (owner, team), seen in OWNERSHIPS.items():
        record = make(owner, team)
        if visibility in seen.split():
            assert ask(who, record["id"]).status == expected != 404
            continue
        before = world.get(resource, record)

        assert neutral(ask(who, record["id"])) == neutral(absent)
        assert world.get(resource, record) == before


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_is_what_the_caller_sees_newest_first_page_by_page(
    world: World, resource: str
) -> None:
    made = [(world.make(resource, *ownership), seen) for ownership, seen in OWNERSHIPS.items()]
    made += [(world.make(resource, *ownership), seen) for ownership, seen in OWNERSHIPS.items()]
    for visibility in ("own", "team", "all"):
        who = caller(visibility)
        expected = [each["id"] for each, seen in made if visibility in seen.split()]
        # those made in one millisecond are in the order of their ids
        expected = sorted(expected, reverse=True)
        found, cursor = [], ""
        while cursor is not None:
            page = who.get(f"/v1/{resource}?limit=2{cursor and '&cursor='}{cursor}").json
            found += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]

        assert found == expected


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_follows_owner_and_team_and_loses_what_is_deleted(
    world: World, resource: str
) -> None:
    mine, theirs = (world.make(resource, owner) for owner in (caller("own").member.member, None))

    def listed(visibility: str) -> list[str]:
        page = caller(visibility).get(f"/v1/{resource}").json
        return [each["id"] for each in page["data"] if each["id"] in (mine["id"], theirs["id"])]

    assert (listed("own"), listed("team")) == ([mine["id"]], [mine["id"]])
    world.give(resource, mine, None)
    world.give(resource, theirs, None, caller("own").member.teams[1])
    assert (listed("own"), listed("team")) == ([], [theirs["id"]])
    world.admin.delete(f"/v1/{resource}/{theirs['id']}")
    assert (listed("own"), listed("team")) == ([], [])


@pytest.mark.parametrize("visibility", ["own", "team"])
def test_who_is_no_member_sees_nothing_and_makes_what_it_does_not_see(
    world: World, visibility: str
) -> None:
    nobody = caller(visibility, None, ())
    world.make("contacts", None, None)

    made = nobody.make("/v1/contacts", {"name": "Ada"})

    assert (made["owner_id"], made["team_id"]) == (None, None)
    assert nobody.get("/v1/contacts").json == {"data": [], "next_cursor": None}
    assert nobody.get(f"/v1/contacts/{made['id']}").status == 404
