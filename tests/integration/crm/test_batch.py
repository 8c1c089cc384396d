"""Many writes in one request: each its own, in order, and safe to send again."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.shared import aws
from functions.shared.batch import RESERVE_MS
from tests.integration.cloud import Calls
from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.gateway import CONTEXT, Api, Member, event, problem

BATCH = "/v1/contacts/batch"
KEY = {"Idempotency-Key": "batch-1"}


def create(name: str, **more: Any) -> dict[str, Any]:
    return {"op": "create", "body": {"name": name, **more}}


def send(api: Api, *operations: Any, **headers: str) -> list[Any]:
    reply = api.request("POST", BATCH, {"operations": list(operations)}, headers)
    assert reply.status == 207, reply.body
    results: list[Any] = reply.json["data"]
    return results


def names(api: Api) -> list[str]:
    return sorted(each["name"] for each in api.get("/v1/contacts?limit=100").json["data"])


def test_operations_are_answered_in_their_order_each_as_alone(api: Api) -> None:
    old = api.make("/v1/contacts", {"name": "Old"})
    tag = f'"{old["version"]}"'

    made, changed, stale, gone, absent, again = send(
        api,
        create("Ada", email="ada@example.com"),
        {"op": "update", "id": old["id"], "body": {"name": "Newer"}, "if_match": tag},
        {"op": "update", "id": old["id"], "body": {"name": "Newest"}, "if_match": tag},
        {"op": "delete", "id": old["id"], "if_match": '"2"'},
        {"op": "update", "id": old["id"], "body": {"name": "Gone"}},
        create("Ada again", email="ADA@example.com"),
    )

    assert [made["status"], changed["status"], gone["status"]] == [201, 200, 204]
    assert made["headers"] == {"etag": '"1"', "location": f"/v1/contacts/{made['body']['id']}"}
    assert api.get(f"/v1/contacts/{made['body']['id']}").json == made["body"]
    assert (changed["body"]["name"], changed["headers"]) == ("Newer", {"etag": '"2"'})
    assert gone == {"status": 204, "headers": {}}
    refused = [each["problem"]["code"] for each in (stale, absent, again)]
    assert refused == ["precondition_failed", "not_found", "duplicate_email"]
    assert again["problem"]["errors"][0]["pointer"] == "/operations/5/body/email"
    assert names(api) == ["Ada"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_has_its_batch(api: Api, resource: str) -> None:
    operations = [{"op": "create", "body": body_for(api, resource)} for _ in range(3)]

    reply = api.post(f"/v1/{resource}/batch", {"operations": operations})

    assert [each["status"] for each in reply.json["data"]] == [201, 201, 201]
    assert len(api.get(f"/v1/{resource}").json["data"]) == 3


@pytest.mark.parametrize(
    ("operation", "status", "code", "pointer"),
    [
        ({"op": "create", "body": {"nome": "x"}}, 422, "invalid", "/operations/0/body/name"),
        ({"op": "create", "body": {"name": 7}}, 422, "invalid", "/operations/0/body/name"),
        ({"op": "create"}, 422, "invalid_operation", None),
        ({"op": "create", "id": "con_1", "body": {"name": "x"}}, 422, "invalid_operation", None),
        ({"op": "update", "body": {"name": "x"}}, 422, "invalid_operation", None),
        ({"op": "update", "id": "dea_1", "body": {}}, 404, "not_found", None),
        ({"op": "delete", "id": "con_1"}, 428, "precondition_required", None),
        ({"op": "delete", "id": "con_1", "if_match": "*", "body": {}}, 422, "invalid_operation",
         None),
        ({"op": "merge"}, 422, "invalid", "/operations/0/op"),
        ({"op": "create", "body": []}, 422, "invalid", "/operations/0/body"),
        ("create", 422, "invalid", "/operations/0"),
        (None, 422, "invalid", "/operations/0"),
    ],
)  # fmt: skip
def test_an_operation_that_is_none_is_refused_alone(
    api: Api, operation: Any, status: int, code: str, pointer: str | None
) -> None:
    refused, made = send(api, operation, create("Ada"))

    assert (refused["status"], refused["problem"]["code"]) == (status, code)
    if pointer is not None:
        assert refused["problem"]["errors"][0]["pointer"] == pointer
    assert made["status"] == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"operations": []}, 422),
        ({"operations": [create("x")] * 101}, 422),
        ({"operations": {}}, 422),
        ({"operation": [create("x")]}, 422),
        ([], 422),
        (None, 400),
    ],
)
def test_what_is_no_batch_is_refused_whole(api: Api, body: Any, status: int) -> None:
    refused = api.post(BATCH, body)

    assert refused.status == status
    assert problem(refused)
    assert names(api) == []


def test_a_batch_is_read_as_strictly_as_any_body(api: Api) -> None:
    raw = '{"operations": [{"op": "create", "body": {"name": "a", "name": "b"}}]}'

    assert problem(api.request("POST", BATCH, raw=raw))["code"] == "invalid_json"


def test_a_hundred_items_are_done(api: Api, calls: Calls) -> None:
    calls.clear()
    results = send(api, *[create(f"Person {n}") for n in range(100)])

    assert Counter(each["status"] for each in results) == {201: 100}
    assert calls.take() == ["TransactWriteItems"] * 100


def test_an_item_costs_what_it_costs_alone_and_a_key_one_request_more(
    api: Api, calls: Calls
) -> None:
    old = [api.make("/v1/contacts", {"name": "Old"})["id"] for _ in range(2)]
    operations = [
        create("Ada"),
        {"op": "update", "id": old[0], "body": {"name": "New"}},
        {"op": "delete", "id": old[1], "if_match": "*"},
    ]
    calls.clear()
    send(api, *operations, **KEY)
    alone = ["TransactWriteItems", *["GetItem", "TransactWriteItems"] * 2]
    assert calls.take() == ["PutItem", *alone]
    send(api, *operations, **KEY)
    assert calls.take() == [
        "PutItem", "TransactWriteItems", "GetItem", "GetItem", "TransactWriteItems", "GetItem",
        "GetItem", "GetItem",
    ]  # fmt: skip


def test_each_operation_needs_its_own_scope(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Kept"})
    writer = Api(handler, Member(scopes=("contacts:read", "contacts:write")))

    made, gone = send(writer, create("Ada"), {"op": "delete", "id": contact["id"], "if_match": "*"})

    assert made["status"] == 201
    assert (gone["status"], gone["problem"]["code"]) == (403, "missing_scope")
    assert names(api) == ["Ada", "Kept"]


def test_another_workspace_s_record_is_absent_in_a_batch_too(api: Api, other: Api) -> None:
    theirs = api.make("/v1/contacts", {"name": "Theirs"})["id"]

    results = send(
        other,
        {"op": "update", "id": theirs, "body": {"name": "Mine"}},
        {"op": "delete", "id": theirs, "if_match": "*"},
    )

    assert [each["status"] for each in results] == [404, 404]
    assert names(api) == ["Theirs"]


def test_a_batch_sent_again_does_nothing_twice_and_says_the_same(api: Api) -> None:
    operations = [create("Ada"), {"op": "create", "body": {}}, create("Bo")]
    first = api.request("POST", BATCH, {"operations": operations}, KEY)

    again = api.request("POST", BATCH, {"operations": operations}, KEY)

    def told(text: str) -> Any:
        results = json.loads(text)["data"]
        for each in results:
            each.get("problem", {}).pop("request_id", None)
        return results

    assert told(again.body) == told(first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert names(api) == ["Ada", "Bo"]


def test_a_key_is_bound_to_the_whole_batch(api: Api) -> None:
    """Else an item more would run under a key that was given for another request."""
    send(api, create("Ada"), **KEY)

    refused = api.request("POST", BATCH, {"operations": [create("Ada"), create("Bo")]}, KEY)

    assert refused.status == 422
    assert problem(refused)["code"] == "idempotency_key_reused"
    assert names(api) == ["Ada"]


def test_items_with_one_body_under_one_key_are_different_items(api: Api) -> None:
    results = send(api, create("Twin"), create("Twin"), **KEY)

    assert len({each["body"]["id"] for each in results}) == 2


class Died(BaseException):
    """The process is gone."""


@contextmanager
def dying(moment: str, after: int) -> Iterator[None]:
    """Let the process die at its n-th transaction: before it is sent, or before its reply is
    read."""
    seen = Counter[str]()
    events, name = aws.client("dynamodb").meta.events, f"{moment}.dynamodb.TransactWriteItems"

    def die(**_: Any) -> None:
        seen["transactions"] += 1
        if seen["transactions"] == after:
            raise Died

    events.register(name, die)
    try:
        yield
    finally:
        events.unregister(name, die)


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_batch_whose_process_died_anywhere_is_completed_by_sending_it_again(
    api: Api, moment: str, after: int
) -> None:
    old = [api.make("/v1/contacts", {"name": "Old"})["id"] for _ in range(2)]
    operations = [
        create("Ada"),
        {"op": "update", "id": old[0], "body": {"name": "New"}},
        {"op": "delete", "id": old[1], "if_match": "*"},
        create("Bo"),
        create("Cy"),
    ]
    with dying(moment, after):
        api.request("POST", BATCH, {"operations": operations}, KEY)  # nobody hears the reply

    results = send(api, *operations, **KEY)

    assert [each["status"] for each in results] == [201, 200, 204, 201, 201]
    assert names(api) == ["Ada", "Bo", "Cy", "New"]
    assert send(api, *operations, **KEY) == results


def test_an_unexpected_error_in_one_item_does_not_hide_what_the_others_did(api: Api) -> None:
    events, name = aws.client("dynamodb").meta.events, "before-call.dynamodb.TransactWriteItems"
    turns = iter([False, True, False])

    def fail(**_: Any) -> None:
        if next(turns):
            raise ZeroDivisionError("Ada Lovelace's private life")

    events.register(name, fail)
    results = send(api, create("Ada"), create("Bo"), create("Cy"))
    events.unregister(name, fail)

    assert [each["status"] for each in results] == [201, 500, 201]
    assert "Lovelace" not in json.dumps(results)
    assert names(api) == ["Ada", "Cy"]


def test_items_for_which_no_time_is_left_are_not_begun(api: Api) -> None:
    """A function that is cut off answers nobody; one that stops in time says what is done."""
    left = iter([30_000, 10_000, RESERVE_MS - 1, 0])
    context = SimpleNamespace(**vars(CONTEXT))
    context.get_remaining_time_in_millis = _next(left)
    sent = event("POST", BATCH, {"operations": [create(f"P{n}") for n in range(4)]}, KEY)

    results = json.loads(handler(sent, context)["body"])["data"]

    assert [each["status"] for each in results] == [201, 201, 503, 503]
    assert results[3]["headers"] == {"retry-after": "1"}
    assert names(api) == ["P0", "P1"]
    assert [each["status"] for each in send(api, *[create(f"P{n}") for n in range(4)], **KEY)] == [
        201
    ] * 4
    assert names(api) == ["P0", "P1", "P2", "P3"]


def _next(values: Iterator[int]) -> Callable[[], int]:
    return lambda: next(values)
