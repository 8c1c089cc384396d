"""/v1/roles: built-in and custom, within their maker's power, held at once by whoever has them."""

from collections.abc import Callable

import pytest

from functions.identity.api.handler import handler
from functions.identity.dynamodb_roles import MAX_ROLES
from functions.shared.policy import ROLES, VISIBILITY
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member
from tests.integration.identity.conftest import Door, authorize, seat

Found = Callable[[str], dict[str, str]]
ROLE_PATH, KEYS = "/v1/roles", "/v1/api-keys"
SUPPORT = {"name": "Support", "scopes": ["contacts:read", "videos:read"], "visibility": "team"}


def make(door: Door, **more: object) -> str:
    made = door.request("POST", ROLE_PATH, {**SUPPORT, **more})
    assert made.status == 201, made.body
    return str(made.json["id"])


def scopes(key: str) -> set[str]:
    return set(authorize(f"Bearer {key}")["context"]["scopes"].split())


def test_built_in_roles_are_shown_as_the_policy_has_them(admin: Door) -> None:
    listed = admin.request("GET", ROLE_PATH).json["data"]

    assert {role["id"]: set(role["scopes"]) for role in listed} == ROLES
    assert {role["id"]: role["visibility"] for role in listed} == VISIBILITY
    for role in listed:
        assert role["built_in"] is True
        shown = admin.request("GET", f"{ROLE_PATH}/{role['id']}")
        assert shown.json == role
        unchanged = admin.request(
            "GET", f"{ROLE_PATH}/{role['id']}", None, {"If-None-Match": shown.etag}
        )
        assert unchanged.status == 304


@pytest.mark.parametrize("role", ROLES)
def test_a_built_in_role_stays_as_it_is(admin: Door, role: str) -> None:
    for method, body in (("PATCH", {"scopes": []}), ("DELETE", None)):
        refused = admin.request(method, f"{ROLE_PATH}/{role}", body)
        assert (refused.status, refused.json["code"]) == (409, "built_in_role")
    taken = admin.request("POST", ROLE_PATH, {**SUPPORT, "name": role})
    assert (taken.status, taken.json["code"]) == (409, "duplicate_name")


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 100])
def test_built_in_roles_come_first_then_the_own_newest_first(admin: Door, limit: int) -> None:
    own = [make(admin, name=f"Own {n}") for n in range(3)]

    seen, target = [], f"{ROLE_PATH}?limit={limit}"
    while target:
        page = admin.request("GET", target).json
        assert len(page["data"]) <= limit
        seen += [role["id"] for role in page["data"]]
        cursor = page["next_cursor"]
        target = cursor and f"{ROLE_PATH}?limit={limit}&cursor={cursor}"

    assert seen == [*ROLES, *own[::-1]]


def test_a_custom_role_is_made_read_changed_and_deleted(admin: Door) -> None:
    made = admin.request("POST", ROLE_PATH, {**SUPPORT, "scopes": ["videos:read", "videos:read"]})
    target = made.headers["location"]

    assert made.json["scopes"] == ["videos:read"]
    assert made.json["built_in"] is False
    assert admin.request("GET", target).json == made.json
    patched = admin.request("PATCH", target, {"name": "Help"}, {"If-Match": made.etag})
    assert (patched.json["name"], patched.json["visibility"]) == ("Help", "team")
    assert admin.request("PATCH", target, {"name": "X"}, {"If-Match": made.etag}).status == 412
    assert admin.request("DELETE", target).status == 204
    assert admin.request("GET", target).status == 404


def test_a_name_is_taken_once_and_free_again_later(admin: Door) -> None:
    first = make(admin)

    taken = admin.request("POST", ROLE_PATH, SUPPORT)
    assert (taken.status, taken.json["code"]) == (409, "duplicate_name")
    assert admin.request("DELETE", f"{ROLE_PATH}/{first}").status == 204
    assert make(admin) != first


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"scopes": ["root:write"]}, "/scopes"),
        ({"scopes": "contacts:read"}, "/scopes"),
        ({"visibility": "none"}, "/visibility"),
        ({"built_in": True}, "/built_in"),
        ({"id": "admin"}, "/id"),
    ],
)
def test_what_is_wrong_is_named(admin: Door, body: dict[str, object], pointer: str) -> None:
    target = f"{ROLE_PATH}/{make(admin, name='There')}"

    for refused in (
        admin.request("POST", ROLE_PATH, {**SUPPORT, **body}),
        admin.request("PATCH", target, body),
    ):
        assert refused.status == 422
        assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]


