"""Many callers at the same keys, roles and teams at the same moment."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from functions.identity.api.handler import handler
from functions.identity.authorize.handler import handler as authorize_handler
from functions.identity.dynamodb import MAX_KEYS
from functions.shared.ids import new_id
from tests.integration.gateway import CONTEXT, Api, Member
from tests.integration.identity.conftest import METHOD, effect
from tests.integration.parallel import at_once, shared_cloud

KEYS, ROLE_PATH = "/v1/api-keys", "/v1/roles"
SUPPORT = {"name": "Support", "scopes": ["contacts:read"], "visibility": "all"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[None]:
    """One AWS for the module; each test has a workspace of its own."""
    with shared_cloud():
        yield


@pytest.fixture
def api(cloud: None) -> Api:
    return Api(handler, Member(workspace=new_id("ws")))


def opens(text: str) -> bool:
    asked = {"methodArn": METHOD, "headers": {"Authorization": f"Bearer {text}"}}
    return effect(authorize_handler(asked, CONTEXT)) == "Allow"


def test_fifty_creates_at_the_limit_fill_it_exactly(api: Api) -> None:
    for n in range(MAX_KEYS - 5):
        api.make(KEYS, {"name": f"{n}", "role": "viewer"})

    replies = at_once(50, lambda n: api.post(KEYS, {"name": f"late {n}", "role": "viewer"}))

    assert Counter(reply.status for reply in replies) == {201: 5, 409: 45}
    assert {r.json["code"] for r in replies if r.status == 409} == {"too_many_api_keys"}
    assert len(api.get(f"{KEYS}?limit=100").json["data"]) == MAX_KEYS
    (some, *_) = [reply for reply in replies if reply.status == 201]
    assert api.delete(f"{KEYS}/{some.json['id']}").status == 204
    assert api.post(KEYS, {"name": "in its place", "role": "viewer"}).status == 201


def test_of_two_rotations_at_once_each_text_that_was_shown_works(api: Api) -> None:
    """Each waits for the other and takes in what it did: nobody is handed a dead text."""
    for _ in range(10):
        key = api.make(KEYS, {"name": "A", "role": "viewer"})
        replies = at_once(2, lambda _: api.post(f"{KEYS}/{key['id']}/rotate", {}))  # noqa: B023
        assert [reply.status for reply in replies] == [200, 200]
        texts = [key["key"], *(reply.json["key"] for reply in replies)]
        assert len(set(texts)) == 3
        assert [opens(text) for text in texts] == [True, True, True]
        assert api.get(f"{KEYS}/{key['id']}").json["version"] == 3


def test_of_two_rotations_from_one_reading_one_is_stale(api: Api) -> None:
    for _ in range(10):
        key = api.make(KEYS, {"name": "A", "role": "viewer"})
        replies = at_once(
            2,
            lambda _: api.post(f"{KEYS}/{key['id']}/rotate", {}, if_match='"1"'),  # noqa: B023
        )
        assert sorted(reply.status for reply in replies) == [200, 412]


def test_twenty_rotations_under_one_idempotency_key_make_one_text(api: Api) -> None:
    key = api.make(KEYS, {"name": "A", "role": "viewer"})

    replies = at_once(
        20, lambda _: api.post(f"{KEYS}/{key['id']}/rotate", {}, idempotency_key="once")
    )

    assert {reply.status for reply in replies} <= {200, 409}
    shown = [reply.json["key"] for reply in replies if "key" in reply.json]
    assert len(shown) == 1
    assert opens(shown[0])
    assert opens(key["key"])
    assert api.get(f"{KEYS}/{key['id']}").json["version"] == 2


def test_a_revocation_during_rotations_leaves_no_text_alive(api: Api) -> None:
    for _ in range(10):
        key = api.make(KEYS, {"name": "A", "role": "viewer"})
        path = f"{KEYS}/{key['id']}"

        def act(who: int, path: str = path) -> tuple[int, str | None]:
            if who == 0:
                return api.delete(path).status, None
            reply = api.post(f"{path}/rotate", {})
            return reply.status, reply.json.get("key")

        (revoked, _none), *turned = at_once(3, act)
        assert revoked == 204
        assert {status for status, _ in turned} <= {200, 404}
        assert not any(opens(text) for text in (key["key"], *(t for _, t in turned if t)))


def test_uses_at_once_are_noted_and_change_no_version(api: Api) -> None:
    key = api.make(KEYS, {"name": "A", "role": "viewer"})
    path = f"{KEYS}/{key['id']}"

    def act(who: int) -> bool:
        if who % 5:
            return opens(key["key"])
        return api.patch(path, {"name": f"{who}"}).status == 200

    assert all(at_once(20, act))
    # A change that read the key before its first use may have put that note back.
    assert opens(key["key"])
    seen = api.get(path).json
    assert seen["version"] == 5
    assert seen["last_used_at"] >= datetime.now(UTC).strftime("%Y-%m-%dT00")


def test_a_role_deleted_while_it_is_given_has_no_holder(api: Api) -> None:
    for n in range(10):
        role = api.make(ROLE_PATH, {**SUPPORT, "name": f"Support {n}"})["id"]

        def act(who: int, role: str = role) -> int:
            if who:
                return api.delete(f"{ROLE_PATH}/{role}").status
            return api.post(KEYS, {"name": "A", "role": role}).status

        given, deleted = at_once(2, act)
        assert (given, deleted) in {(201, 409), (422, 204)}


def test_of_twenty_roles_with_one_name_one_is_made(api: Api) -> None:
    replies = at_once(20, lambda _: api.post(ROLE_PATH, SUPPORT))

    assert Counter(reply.status for reply in replies) == {201: 1, 409: 19}
    roles = api.get(ROLE_PATH).json["data"]
    assert [role["name"] for role in roles if not role["built_in"]] == ["Support"]
