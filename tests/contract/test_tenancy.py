"""Generated from the OpenAPI document, so that a new route is covered the day it is born: nobody
sees another workspace's records, and roles may do what the policy says and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared.policy import ROLES
from tests.contract import openapi
from tests.contract.good_requests import everything
from tests.contract.world import World, gateway, open_world
from tests.integration.gateway import event

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
SECURED = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if operation.get("security") != []
]
OPEN_TO_ANY = {
    "GET /v1/limits": (200, None),
    "GET /v1/me": (200, None),
    "GET /v1/search": (422, "invalid"),  # it asks for words; who may read nothing finds nothing
    "GET /v1/workspaces": (200, None),
    "POST /v1/invitations/accept": (404, "not_found"),
    "POST /v1/workspaces/{id}/switch": (404, "not_found"),
}
PREFIXES = {
    "association-labels": "lab", "associations": "ass",
    "assignment-rules": "asn", "leads": "led", "lead-sources": "src",
    "scoring-rules": "sco",
    "automations": "aut",
    "merges": "mrg",
    "api-keys": "key", "clients": "cli", "companies": "com", "contacts": "con", "deals": "dea",
    "members": "mem", "activities": "act", "pipelines": "pip", "products": "prd", "roles": "rol",
    "teams": "tea", "videos": "vid", "views": "vie", "workspaces": "ws",
}  # fmt: skip


def _named(operation: tuple[str, str, Any]) -> str:
    return f"{operation[0]} {operation[1]}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        made.call("GET", "/v1/me", key=made.other)  # a key's first use in an hour is noted
        yield made


@pytest.fixture(scope="module")
def keys(world: World) -> dict[str, str]:
    """A key of every role in the first workspace."""
    made = {}
    for role in ROLES:
        status, key = world.call("POST", "/v1/api-keys", {"name": role, "role": role})
        assert status == 201
        made[role] = key["key"]
    return made


def _example(operation: Any) -> Any:
    """Return a body's example; without links, whose records are not there."""
    body = operation.get("requestBody")
    example = body and body["content"]["application/json"]["example"]
    return example and {name: value for name, value in example.items() if name != "links"}


@pytest.mark.parametrize("operation", [each for each in SECURED if "{id}" in each[1]], ids=_named)
def test_another_workspace_s_record_is_as_absent_as_one_that_never_was(
    world: World, operation: tuple[str, str, Any]
) -> None:
    method, path, described = operation
    resource = path.split("/")[2]
    theirs = world.record(resource)
    nobody_s = f"{theirs.split('_')[0]}_{'0' * 26}"
    body = _example(described)
    demanded = {"If_Match": '"1"'} if "428" in described["responses"] else {}
    before = everything()

    foreign, absent = (
        world.send(method, path.replace("{id}", each), body, key=world.other, **demanded)
        for each in (theirs, nobody_s)
    )

    assert foreign.status == absent.status == 404
    told = [
        {name: it for name, it in reply.json.items() if name not in ("request_id", "instance")}
        for reply in (foreign, absent)
    ]
    assert told[0] == told[1]
    assert everything() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", SECURED, ids=_named)
def test_a_role_may_do_what_the_policy_says(
    world: World, keys: dict[str, str], operation: tuple[str, str, Any], role: str
) -> None:
    method, path, described = operation
    ((scopes,),) = (each.values() for each in described.get("security", SPEC["security"]))
    nobody_s = f"{PREFIXES.get(path.split('/')[2], 'x')}_{'0' * 26}"

    status, reply = world.call(
        method, path.replace("{id}", nobody_s), _example(described), key=keys[role]
    )

    if set(scopes) <= ROLES[role]:
        assert status not in (401, 403), reply
    else:
        assert status == 403, reply
        assert reply["code"] == "missing_scope"


def test_a_credential_without_scopes_may_do_nothing_but_ask_who_it_is(world: World) -> None:
    """What every role may do must be asked for too: a route that forgot to ask shows here."""
    wanted = {"name": "Idle", "role": "admin", "scopes": []}
    idle = world.call("POST", "/v1/api-keys", wanted)[1]["key"]

    replies = {}
    for method, path, operation in SECURED:
        nobody_s = f"{PREFIXES.get(path.split('/')[2], 'x')}_{'0' * 26}"
        status, reply = world.call(
            method, path.replace("{id}", nobody_s), _example(operation), key=idle
        )
        replies[f"{method} {path}"] = (status, reply.get("code"))

    # what is the credential's own, or an account's: no scope stands for it
    assert {each: replies.pop(each) for each in OPEN_TO_ANY} == OPEN_TO_ANY
    assert set(replies.values()) == {(403, "missing_scope")}, replies


@pytest.mark.parametrize("operation", SECURED, ids=_named)
def test_a_refusal_for_the_scope_comes_before_the_body_is_looked_at(
    world: World, keys: dict[str, str], operation: tuple[str, str, Any]
) -> None:
    """Else a credential could learn what it may not do, or what exists, from other refusals."""
    method, path, described = operation
    ((scopes,),) = (each.values() for each in described.get("security", SPEC["security"]))
    if set(scopes) <= ROLES["viewer"]:
        return  # the viewer may: nothing to refuse
    if "{id}" in path:
        path = path.replace("{id}", world.record(path.split("/")[2]))

    status, reply = world.call(method, path, {"nonsense": 1}, key=keys["viewer"])

    assert (status, reply["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("operation", SECURED, ids=_named)
def test_a_route_that_no_authorizer_has_guarded_answers_nothing(
    world: World, operation: tuple[str, str, Any]
) -> None:
    """A mistake in the gateway's table of routes must not become a way in."""
    method, path, described = operation
    if world.makes(path.split("/")[2]):
        path = path.replace("{id}", world.record(path.split("/")[2]))
    before = everything()
    named = {"X-Workspace": world.workspace, "Authorization": f"Bearer {world.key}"}

    reply = gateway.unguarded(event(method, path, _example(described), named, member=None))

    assert (reply.status, reply.json["code"]) == (401, "unauthenticated")
    assert reply.headers["www-authenticate"] == "Bearer"
    assert everything() == before
