"""Warm requests: the whole handler's CPU against that of the same botocore calls alone.

`python -m tests.bench.handler` prints the ratios; both sides run in one process, in turns, over
loopback against `dynamodb_stub`.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

from botocore import xform_name

from functions.shared import aws
from tests.bench.dynamodb_stub import CONTACT_ID, WORKSPACE, running
from tests.integration import gateway
from tests.integration.cloud import environment

BUDGETS = {"GET": 1.6, "LIST": 1.6, "POST": 2.0, "PATCH": 2.0}
MEMBER = gateway.Member(workspace=WORKSPACE, principal="key_bench")
NEW = {"name": "Ada Lovelace", "email": "ada@example.com", "custom": {"region": "EMEA"}}


def measure(rounds: int = 15, calls: int = 40) -> dict[str, dict[str, Any]]:
    """Return, for each kind of request, the budget, the CPU of handler and botocore calls (ms a
    request) and their ratio: the median over `rounds` turns of `calls` requests."""
    with running() as url, environment(AWS_ENDPOINT_URL=url, POWERTOOLS_LOG_LEVEL="INFO"):
        from functions.crm.api.handler import handler

        results = {}
        for kind, request in _requests().items():
            sent = _observed(handler, request)
            ours = partial(_handled, handler, request)
            theirs = partial(_replayed, sent)
            results[kind] = {"budget": BUDGETS[kind], **_compare(ours, theirs, rounds, calls)}
        return results


def _requests() -> dict[str, tuple[str, str, Any]]:
    one = f"/v1/contacts/{CONTACT_ID}"
    return {
        "GET": ("GET", one, None),
        "LIST": ("GET", "/v1/contacts?limit=25", None),
        "POST": ("POST", "/v1/contacts", NEW),
        "PATCH": ("PATCH", one, {"title": "Countess"}),
    }


def _handled(handler: gateway.Handler, request: tuple[str, str, Any]) -> Callable[[], None]:
    method, path, body = request
    event = gateway.event(method, path, body, member=MEMBER)

    def once() -> None:
        handler(dict(event), gateway.CONTEXT)

    return once


def _observed(handler: gateway.Handler, request: tuple[str, str, Any]) -> list[tuple[str, Any]]:
    """Return the DynamoDB calls that a typical request makes, with their arguments: one that
    comes when the rate limits have their lease."""
    with quiet():  # leases double while they do not last: they soon cover many requests
        for _ in range(20):
            gateway.call(handler, gateway.event(*request, member=MEMBER))
        first, second = _calls_of(handler, request), _calls_of(handler, request)
    return min(first, second, key=len)  # one of them may have drawn a lease


def _calls_of(handler: gateway.Handler, request: tuple[str, str, Any]) -> list[tuple[str, Any]]:
    sent: list[tuple[str, Any]] = []
    events = aws.client("dynamodb").meta.events

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        sent.append((xform_name(model.name), dict(params)))

    events.register("provide-client-params.dynamodb.*", note)
    reply = gateway.call(handler, gateway.event(*request, member=MEMBER))
    events.unregister("provide-client-params.dynamodb.*", note)
    assert reply.status in (200, 201), reply.body
    return sent


def _replayed(sent: list[tuple[str, Any]]) -> Callable[[], None]:
    client = aws.client("dynamodb")

    def once() -> None:
        for name, arguments in sent:
            getattr(client, name)(**arguments)

    return once


def _compare(
    ours: Callable[[], Callable[[], None]],
    theirs: Callable[[], Callable[[], None]],
    rounds: int,
    calls: int,
) -> dict[str, Any]:
    handled, replayed = ours(), theirs()
    with quiet():
        for _ in range(3):
            _cpu(handled, calls), _cpu(replayed, calls)
        gc.collect()
        pairs = [(_cpu(handled, calls), _cpu(replayed, calls)) for _ in range(rounds)]
    return {
        "handler_ms": round(median(pair[0] for pair in pairs), 3),
        "botocore_ms": round(median(pair[1] for pair in pairs), 3),
        "ratio": round(median(pair[0] / pair[1] for pair in pairs), 2),
    }


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what this process writes to stdout: log lines are made and written, as in Lambda."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _cpu(work: Callable[[], None], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) * 1000 / times


if __name__ == "__main__":
    found = measure()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    sys.exit(any(each["ratio"] > each["budget"] for each in found.values()))
