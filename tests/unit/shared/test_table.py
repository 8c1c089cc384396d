"""The table adapter where moto cannot go: throttling, collisions, time-outs, left-over keys."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions.shared.errors import UnavailableError
from functions.shared.table import (
    Check,
    ConditionFailedError,
    Delete,
    Put,
    Table,
    Update,
    Write,
)

KEY = {"pk": "W#wsp_one#con_1", "sk": "RECORD"}
TYPED = {"pk": {"S": KEY["pk"]}, "sk": {"S": KEY["sk"]}, "n": {"N": "1"}}


def refusal(code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "made up"}, **more}, "Operation")


def cancelled(*codes: str, item: Any = None) -> ClientError:
    reasons = [{"Code": code, "Item": item} if code != "None" else {"Code": code} for code in codes]
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


class Scripted:
    """A client whose every call takes the next of the given replies; errors are raised."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.sent.append((name, arguments))
            reply = self.replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply

        return call


def table(*replies: Any) -> tuple[Table, Scripted]:
    client = Scripted(*replies)
    return Table(client, "reelate-local-crm", "wsp_one"), client


TRANSIENT = [
    refusal("ProvisionedThroughputExceededException"),
    refusal("ThrottlingException"),
    refusal("InternalServerError"),
    refusal("TransactionConflictException"),
    ReadTimeoutError(endpoint_url="https://dynamodb"),
]
CALLS: list[Callable[[Table], Any]] = [
    lambda t: t.get(KEY["pk"], KEY["sk"]),
    lambda t: t.get_many([(KEY["pk"], KEY["sk"])]),
    lambda t: t.query(KEY["pk"]),
    lambda t: t.write(Put(dict(KEY))),
    lambda t: t.transact([Put(dict(KEY))]),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: str(error)[:60])
@pytest.mark.parametrize("call", CALLS)
def test_what_passes_by_itself_is_a_clean_503(
    call: Callable[[Table], Any], error: Exception
) -> None:
    with pytest.raises(UnavailableError) as refused:
        call(table(error)[0])
    assert (refused.value.status, refused.value.retry_after) == (503, 1)
    assert refused.value.__cause__ is error


@pytest.mark.parametrize("call", CALLS)
def test_our_own_mistakes_are_not_dressed_as_a_busy_database(call: Callable[[Table], Any]) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        call(table(refusal("AccessDeniedException"))[0])


def test_a_collision_of_transactions_is_tried_again() -> None:
    view, client = table(cancelled("None", "TransactionConflict"), {})
    view.transact([Put(dict(KEY)), Delete({**KEY, "sk": "OTHER"})])
    assert [name for name, _ in client.sent] == ["transact_write_items"] * 2


def test_a_throttled_transaction_is_tried_again() -> None:
    view, client = table(
        cancelled("ThrottlingError"), cancelled("ProvisionedThroughputExceeded"), {}
    )
    view.transact([Put(dict(KEY))])
    assert len(client.sent) == 3


def test_a_collision_that_lasts_is_a_clean_503() -> None:
    view, client = table(*[cancelled("TransactionConflict")] * 6)
    with pytest.raises(UnavailableError):
        view.transact([Put(dict(KEY))])
    assert len(client.sent) == 6


def test_a_failed_condition_is_told_even_beside_a_collision() -> None:
    view, _ = table(cancelled("TransactionConflict", "ConditionalCheckFailed", item=TYPED))
    writes: list[Write] = [Put(dict(KEY)), Check({**KEY, "sk": "B"}, "attribute_exists(pk)")]
    with pytest.raises(ConditionFailedError) as failed:
        view.transact(writes)
    assert failed.value.failed == {1: {**KEY, "n": 1}}
    assert failed.value.refused == (writes[1],)


def test_a_malformed_transaction_is_our_mistake_and_not_repeated() -> None:
    view, client = table(cancelled("ValidationError"))
    with pytest.raises(ClientError):
        view.transact([Put(dict(KEY))])
    assert len(client.sent) == 1


def test_a_single_refused_write_names_what_stood_in_its_way() -> None:
    view, _ = table(refusal("ConditionalCheckFailedException", Item=TYPED))
    write = Put(dict(KEY), "attribute_not_exists(pk)")
    with pytest.raises(ConditionFailedError) as failed:
        view.write(write)
    assert (failed.value.failed, failed.value.refused) == ({0: {**KEY, "n": 1}}, (write,))


def test_keys_that_were_left_over_are_asked_for_again_and_only_those() -> None:
    other = {"pk": {"S": KEY["pk"]}, "sk": {"S": "OTHER"}}
    view, client = table(
        {
            "Responses": {"reelate-local-crm": [TYPED]},
            "UnprocessedKeys": {"reelate-local-crm": {"Keys": [other]}},
        },
        {"Responses": {"reelate-local-crm": [other]}, "UnprocessedKeys": {}},
    )
    found = view.get_many([(KEY["pk"], "RECORD"), (KEY["pk"], "OTHER")], consistent=True)
    assert set(found) == {(KEY["pk"], "RECORD"), (KEY["pk"], "OTHER")}
    asked = client.sent[1][1]["RequestItems"]["reelate-local-crm"]
    assert asked == {"Keys": [other], "ConsistentRead": True}


def test_keys_that_are_always_left_over_are_a_clean_503() -> None:
    left = {"Responses": {}, "UnprocessedKeys": {"reelate-local-crm": {"Keys": [TYPED]}}}
    with pytest.raises(UnavailableError):
        table(*[left] * 6)[0].get_many([(KEY["pk"], "RECORD")])


def test_asking_for_nothing_makes_no_request() -> None:
    view, client = table()
    assert view.get_many([]) == {}
    assert client.sent == []


FOREIGN = {"pk": "W#wsp_two#con_1", "sk": "RECORD"}
ALIKE = {"pk": "W#wsp_one_and_more#con_1", "sk": "RECORD"}


@pytest.mark.parametrize("key", [FOREIGN, ALIKE, {"pk": "con_1", "sk": "RECORD"}])
@pytest.mark.parametrize(
    "call",
    [
        lambda t, key: t.get(key["pk"], key["sk"]),
        lambda t, key: t.get_many([(KEY["pk"], "RECORD"), (key["pk"], key["sk"])]),
        lambda t, key: t.query(key["pk"]),
        lambda t, key: t.query(KEY["pk"], start=key),
        lambda t, key: t.query(KEY["pk"], index="gsi1", start={**key, "gsi1pk": KEY["pk"]}),
        lambda t, key: t.query(KEY["pk"], index="gsi1", start={**KEY, "gsi1pk": key["pk"]}),
        lambda t, key: t.write(Put(dict(key))),
        lambda t, key: t.write(Delete(dict(key))),
        lambda t, key: t.write(Update(dict(key), "SET a = :a")),
        lambda t, key: t.transact([Put(dict(KEY)), Check(dict(key), "attribute_exists(pk)")]),
    ],
)
def test_a_key_of_another_workspace_never_leaves_the_process(
    call: Callable[[Table, Any], Any], key: dict[str, str]
) -> None:
    view, client = table()
    with pytest.raises(RuntimeError, match="outside workspace wsp_one"):
        call(view, key)
    assert client.sent == []
