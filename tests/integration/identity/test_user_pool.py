"""Cognito's own refusals and failures, as callers of the API meet them."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from functions.identity.api.handler import handler
from functions.identity.cognito import UserPool
from functions.shared import aws
from functions.shared.errors import InvalidError, UnavailableError
from tests.integration.cloud import ENVIRONMENT, environment, furnish, furnish_sign_in
from tests.integration.gateway import Api


class _Refusing:
    """A client of Cognito whose every call fails in one way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _call: str) -> Any:
        def fail(**_arguments: Any) -> Any:
            raise self._error

        return fail


def _refused(code: str) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code, "Message": "…"}}, "AdminCreateUser")


def _pool(error: Exception) -> UserPool:
    return UserPool(_Refusing(error), "pool")


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        furnish_sign_in()
        yield


@pytest.mark.parametrize(
    "error",
    [
        _refused("TooManyRequestsException"),
        _refused("InternalErrorException"),
        ReadTimeoutError(endpoint_url="https://cognito"),
    ],
)
def test_what_passes_is_told_as_passing(error: Exception) -> None:
    pool = _pool(error)

    for call in (
        lambda: pool.ensure_account("a@b.example", "A"),
        lambda: pool.verified_email("sub"),
        lambda: pool.create_client("ws_1"),
        lambda: pool.delete_client("id"),
    ):
        with pytest.raises(UnavailableError):
            call()


def test_an_address_that_mail_cannot_reach_is_the_caller_s_fault() -> None:
    with pytest.raises(InvalidError) as caught:
        _pool(_refused("CodeDeliveryFailureException")).ensure_account("a@b.example", "A")

    assert caught.value.errors[0].pointer == "/email"


def test_who_is_gone_has_no_address_and_what_is_gone_is_deleted() -> None:
    assert _pool(_refused("UserNotFoundException")).verified_email("sub") is None
    _pool(_refused("ResourceNotFoundException")).delete_client("id")


def test_a_pool_that_is_not_ours_to_use_is_our_fault() -> None:
    """An AccessDenied is no outcome: it must be seen, as a 500 with its type in the log."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError):
        _pool(_refused("AccessDeniedException")).delete_client("id")


def test_an_invitation_is_not_recorded_while_cognito_is_away(cloud: None) -> None:
    pool = aws.client("cognito-idp")

    def away(**_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://cognito")

    pool.meta.events.register_first("before-call.cognito-idp.AdminCreateUser", away)
    try:
        reply = Api(handler).post(
            "/v1/members", {"email": "a@b.example", "name": "A", "role": "viewer"}
        )
    finally:
        pool.meta.events.unregister("before-call.cognito-idp.AdminCreateUser", away)

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    items = aws.client("dynamodb").scan(TableName=ENVIRONMENT["IDENTITY_TABLE"])["Items"]
    assert items == []
