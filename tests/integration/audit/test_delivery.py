"""Streams deliver again, late, in parallel, and processes die: the log has each act once."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.identity.record_audit.handler import handler as record_audit
from functions.shared import aws
from functions.shared.errors import UnavailableError
from tests.integration.audit.desk import WORKSPACE, Desk, fresh_process, stored
from tests.integration.cloud import Calls, furnish_audit
from tests.integration.gateway import CONTEXT
from tests.integration.parallel import at_once, shared_cloud

Fail = Callable[..., Any]


def entered() -> list[str]:
    return sorted(item["sk"]["S"].split("#")[1] for item in stored(f"{WORKSPACE}#AUDIT#0"))


def refuse(operation: str, at: int) -> Fail:
    """Return a hook of the DynamoDB client that fails call number `at` of an operation."""
    seen = 0

    def hook(model: Any, **_: Any) -> None:
        nonlocal seen
        if model.name == operation:
            seen += 1
            if seen == at:
                raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)

    return hook


@pytest.fixture
def batch(desk: Desk) -> list[dict[str, Any]]:
    """Three writes as the streams deliver them."""
    for name in ("Ada", "Bob", "Cyd"):
        desk.crm.make("/v1/contacts", {"name": name, "email": f"{name}@x.example"})
    return desk.records()


def test_the_same_batch_a_hundred_times_is_entered_once(batch: list[dict[str, Any]]) -> None:
    record_audit({"Records": batch}, CONTEXT)
    before = stored(WORKSPACE)

    for turn in range(99):
        if turn % 33 == 0:
            fresh_process()
        record_audit({"Records": batch}, CONTEXT)

    assert len(entered()) == 3
    assert stored(WORKSPACE) == before


def test_twenty_recorders_at_once_enter_once_and_agree_on_the_keys() -> None:
    with shared_cloud(furnish_audit):
        fresh_process()
        desk = Desk()
        contact = desk.crm.make("/v1/contacts", {"name": "Ada"})
        records = desk.records()

        at_once(20, lambda _: record_audit({"Records": records}, CONTEXT))

        assert len(entered()) == 1
        (entry,) = desk.entries(f"subject={contact['id']}")
        assert entry["after"]["name"] == "Ada"  # under the one key that was kept
        fresh_process()


@pytest.mark.parametrize(
    ("operation", "at"),
    [("GetItem", 1), ("PutItem", 1), ("PutItem", 2), ("TransactWriteItems", 1),
     ("TransactWriteItems", 3)],
)  # fmt: skip
def test_a_recorder_that_dies_anywhere_leaves_no_half_entry_and_nothing_undone(
    desk: Desk, batch: list[dict[str, Any]], operation: str, at: int
) -> None:
    hook = refuse(operation, at)
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb.*", hook)
    try:
        with pytest.raises(UnavailableError):
            record_audit({"Records": batch}, CONTEXT)
    finally:
        events.unregister("before-call.dynamodb.*", hook)
    entries = len(entered())
    markers = len(stored(f"{WORKSPACE}#AUDIT#E#"))
    assert entries == markers == len(stored(f"{WORKSPACE}#AUDIT#S#")) == 2  # the others went on

    fresh_process()
    record_audit({"Records": batch}, CONTEXT)

    assert len(entered()) == 3
    assert {each["values"] for each in desk.entries()} == {"shown"}


def test_records_in_any_order_are_all_entered_and_in_the_log_by_their_recording(
    desk: Desk, batch: list[dict[str, Any]]
) -> None:
    record_audit({"Records": batch[::-1]}, CONTEXT)
    record_audit({"Records": batch}, CONTEXT)

    recorded = [entry["recorded_at"] for entry in desk.entries()]
    assert len(recorded) == 3
    assert recorded == sorted(recorded, reverse=True)


def test_an_entry_costs_one_transaction_and_a_known_subject_no_call_of_kms(
    desk: Desk, batch: list[dict[str, Any]]
) -> None:
    with Calls("dynamodb") as table, Calls("kms") as kms:
        record_audit({"Records": batch[:1]}, CONTEXT)
        first = table.take(), kms.take()
        contact = batch[0]["dynamodb"]["NewImage"]["id"]["S"]
        desk.crm.patch(f"/v1/contacts/{contact}", {"title": "Dr"})
        changed = desk.records()
        table.take()
        record_audit({"Records": changed}, CONTEXT)
        second = table.take(), kms.take()

    assert first == (
        ["GetItem", "PutItem", "PutItem", "TransactWriteItems"], ["GenerateDataKey"],
    )  # fmt: skip
    assert second == (["TransactWriteItems"], [])
