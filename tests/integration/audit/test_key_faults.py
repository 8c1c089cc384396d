"""KMS as it fails: busy, silent, refusing, and with a key that is not one."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.identity.kms import KmsEnvelope
from functions.identity.record_audit.handler import handler as record_audit
from functions.shared import aws
from functions.shared.audit import key_of
from functions.shared.errors import UnavailableError
from functions.shared.writes import Put
from tests.integration.audit.desk import WORKSPACE, Desk, platform, stored
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT


def failing(error: Exception) -> Callable[..., Any]:
    def hook(**_: Any) -> None:
        raise error

    return hook


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GenerateDataKey")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("ThrottlingException"), UnavailableError),
        (refusal("KMSInternalException"), UnavailableError),
        (EndpointConnectionError(endpoint_url="http://kms"), UnavailableError),
        (refusal("AccessDeniedException"), ClientError),  # a mistake of ours: nothing to wait for
    ],
)
def test_what_passes_is_told_apart_from_what_does_not(
    cloud: None, error: Exception, expected: type[Exception]
) -> None:
    kms = aws.client("kms")
    hook = failing(error)
    kms.meta.events.register("before-call.kms.*", hook)
    try:
        with pytest.raises(expected):
            KmsEnvelope(kms, ENVIRONMENT["AUDIT_KEY"]).new_key({"workspace": "w", "subject": "s"})
    finally:
        kms.meta.events.unregister("before-call.kms.*", hook)


def test_a_batch_without_a_key_service_is_entered_when_it_is_back(desk: Desk) -> None:
    made = desk.crm.make("/v1/contacts", {"name": "Ada"})
    records = desk.records()
    hook = failing(refusal("ThrottlingException"))
    events = aws.client("kms").meta.events
    events.register("before-call.kms.*", hook)
    try:
        with pytest.raises(UnavailableError):
            record_audit({"Records": records}, CONTEXT)
    finally:
        events.unregister("before-call.kms.*", hook)
    assert stored(f"{WORKSPACE}#AUDIT") == []

    record_audit({"Records": records}, CONTEXT)

    assert desk.entries(f"subject={made['id']}")[0]["values"] == "shown"


def test_values_whose_key_was_exchanged_are_damaged_and_the_page_is_still_shown(
    desk: Desk,
) -> None:
    ada, bob = (desk.crm.make("/v1/contacts", {"name": name}) for name in ("Ada", "Bob"))
    desk.pump()
    theirs = platform().get(*key_of(WORKSPACE, bob["id"]).values())
    assert theirs is not None
    ours = key_of(WORKSPACE, ada["id"])
    platform().write(Put({**ours, "wrapped": theirs["wrapped"]}))

    states = {each["subject"]["id"]: each["values"] for each in desk.entries()}

    assert states == {ada["id"]: "damaged", bob["id"]: "shown"}
