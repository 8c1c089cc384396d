"""Complete, cancel and the store's own event at the same moment: one wins, and all say so."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from functions.shared import aws
from tests.integration.gateway import Reply
from tests.integration.video.conftest import UPLOADS, Cloud

ROUNDS = 6
OVER = {"upload_cancelled", "upload_gone"}


@pytest.fixture(autouse=True)
def one_store_request_at_a_time(cloud: Cloud) -> Iterator[None]:
    """As tests/integration/parallel.py does for tables: moto's objects are not safe under threads.
    Between two requests of one caller everybody else may come in."""
    lock, events = threading.Lock(), aws.client("s3").meta.events

    def locked(event_name: str, request: Any, **more: Any) -> Any:
        with lock:
            try:
                return botocore_stubber(event_name, request, **more)
            except KeyError:  # of an upload that is gone S3 says so, and moto does not
                body = MockRawResponse(b"<Error><Code>NoSuchUpload</Code></Error>")
                return AWSResponse(request.url, 404, {}, body)

    events.unregister("before-send", botocore_stubber)
    events.register("before-send", locked)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # let the threads meet often
    yield
    sys.setswitchinterval(interval)
    events.unregister("before-send", locked)
    events.register("before-send", botocore_stubber)


def at_once(*acts: Any) -> list[Any]:
    """Do things in threads of their own that all begin at the same moment."""
    gate = threading.Barrier(len(acts))

    def do(act: Any) -> Any:
        gate.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def said(reply: Reply) -> Any:
    return reply.status if reply.status == 200 else reply.json["code"]


@pytest.mark.parametrize("rivals", [(3, 2), (1, 1)])
def test_of_completions_and_cancellations_one_kind_wins(
    cloud: Cloud, rivals: tuple[int, int]
) -> None:
    for number in range(ROUNDS):
        video = cloud.open(size=64 * 1024)
        parts = cloud.send(video)
        completing = [lambda v=video, p=parts: cloud.complete(v, p)] * rivals[0]
        cancelling = [lambda v=video: cloud.api.post(f"/v1/videos/{v['id']}/cancel")] * rivals[1]
        order = [*cancelling, *completing] if number % 2 else [*completing, *cancelling]

        replies = at_once(*order)

        cut = rivals[number % 2]
        first, last = {said(r) for r in replies[:cut]}, {said(r) for r in replies[cut:]}
        completed, cancelled = (last, first) if number % 2 else (first, last)
        state = cloud.get(video)["state"]
        key = f"wsp_one/{video['id']}/source"
        if state == "cancelled":
            assert cancelled == {200}
            assert completed <= OVER
            assert key not in cloud.objects(UPLOADS)
        else:
            assert state == "uploading"
            assert completed == {200}
            assert cancelled == {"upload_complete"}
            assert key in cloud.objects(UPLOADS)
        assert cloud.open_uploads() == []


def test_whoever_loses_may_try_again_and_hears_the_same(cloud: Cloud) -> None:
    video = cloud.open(size=64 * 1024)
    parts = cloud.send(video)
    cancel = f"/v1/videos/{video['id']}/cancel"
    at_once(lambda: cloud.complete(video, parts), lambda: cloud.api.post(cancel))

    again = [said(cloud.complete(video, parts)), said(cloud.api.post(cancel))]

    cancelled = cloud.get(video)["state"] == "cancelled"
    assert again == (["upload_cancelled", 200] if cancelled else [200, "upload_complete"])


def test_twenty_completions_and_the_store_s_event_are_one_completion(cloud: Cloud) -> None:
    video = cloud.open(size=64 * 1024)
    parts = cloud.send(video)
    event = cloud.created(video)

    def told() -> list[str]:
        return cloud.start(event)

    replies = at_once(*[lambda: cloud.complete(video, parts)] * 10, *[told] * 10)

    assert {reply.status for reply in replies[:10]} == {200}
    assert replies[10:] == [[]] * 10
    assert cloud.start(event) == []
    assert cloud.executions() == [f"{video['id']}-1"]
    assert cloud.get(video)["state"] == "processing"
    assert cloud.events(video) == ["video.uploaded"]
