"""Many callers at once, against a DynamoDB that takes one request at a time, as a real one
seems to.

moto's tables are not safe under threads, so each request to it waits for a lock. Between two
requests of one caller everybody else may come in: races in our code stay races.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from moto import mock_aws
from moto.core.models import botocore_stubber

from functions.shared import aws
from tests.integration.cloud import environment, forget_clients, furnish

T = TypeVar("T")


@contextmanager
def shared_cloud(*furnishings: Callable[[], None]) -> Iterator[None]:
    """Give an empty, furnished AWS that many threads may use."""
    lock = threading.Lock()

    def one_at_a_time(event_name: str, request: Any, **more: Any) -> Any:
        with lock:
            return botocore_stubber(event_name, request, **more)

    interval = sys.getswitchinterval()
    with environment(), mock_aws():
        furnish()
        for further in furnishings:
            further()
        for service in ("dynamodb", "secretsmanager", "kms"):
            events = aws.client(service).meta.events
            events.unregister("before-send", botocore_stubber)  # else both would serve a request
            events.register("before-send", one_at_a_time)
        sys.setswitchinterval(1e-4)  # let the threads meet often
        try:
            yield
        finally:
            sys.setswitchinterval(interval)
            forget_clients()  # those that wait for the lock


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Return the results of `work(0)` ... `work(count - 1)`, all begun at the same moment."""
    gate = threading.Barrier(count)

    def begin(position: int) -> T:
        gate.wait()
        return work(position)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))
