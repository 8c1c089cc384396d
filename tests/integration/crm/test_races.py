"""Many callers at the same records at the same moment."""

from collections import Counter
from collections.abc import Iterator

import pytest

from functions.crm.api.handler import handler
from functions.shared.ids import new_id
from tests.integration.crm.custom_fields import define
from tests.integration.gateway import Api, Member
from tests.integration.parallel import at_once, shared_cloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[None]:
    """One AWS for the module; each test has a workspace of its own."""
    with shared_cloud():
        yield


@pytest.fixture
def api(cloud: None) -> Api:
    return Api(handler, Member(workspace=new_id("wsp")))


def test_of_twenty_creates_with_one_email_one_succeeds_and_nineteen_conflict(api: Api) -> None:
    replies = at_once(
        20, lambda n: api.post("/v1/contacts", {"name": f"Ada {n}", "email": "ADA@example.com"})
    )
    assert Counter(reply.status for reply in replies) == {201: 1, 409: 19}
    (winner,) = [reply.json for reply in replies if reply.status == 201]
    assert [each["id"] for each in api.get("/v1/contacts").json["data"]] == [winner["id"]]
    assert {reply.json["code"] for reply in replies if reply.status == 409} == {"duplicate_email"}


def test_twenty_who_upsert_one_address_at_once_make_one_contact(api: Api) -> None:
    path = "/v1/contacts/upsert?by=email"
    replies = at_once(
        20, lambda n: api.post(path, {"name": f"Ada {n}", "email": "ada@example.com"})
    )
    statuses = Counter(reply.status for reply in replies)
    assert set(statuses) <= {200, 201, 409}, [reply.body for reply in replies]
    assert statuses[201] == 1
    (only,) = api.get("/v1/contacts").json["data"]
    assert {reply.json["id"] for reply in replies if reply.status < 300} == {only["id"]}
    assert only["version"] == statuses[200] + 1, "each change counted, none lost"
    assert statuses[409] == 0


def test_fifty_posts_with_one_key_make_one_record_and_one_reply(api: Api) -> None:
    def post(_: int) -> tuple[int, str, str | None]:
        reply = api.post("/v1/contacts", {"name": "Ada"}, idempotency_key="once")
        return reply.status, reply.body, reply.headers.get("retry-after")

    replies = at_once(50, post)
    assert {status for status, _, _ in replies} <= {201, 409}
    assert all(after == "1" for status, _, after in replies if status == 409)
    (body,) = {body for status, body, _ in replies if status == 201}
    assert {post(n)[:2] for n in range(3)} == {(201, body)}
    assert len(api.get("/v1/contacts").json["data"]) == 1


def test_of_two_patches_from_one_reading_one_succeeds_and_one_is_stale(api: Api) -> None:
    for round_number in range(10):
        contact = api.make("/v1/contacts", {"name": "Ada"})
        path, etag = f"/v1/contacts/{contact['id']}", f'"{contact["version"]}"'
        replies = at_once(
            2,
            lambda n: api.patch(path, {"title": f"{round_number}-{n}"}, if_match=etag),  # noqa: B023
        )
        assert sorted(reply.status for reply in replies) == [200, 412]
        (kept,) = [reply for reply in replies if reply.status == 200]
        assert api.get(path).body == kept.body


def test_two_hundred_counted_steps_of_two_writers_all_count(api: Api) -> None:
    define(api, "contact", steps="number")
    contact = api.make("/v1/contacts", {"name": "Ada", "custom": {"steps": 0}})
    path = f"/v1/contacts/{contact['id']}"

    def hundred_steps(_: int) -> int:
        tries = 0
        done = 0
        while done < 100:
            now = api.get(path)
            steps = now.json["custom"]["steps"]
            reply = api.patch(path, {"custom": {"steps": steps + 1}}, if_match=now.etag)
            assert reply.status in (200, 412), reply.body
            tries += 1
            done += reply.status == 200
        return tries

    tries = at_once(2, hundred_steps)
    end = api.get(path).json
    assert (end["custom"]["steps"], end["version"]) == (200, 201)
    assert sum(tries) > 200, "the writers never met: this run proves nothing"


def test_two_writers_of_different_fields_lose_nothing_without_if_match(api: Api) -> None:
    path = f"/v1/contacts/{api.make('/v1/contacts', {'name': 'Ada'})['id']}"

    def write(writer: int) -> tuple[int, str]:
        field = ("title", "phone")[writer]
        done, last = 0, ""
        for n in range(100):
            value = f"+4930555{n:04}"
            reply = api.patch(path, {field: value})
            assert reply.status in (200, 409, 503), reply.body
            if reply.status == 200:
                done, last = done + 1, value
        return done, last

    (titles, title), (phones, phone) = at_once(2, write)
    end = api.get(path).json
    assert (end["title"], end["phone"]) == (title, phone)
    assert end["version"] == 1 + titles + phones
    assert titles + phones > 150


def test_an_email_freed_while_it_is_claimed_has_one_owner_in_the_end(api: Api) -> None:
    for n in range(10):
        email = f"ada{n}@example.com"
        first = api.make("/v1/contacts", {"name": "First", "email": email})["id"]

        def act(who: int, first: str = first, email: str = email) -> int:
            if who:
                return api.patch(f"/v1/contacts/{first}", {"email": None}).status
            return api.post("/v1/contacts", {"name": "Second", "email": email}).status

        claimed, freed = at_once(2, act)
        assert freed == 200
        assert claimed in (201, 409)
        later = api.post("/v1/contacts", {"name": "Third", "email": email}).status
        assert later == (409 if claimed == 201 else 201)