def test_a_changed_role_holds_at_once_for_whoever_has_it(admin: Door) -> None:
    role = make(admin)
    key = admin.request("POST", KEYS, {"name": "A", "role": role}).json["key"]
    member = seat(admin, role=role)
    wanted = {"name": "B", "role": "admin", "member_id": member}
    hers = admin.request("POST", KEYS, wanted).json["key"]
    assert scopes(key) == scopes(hers) == {"contacts:read", "videos:read"}
    assert authorize(f"Bearer {key}")["context"]["visibility"] == "team"

    change = {"scopes": ["contacts:read"], "visibility": "own"}
    assert admin.request("PATCH", f"{ROLE_PATH}/{role}", change).status == 200

    for each in (key, hers):
        assert scopes(each) == {"contacts:read"}
        assert authorize(f"Bearer {each}")["context"]["visibility"] == "own"


def test_a_role_in_use_is_not_deleted(admin: Door) -> None:
    role = make(admin)
    keys = [
        admin.request("POST", KEYS, {"name": name, "role": role}).json["id"] for name in ("A", "B")
    ]
    for key in keys:
        refused = admin.request("DELETE", f"{ROLE_PATH}/{role}")
        assert (refused.status, refused.json["code"]) == (409, "role_in_use")
        assert admin.request("GET", f"{ROLE_PATH}/{role}").status == 200
        assert admin.request("DELETE", f"{KEYS}/{key}").status == 204

    assert admin.request("DELETE", f"{ROLE_PATH}/{role}").status == 204
    assert admin.request("POST", KEYS, {"name": "C", "role": role}).status == 422


def test_nobody_makes_changes_or_gives_a_role_that_exceeds_themselves(admin: Door) -> None:
    small = make(admin, name="Small", scopes=["contacts:read", "roles:write", "api_keys:write"],
                 visibility="team")  # fmt: skip
    large = make(admin, name="Large", scopes=["contacts:read", "contacts:write"])
    wide = make(admin, name="Wide", scopes=["contacts:read"], visibility="all")
    door = Door(admin.request("POST", KEYS, {"name": "A", "role": small}).json["key"])

    for method, path, body in (
        ("POST", ROLE_PATH, {**SUPPORT, "scopes": ["contacts:write"]}),
        ("POST", ROLE_PATH, {"name": "All", "scopes": ["contacts:read"], "visibility": "all"}),
        ("PATCH", f"{ROLE_PATH}/{large}", {"scopes": []}),
        ("PATCH", f"{ROLE_PATH}/{wide}", {"name": "Mine"}),
        ("PATCH", f"{ROLE_PATH}/{small}", {"scopes": ["contacts:delete"]}),
        ("PATCH", f"{ROLE_PATH}/{small}", {"visibility": "all"}),
        ("POST", KEYS, {"name": "K", "role": large}),
        ("POST", KEYS, {"name": "K", "role": wide}),
        ("POST", KEYS, {"name": "K", "role": "viewer"}),
    ):
        refused = door.request(method, path, body)
        assert (refused.status, refused.json["code"]) == (403, "privilege_escalation"), (path, body)
    less = {"name": "Less", "scopes": ["contacts:read"], "visibility": "own"}
    assert door.request("POST", ROLE_PATH, less).status == 201


def test_another_workspace_s_role_cannot_be_given(admin: Door, found: Found) -> None:
    theirs = make(Door(found("Theirs")["api_key"]))

    refused = admin.request("POST", KEYS, {"name": "A", "role": theirs})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/role")


def test_a_replay_is_the_stored_reply(admin: Door) -> None:
    again = {"Idempotency-Key": "support"}
    replies = [admin.request("POST", ROLE_PATH, SUPPORT, again) for _ in range(2)]

    assert replies[0].json == replies[1].json
    assert replies[1].headers["idempotency-replayed"] == "true"


def test_a_workspace_has_at_most_so_many_roles(cloud: None) -> None:
    api = Api(handler, Member(workspace="ws_one"))
    made = [
        api.request("POST", ROLE_PATH, {**SUPPORT, "name": f"Role {n}"}) for n in range(MAX_ROLES)
    ]

    refused = api.request("POST", ROLE_PATH, {**SUPPORT, "name": "One more"})

    assert {each.status for each in made} == {201}
    assert (refused.status, refused.json["code"]) == (409, "too_many_roles")
    assert api.request("DELETE", made[0].headers["location"]).status == 204
    assert api.request("POST", ROLE_PATH, {**SUPPORT, "name": "One more"}).status == 201


def test_what_each_act_costs(cloud: None, calls: Calls) -> None:
    api = Api(handler, Member())
    calls.clear()

    role = api.request("POST", ROLE_PATH, SUPPORT, {"Idempotency-Key": "k"}).headers["location"]
    assert calls.take() == ["TransactWriteItems"]
    api.request("GET", role)
    assert calls.take() == ["GetItem"]
    api.request("GET", f"{ROLE_PATH}/admin")
    assert calls.take() == []
    api.request("GET", ROLE_PATH)
    assert calls.take() == ["Query"]
    api.request("PATCH", role, {"name": "B"})
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.request("DELETE", role)
    assert calls.take() == ["GetItem", "TransactWriteItems"]
