"""Generated from the OpenAPI document: every reply to a credential tells the rate limits, and a
request takes what its operation says."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions.identity.authorize.handler import handler as authorize
from functions.shared.aws import client
from functions.shared.table import Table
from functions.shared.workspace_settings import change
from tests.contract import openapi
from tests.contract.gateway_app import ARN
from tests.contract.world import World, gateway, open_world
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import CONTEXT

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
]
_POLICY = re.compile(r'"principal";q=\d+;w=\d+, "workspace";q=\d+;w=\d+')
_STANDING = re.compile(r'"principal";r=(\d+);t=\d+, "workspace";r=(\d+);t=\d+')
SECURED = [each for each in OPERATIONS if each[2].get("security") != []]


def _named(operation: tuple[str, str, Any]) -> str:
    return f"{operation[0]} {operation[1]}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        slow = {
            f"{whose}_{what}": value
            for whose in ("principal", "workspace")
            for what, value in (("per_second", 0.001), ("burst", 10_000))
        }
        headers = {"authorization": f"Bearer {made.key}"}
        me = authorize({"methodArn": f"{ARN}/GET/", "headers": headers}, CONTEXT)["context"]
        change(Table(client("dynamodb"), ENVIRONMENT["PLATFORM_TABLE"], me["workspace"]), slow)
        yield made


@pytest.mark.parametrize("operation", SECURED, ids=_named)
def test_every_reply_to_a_credential_tells_its_limits_and_takes_what_it_says(
    world: World, operation: tuple[str, str, Any]
) -> None:
    method, path, described = operation
    seen: list[dict[str, str]] = []
    for _ in range(2):
        sent = {
            "REQUEST_METHOD": method,
            "PATH_INFO": re.sub(r"\{[^}]+\}", "nobody", path),
            "HTTP_AUTHORIZATION": f"Bearer {world.key}",
            "wsgi.input": io.BytesIO(b""),
        }
        list(gateway(sent, lambda _status, headers: seen.append(dict(headers))))

    policies = [_POLICY.fullmatch(headers["ratelimit-policy"]) for headers in seen]
    assert all(policies)
    before, after = (_STANDING.fullmatch(headers["ratelimit"]) for headers in seen)
    assert before
    assert after
    assert int(before[1]) - int(after[1]) == described["x-rate-cost"]
    assert int(before[2]) - int(after[2]) == described["x-rate-cost"]


def test_reads_cost_least_and_what_sets_most_in_motion_most() -> None:
    costs = {_named(each): each[2]["x-rate-cost"] for each in SECURED}

    assert {cost for name, cost in costs.items() if name.startswith("GET ")} == {1}
    assert min(cost for name, cost in costs.items() if not name.startswith("GET ")) == 2
    assert costs["POST /v1/videos"] == costs["POST /v1/videos/{id}/runs"] == 10


def test_open_routes_cost_nothing() -> None:
    opened = [each for each in OPERATIONS if each not in SECURED]

    assert opened
    assert all("x-rate-cost" not in each[2] for each in opened)
