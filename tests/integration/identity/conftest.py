"""Identity's functions on moto: a workspace is founded, keys are made, the authorizer decides."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from functions.identity.api.handler import handler as api_handler
from functions.identity.authorize.handler import handler as authorize_handler
from functions.identity.create_workspace.handler import handler as create_workspace_handler
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish
from tests.integration.gateway import CONTEXT, Reply, call, event

METHOD = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/local/GET/v1/contacts/con_1"


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        yield


@pytest.fixture
def calls(cloud: None) -> Iterator[Calls]:
    with Calls("dynamodb") as recorded:
        yield recorded


@dataclass(frozen=True)
class Door:
    """The API behind its authorizer, as the holder of a key meets it."""

    key: str

    def decision(self) -> dict[str, Any]:
        return authorize(f"Bearer {self.key}")

    def request(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Reply:
        decision = self.decision()
        assert effect(decision) == "Allow"
        sent = event(method, target, body, headers, None, **more)
        sent["requestContext"]["authorizer"] = {
            **decision["context"],
            "principalId": decision["principalId"],
        }
        return call(api_handler, sent)


def authorize(header: str | None, method: str = METHOD) -> dict[str, Any]:
    """Ask the authorizer about an Authorization header."""
    headers = {} if header is None else {"Authorization": header}
    asked = {"type": "REQUEST", "methodArn": method, "headers": headers, "requestContext": {}}
    decision: dict[str, Any] = authorize_handler(asked, CONTEXT)
    return decision


def effect(decision: Mapping[str, Any]) -> str:
    (statement,) = decision["policyDocument"]["Statement"]
    return str(statement["Effect"])


@pytest.fixture
def found(cloud: None) -> Callable[[str], dict[str, str]]:
    """Found a workspace as an operator does; returns {workspace, name, api_key}."""
    return lambda name: create_workspace_handler({"name": name}, CONTEXT)


@pytest.fixture
def admin(found: Callable[[str], dict[str, str]]) -> Door:
    """The holder of a new workspace's first key."""
    return Door(found("Harbor Foods")["api_key"])


def seat(
    admin: Door,
    member: str | None = None,
    *,
    role: str,
    state: str = "active",
    team_ids: Sequence[str] = (),
) -> str:
    """Put a member as the authorizer reads one into the admin's workspace; return the id."""
    member = member or new_id("mem")
    workspace = admin.decision()["context"]["workspace"]
    item = {
        "pk": f"W#{workspace}#{member}",
        "sk": "RECORD",
        "id": member,
        "role": role,
        "state": state,
        "team_ids": list(team_ids),
    }
    aws.client("dynamodb").put_item(
        TableName=ENVIRONMENT["IDENTITY_TABLE"], Item=marshal_item(item)
    )
    return member


def everything() -> str:
    """Return all that lies in the identity and platform tables, as text."""
    tables = (ENVIRONMENT["IDENTITY_TABLE"], ENVIRONMENT["PLATFORM_TABLE"])
    return "".join(str(aws.client("dynamodb").scan(TableName=name)["Items"]) for name in tables)
