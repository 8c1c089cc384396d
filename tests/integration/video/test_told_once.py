"""What the bus hears of a video, however often and in whatever order its own events come."""

import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from functions.outbox.publish.handler import handler as publish
from functions.shared import aws
from functions.shared.settings import Settings
from tests.integration.gateway import CONTEXT
from tests.integration.video.conftest import (
    MEDIA,
    OK_ANALYSIS,
    OK_TRANSCRIPT,
    TABLE,
    UPLOADS,
    Cloud,
    in_parallel,
)
from tests.integration.video.steps import later, purge


class Bus:
    """The video table's stream, and the events that leave by it."""

    def __init__(self) -> None:
        table = aws.client("dynamodb").update_table(
            TableName=TABLE,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        self._stream = table["LatestStreamArn"]
        self.entries: list[dict[str, Any]] = []

    def records(self) -> list[dict[str, Any]]:
        """Return all that has been written, as the stream tells it."""
        streams = aws.client("dynamodbstreams")
        shards = streams.describe_stream(StreamArn=self._stream)["StreamDescription"]["Shards"]
        found = []
        for shard in shards:
            at = streams.get_shard_iterator(
                StreamArn=self._stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found += streams.get_records(ShardIterator=at, Limit=1000)["Records"]
        return found

    def note(self, params: dict[str, Any], **_: Any) -> None:
        self.entries += params["Entries"]

    def told(self, video: Any) -> Counter[str]:
        """Let all of it leave, and return how many events of each type a subscriber knows of a
        video (an event is known by its id)."""
        self.entries.clear()
        publish({"Records": self.records()}, CONTEXT)
        details = [json.loads(each["Detail"]) for each in self.entries]
        known = {each["id"]: each["type"] for each in details if video["id"] in str(each)}
        return Counter(known.values())


@pytest.fixture
def bus(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    monkeypatch.setenv("EVENT_BUS", "default")
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]
    listening, events = Bus(), aws.client("events").meta.events
    name = "provide-client-params.events.PutEvents"
    events.register(name, listening.note, "listening")
    yield listening
    events.unregister(name, unique_id="listening")
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]


def test_what_is_delivered_again_and_again_is_told_once(cloud: Cloud, bus: Bus) -> None:
    video = cloud.uploaded()
    event = cloud.created(video)
    older = cloud.created(video, sequencer="00000000000000000000")
    in_parallel(40, 20, lambda: cloud.start(random.choice((event, older))))  # noqa: S311
    in_parallel(10, 5, lambda: cloud.mark_ready(video))
    in_parallel(10, 5, lambda: cloud.finish(video, "transcript", OK_TRANSCRIPT))
    in_parallel(10, 5, lambda: cloud.finish(video, "analysis", OK_ANALYSIS))
    in_parallel(10, 5, lambda: cloud.start(event))

    told = bus.told(video)

    assert set(told) >= {"video.created", "video.uploaded", "video.ready", "video.analysed"}
    assert set(told.values()) == {1}
    again = bus.told(video)  # the stream may deliver a batch again
    assert again == told


def test_a_failure_that_is_told_twenty_times_is_one(cloud: Cloud, bus: Bus) -> None:
    video = cloud.running()
    failure = {"reason": {"code": "not_media", "detail": "Not a video.", "step": "inspect"}}

    in_parallel(20, 10, lambda: cloud.fail(video, failure))

    assert bus.told(video)["video.failed"] == 1


ORDERS = [
    order
    for order in itertools.permutations(("arrived", "arrived before", "delete", "purge"))
    if order.index("delete") < order.index("purge")
]


@pytest.mark.parametrize("order", ORDERS)
def test_a_deletion_stands_whether_it_is_heard_of_before_the_arrival_or_after(
    cloud: Cloud, bus: Bus, order: tuple[str, ...]
) -> None:
    video = cloud.uploaded()
    acts = {
        "arrived": lambda: cloud.start(cloud.created(video)),
        "arrived before": lambda: cloud.start(cloud.created(video, sequencer="00")),
        "delete": lambda: cloud.api.delete(f"/v1/videos/{video['id']}"),
        "purge": lambda: purge(cloud, video),
    }

    for act in order:
        acts[act]()

    cloud.expire(later(minutes=30))
    assert cloud.api.get(f"/v1/videos/{video['id']}").status == 404
    assert cloud.objects(UPLOADS) == cloud.objects(MEDIA) == []
    assert {cloud.status(name) for name in cloud.executions()} <= {"ABORTED", "SUCCEEDED"}
    told = bus.told(video)
    began = order.index("delete") > min(order.index("arrived"), order.index("arrived before"))
    assert told["video.uploaded"] == (1 if began else 0)
    assert (told["video.deleted"], told["video.purged"]) == (1, 1)
    assert set(told.values()) - {0} == {1}
