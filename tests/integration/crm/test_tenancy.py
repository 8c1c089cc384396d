"""Two workspaces see nothing of each other; each role may do what the policy table says."""

from typing import Any

import pytest

from functions.crm.api.handler import app, handler
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.crm.bodies import EVERY_ROUTE, RESOURCES, body_for, sendable, target
from tests.integration.gateway import Api, Member, call, event

# What is let in, and then refused for the state of a new lead: no rule assigns it, and it was
# never converted.
REFUSED_FOR_ITS_STATE = {
    "/v1/leads/ID/assign": "no_matching_rule",
    "/v1/leads/ID/unconvert": "not_converted",
}


def scope_of(method: str, path: str) -> str:
    """Return the scope that a route requires."""
    resource = path.split("/")[2]
    if "/line-items" in path and method == "DELETE":
        return "deals:write"  # a change of the deal
    acts = {"GET": "read", "POST": "write", "PATCH": "write", "DELETE": "delete"}
    return f"{resource}:{acts[method]}"


def test_the_listed_routes_are_the_applications() -> None:
    """The list is not all of them: the generated tests of tests/contract go through every route."""
    routes = {
        (method, route.path.replace("{id}", "ID").replace("{line}", "LINE"))
        for route in app.routes
        for method in route.methods or ()
    }
    assert set(EVERY_ROUTE) <= routes


def _everything(api: Api) -> dict[str, dict[str, Any]]:
    return {
        resource: api.make(f"/v1/{resource}", body_for(api, resource)) for resource in RESOURCES
    }


def test_the_other_workspaces_records_are_as_absent_as_absent_ones(api: Api, other: Api) -> None:
    theirs = _everything(other)
    for method, path in EVERY_ROUTE:
        if "ID" not in path:
            continue
        record = theirs[path.split("/")[2]]
        body = sendable(api, method, path)
        foreign = api.request(method, path.replace("ID", record["id"]), body)
        absent = api.request(method, path.replace("ID", new_id(record["id"][:3])), body)
        assert foreign.status == absent.status == 404
        varying = {"instance": "", "request_id": ""}
        assert {**foreign.json, **varying} == {**absent.json, **varying}
    for resource, record in theirs.items():
        assert other.get(f"/v1/{resource}/{record['id']}").json == record


def test_lists_show_ones_own_records_only(api: Api, other: Api) -> None:
    _everything(other)
    mine = _everything(api)
    for resource, record in mine.items():
        ids = [each["id"] for each in api.get(f"/v1/{resource}").json["data"]]
        assert record["id"] in ids
        assert all(api.get(f"/v1/{resource}/{each}").status == 200 for each in ids)


def test_an_email_may_be_used_in_each_workspace(api: Api, other: Api) -> None:
    for each in (api, other):
        each.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
        each.make("/v1/companies", {"name": "Example", "domain": "example.com"})


@pytest.mark.parametrize("role", [*ROLES, "unknown"])
@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_a_role_may_do_what_the_policy_says(api: Api, role: str, method: str, path: str) -> None:
    resource, needed = path.split("/")[2], scope_of(method, path)
    made = api.make(f"/v1/{resource}", body_for(api, resource))
    state = REFUSED_FOR_ITS_STATE.get(path)
    body, path = sendable(api, method, path), target(api, path, made["id"])
    record = api.get(f"/v1/{resource}/{made['id']}").json
    caller = Api(handler, Member(role=role))
    reply = caller.request(method, path, body)
    if needed in ROLES.get(role, frozenset()):
        if state is None:
            assert reply.status in (200, 201, 204, 207)
        else:
            assert (reply.status, reply.json["code"]) == (409, state)
    else:
        assert reply.status == 403
        assert reply.json["code"] == "missing_scope"
        assert api.get(f"/v1/{resource}/{record['id']}").json == record


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_a_key_without_the_one_scope_is_refused_before_its_body_is_judged(
    api: Api, method: str, path: str
) -> None:
    needed = scope_of(method, path)
    scopes = tuple(ROLES["admin"] - {needed})
    caller = Api(handler, Member(scopes=scopes))
    path = path.replace("ID", new_id("con"))
    reply = caller.request(method, path, {"bad": 1} if method in ("POST", "PATCH") else None)
    assert reply.status == 403
    assert needed in reply.json["detail"]


def test_who_is_asking_is_never_read_from_the_request(api: Api, other: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})
    headers = {"X-Workspace": "wsp_one", "Workspace": "wsp_one", "X-Scopes": "contacts:read"}
    path = f"/v1/contacts/{contact['id']}"
    reply = other.request("GET", path, None, headers)
    assert reply.status == 404
    assert other.get(f"{path}?workspace=wsp_one").status == 400
    assert other.post("/v1/contacts", {"name": "A", "workspace": "wsp_one"}).status == 422


def test_a_request_that_no_authorizer_let_in_gets_nothing(cloud: None) -> None:
    reply = call(handler, event("GET", "/v1/contacts", member=None))
    assert (reply.status, reply.json["code"]) == (401, "unauthenticated")
