"""Every write honours its Idempotency-Key, generated from the OpenAPI document: also when the
process dies after the write and before anybody hears of it."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from functions.shared import aws
from tests.contract import good_requests as good
from tests.contract import openapi
from tests.contract.good_requests import ELSEWHERE
from tests.contract.world import World, open_world
from tests.integration.gateway import Reply

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
WRITES = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])
]
HERE = [each for each in WRITES if f"{each[0]} {each[1]}" not in ELSEWHERE]
_KEYS = (f"key-{n}" for n in itertools.count())


def _named(operation: tuple[str, str, Any]) -> str:
    return f"{operation[0]} {operation[1]}"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


class Died(BaseException):
    """The process is gone: nothing of it runs on."""


@contextmanager
def dying() -> Iterator[None]:
    """Let the process die when its first write is done, before it has read that it is."""
    events, name = aws.client("dynamodb").meta.events, "after-call.dynamodb.TransactWriteItems"

    def die(**_: Any) -> None:
        raise Died

    events.register(name, die)
    try:
        yield
    finally:
        events.unregister(name, die)


def _same(first: Reply, second: Reply) -> bool:
    kept = ("etag", "location")
    shown = [[reply.headers.get(name) for name in kept] for reply in (first, second)]
    return (first.status, shown[0]) == (second.status, shown[1])


@pytest.mark.parametrize("operation", HERE, ids=_named)
def test_the_same_request_again_gets_the_same_reply(
    world: World, operation: tuple[str, str, Any]
) -> None:
    path, body, headers = good.request(world, operation)
    method = operation[0]
    key = next(_KEYS)

    first = world.send(method, path, body, Idempotency_Key=key, **headers)
    again = world.send(method, path, body, Idempotency_Key=key, **headers)

    assert 200 <= first.status < 300, first.body
    assert "idempotency-replayed" not in first.headers
    assert again.headers.get("idempotency-replayed") == "true", again.body
    assert _same(first, again)


@pytest.mark.parametrize("operation", HERE, ids=_named)
def test_a_write_whose_process_died_before_it_could_tell_is_told_by_asking_again(
    world: World, operation: tuple[str, str, Any]
) -> None:
    path, body, headers = good.request(world, operation)
    method = operation[0]
    key = next(_KEYS)
    with dying():
        lost = world.send(method, path, body, Idempotency_Key=key, **headers)

    again = world.send(method, path, body, Idempotency_Key=key, **headers)

    assert lost.status == 500
    assert 200 <= again.status < 300, again.body
    assert again.headers.get("idempotency-replayed") == "true"
