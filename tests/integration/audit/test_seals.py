"""Seals: every closed hour of every workspace, once, in a chain, whatever was missed between."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.identity.audit_seal import key_of, last_closed
from functions.identity.dynamodb_audit import AuditHours, AuditLog
from functions.identity.seal_audit.handler import handler as seal_audit
from functions.shared import aws
from functions.shared.clock import now
from functions.shared.errors import UnavailableError
from tests.integration.audit.desk import PLATFORM, WORKSPACE, Desk, platform
from tests.integration.audit.night import BUCKET, NOON, Night, enter
from tests.integration.cloud import Calls
from tests.integration.gateway import CONTEXT


@pytest.fixture
def night(cloud: None) -> Night:
    return Night()


def seals() -> dict[str, dict[str, Any]]:
    """Return all seals by their keys; each key has one version."""
    versions = aws.client("s3").list_object_versions(Bucket=BUCKET).get("Versions", [])
    assert len(versions) == len({each["Key"] for each in versions})
    return {each["Key"]: json.loads(_body(each["Key"])) for each in versions}


def _body(key: str) -> bytes:
    return bytes(aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_an_hour_is_sealed_with_every_entry_in_its_order(night: Night) -> None:
    for number in range(3):
        enter(number, NOON + timedelta(minutes=20 * number))

    assert night.seal(NOON + timedelta(hours=1, minutes=6)).sealed == 1

    ((key, seal),) = seals().items()
    assert key == f"audit/{WORKSPACE}/2026/11/22/12.json"
    assert (seal["workspace"], seal["hour"], seal["previous"]) == (
        WORKSPACE, "2026-11-22T12", None,
    )  # fmt: skip
    texts = dict(AuditLog(platform()).entries("2026-11-22T12"))
    assert seal["entries"] == [
        [position, hashlib.sha256(text.encode()).hexdigest()] for position, text in texts.items()
    ]
    assert list(texts) == sorted(texts)
    assert len(texts) == 3


def test_an_hour_is_left_open_until_five_minutes_after_its_end(night: Night) -> None:
    enter(1, NOON)

    assert night.seal(NOON + timedelta(minutes=64, seconds=59)).sealed == 0
    assert night.seal(NOON + timedelta(minutes=65)).sealed == 1
    assert last_closed(NOON + timedelta(minutes=65)) == "2026-11-22T12"


def test_sealing_again_changes_nothing_and_costs_one_read_of_the_head(night: Night) -> None:
    enter(1, NOON)
    night.seal(NOON + timedelta(hours=2))
    before = seals()

    with Calls("dynamodb") as calls, Calls("s3") as objects:
        assert night.seal(NOON + timedelta(hours=2)).sealed == 0

    assert (calls, objects) == (["GetItem"], [])
    assert seals() == before


def test_missed_hours_are_made_up_for_and_gaps_are_bridged(night: Night) -> None:
    for number, hour in enumerate((0, 1, 5, 30)):
        enter(number, NOON + timedelta(hours=hour))
    enter(9, NOON + timedelta(hours=5), "ws_two")

    assert night.seal(NOON + timedelta(hours=40)).sealed == 5

    chain = [seal for key, seal in sorted(seals().items()) if WORKSPACE in key]
    assert [seal["hour"] for seal in chain] == [
        "2026-11-22T12", "2026-11-22T13", "2026-11-22T17", "2026-11-23T18",
    ]  # fmt: skip
    for earlier, later in pairwise(chain):
        body = _body(key_of(WORKSPACE, earlier["hour"]))
        assert later["previous"] == {
            "hour": earlier["hour"], "digest": hashlib.sha256(body).hexdigest(),
        }  # fmt: skip
    assert seals()[key_of("ws_two", "2026-11-22T17")]["previous"] is None


@pytest.mark.parametrize(
    ("service", "operation"),
    [("s3", "PutObject"), ("dynamodb", "PutItem"), ("dynamodb", "Query")],
)
def test_a_sealer_that_dies_anywhere_is_continued_and_the_other_workspaces_are_sealed(
    night: Night, service: str, operation: str
) -> None:
    """PutItem is the note in the table, after the object: it must not be sealed otherwise."""
    enter(1, NOON, "ws_one")
    enter(2, NOON + timedelta(hours=1), "ws_one")
    enter(3, NOON, "ws_two")
    hook = _once(operation, skip=1 if operation == "Query" else 0)  # the first lists the hours
    events = aws.client(service).meta.events
    events.register(f"before-call.{service}.*", hook)
    try:
        tally = night.seal(NOON + timedelta(hours=3))
    finally:
        events.unregister(f"before-call.{service}.*", hook)

    assert tally.failed == {"ws_one"}
    assert key_of("ws_two", "2026-11-22T12") in seals()
    assert key_of("ws_one", "2026-11-22T13") not in seals()  # its predecessor was not sealed

    assert not night.seal(NOON + timedelta(hours=3)).failed

    assert len(seals()) == 3
    chained = seals()[key_of("ws_one", "2026-11-22T13")]["previous"]
    body = _body(key_of("ws_one", "2026-11-22T12"))
    assert chained["digest"] == hashlib.sha256(body).hexdigest()


def _once(operation: str, *, skip: int) -> Callable[..., None]:
    seen = 0

    def hook(model: Any, **_: Any) -> None:
        nonlocal seen
        seen += model.name == operation
        if model.name == operation and seen == skip + 1:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)

    return hook


def test_a_seal_that_says_otherwise_is_kept_and_told_of_once(night: Night) -> None:
    """The bucket is right: what is in it nobody could change."""
    enter(1, NOON)
    key = key_of(WORKSPACE, "2026-11-22T12")
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b'{"another": "seal"}')

    assert night.seal(NOON + timedelta(hours=2)).failed == {WORKSPACE}
    assert night.failures == [(WORKSPACE, "2026-11-22T12", "SealedOtherwiseError")]
    assert not night.seal(NOON + timedelta(hours=2)).failed
    assert seals()[key] == {"another": "seal"}


def test_an_hour_that_was_noted_in_vain_has_no_seal(night: Night) -> None:
    AuditHours(aws.client("dynamodb"), PLATFORM).note("2026-11-22T12", WORKSPACE, 0)

    assert night.seal(NOON + timedelta(hours=2)).sealed == 0
    assert seals() == {}


def test_the_function_seals_what_is_over_and_leaves_what_is_not(desk: Desk) -> None:
    enter(1, now() - timedelta(hours=2))
    desk.crm.make("/v1/contacts", {"name": "Ada"})
    desk.pump()

    assert seal_audit({}, CONTEXT) == {"sealed": 1}
    assert seal_audit({}, CONTEXT) == {"sealed": 0}
    assert len(seals()) == 1


def test_the_function_raises_when_a_workspace_could_not_be_sealed(cloud: None) -> None:
    """So that its alarm does."""
    enter(1, now() - timedelta(hours=2))
    hook = _once("PutObject", skip=0)
    events = aws.client("s3").meta.events
    events.register("before-call.s3.*", hook)
    try:
        with pytest.raises(UnavailableError):
            seal_audit({}, CONTEXT)
    finally:
        events.unregister("before-call.s3.*", hook)


def test_a_seal_cannot_be_deleted_before_its_time(night: Night) -> None:
    enter(1, NOON)
    night.seal(NOON + timedelta(hours=2))
    s3 = aws.client("s3")
    (version,) = s3.list_object_versions(Bucket=BUCKET)["Versions"]

    with pytest.raises(ClientError, match="Access Denied"):
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
