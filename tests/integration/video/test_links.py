"""Videos follow the records that they are linked to: into a merge, out of it, off the gone."""

import itertools
import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.crm.find_api.handler import handler as find_handler
from functions.shared import aws
from functions.shared.attributes import unmarshal_item
from functions.shared.ids import new_id
from functions.video.relink.handler import handler as relink
from tests.integration.cloud import Calls
from tests.integration.crm.merge_world import Killed, dying
from tests.integration.gateway import CONTEXT, Api
from tests.integration.video.conftest import TABLE, Cloud

IN_TIME = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 60_000})
PASSING = {"version", "updated_at", "_events"}


def told(kind: str, **data: Any) -> dict[str, Any]:
    """Return an event of the CRM."""
    subject = {"type": kind.partition(".")[0], "id": data["id"]}
    return {"id": new_id("evt"), "type": kind, "workspace": "wsp_one", "source": "api",
            "subject": subject, "data": data}  # fmt: skip


def hear(*events: dict[str, Any], context: Any = IN_TIME) -> list[dict[str, Any]]:
    """Deliver events, each alone; return those that come back."""
    failed = []
    for event in events:
        record = {"messageId": "m1", "body": json.dumps({"detail": event})}
        if relink({"Records": [record]}, context)["batchItemFailures"]:
            failed.append(event)
    return failed


def hear_all(events: list[dict[str, Any]]) -> None:
    """Deliver events, and again what comes back, until nothing does."""
    for _ in range(6):
        events = hear(*events)
        if not events:
            return
    raise AssertionError("some events come back for ever")


def picture() -> list[str]:
    """Return the table as it is compared: without what may differ, and what a merge leaves for a
    month."""
    found = [unmarshal_item(item) for item in aws.client("dynamodb").scan(TableName=TABLE)["Items"]]
    return sorted(
        json.dumps({k: v for k, v in item.items() if k not in PASSING}, sort_keys=True, default=str)
        for item in found
        if "#MERGE#" not in item["pk"]
    )


def people(cloud: Cloud, count: int) -> list[str]:
    return [cloud.crm.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(count)]


def links(*ids: str) -> list[dict[str, str]]:
    return [{"type": "contact", "id": each} for each in ids]


def linked(cloud: Cloud, video: Any) -> list[str]:
    return [each["id"] for each in cloud.get(video)["links"]]


def merge(*ids: str, at: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the events of a merge, and of its undoing; `at` orders merges by time."""
    data = {"id": f"mrg_{at:026}", "winner_id": ids[0], "loser_ids": list(ids[1:])}
    return told("merge.started", **data), told("merge.undo_started", **data)


def test_videos_move_to_the_winner_and_are_where_they_were_when_that_is_undone(
    cloud: Cloud,
) -> None:
    winner, loser, third, other = people(cloud, 4)
    groups = ([loser], [loser, other, winner], [other, third, loser], [other], [winner])
    videos = [cloud.open(links=links(*each)) for each in groups]
    before = picture()
    started, undone = merge(winner, loser, third)

    assert hear(started, started) == []
    assert [linked(cloud, each) for each in videos] == [
        [winner], [winner, other], [other, winner], [other], [winner],
    ]  # fmt: skip
    assert hear(undone, undone, started) == [], "a merge heard of again moves nothing any more"
    assert picture() == before


def counted(merge_id: str) -> tuple[int, int, int]:
    """Return how many videos have moved and moved back, as was told last, and how often it was."""
    key = {"pk": {"S": f"W#wsp_one#MERGE#{merge_id}"}, "sk": {"S": "~VIDEOS"}}
    item = unmarshal_item(aws.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"])
    (stamped,) = item["_events"]
    assert (stamped["type"], stamped["source"]) == ("merge.videos_moved", "merge")
    return item["videos"], item["videos_back"], item["version"]


def test_how_many_have_moved_is_told_once_they_have_and_not_again(cloud: Cloud) -> None:
    winner, loser = people(cloud, 2)
    for _ in range(2):
        cloud.open(links=links(loser))
    started, undone = merge(winner, loser)
    hear(started)
    assert counted(started["data"]["id"]) == (2, 0, 1)
    hear(started)
    assert counted(started["data"]["id"]) == (2, 0, 1)
    cloud.open(links=links(loser))  # was on its way when the merge began
    hear(started, undone)
    before = counted(started["data"]["id"])
    assert before[:2] == (3, 3)
    hear(undone, started)
    assert counted(started["data"]["id"]) == before
    none, _ = merge(*people(cloud, 2), at=7)
    hear(none)
    assert counted(none["data"]["id"]) == (0, 0, 1)


def test_the_change_says_that_it_comes_of_a_merge(cloud: Cloud) -> None:
    winner, loser = people(cloud, 2)
    video = cloud.open(links=links(loser))
    hear(merge(winner, loser)[0])
    key = {"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RECORD"}}
    item = unmarshal_item(aws.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"])
    assert [(each["type"], each["source"]) for each in item["_events"]] == [
        ("video.updated", "merge")
    ]


def test_links_made_and_dropped_since_stay_so_when_a_merge_is_undone(cloud: Cloud) -> None:
    winner, loser, other = people(cloud, 3)
    first, second, third = (cloud.open(links=links(loser)) for _ in range(3))
    started, undone = merge(winner, loser)
    hear(started)
    cloud.api.patch(f"/v1/videos/{first['id']}", {"links": links(other, winner)})
    cloud.api.patch(f"/v1/videos/{second['id']}", {"links": links(other)})
    assert cloud.api.delete(f"/v1/videos/{third['id']}").status == 204
    late = cloud.open(links=links(winner))
    hear(undone)
    assert [linked(cloud, each) for each in (first, second, late)] == [
        [other, loser], [other], [winner],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("first second undo_second undo_first", "A"),
        ("first undo_first back", "A"),
        ("first undo_first back undo_back", "A"),
        ("first second undo_second", "B"),
        ("first second", "C"),
        ("first undo_first again", "C"),
    ],
)
def test_in_whatever_order_merges_and_undoings_are_heard_of_the_links_are_the_same(
    cloud: Cloud, events: str, expected: str
) -> None:
    names = dict(zip("ABC", people(cloud, 3), strict=True))
    a, b, c = names.values()
    known = dict(
        zip(
            ("first", "undo_first", "second", "undo_second", "back", "undo_back", "again", "_"),
            [*merge(b, a, at=1), *merge(c, b, at=2), *merge(a, b, at=3), *merge(c, a, at=4)],
            strict=True,
        )
    )
    order = list(itertools.permutations(events.split()))
    for number, some in enumerate(order):
        video = cloud.open(links=links(a))
        # every order is a world of its own: other merges of the same records
        hear_all([_of(known[each], number) for each in some])
        assert linked(cloud, video) == [names[expected]], some
        for item in aws.client("dynamodb").scan(TableName=TABLE)["Items"]:
            key = {"pk": item["pk"], "sk": item["sk"]}
            aws.client("dynamodb").delete_item(TableName=TABLE, Key=key)


def _of(event: dict[str, Any], world: int) -> dict[str, Any]:
    merge_id = f"{event['data']['id'][:-4]}{event['data']['id'][-1]}{world:03}"
    return {**event, "data": {**event["data"], "id": merge_id}}


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_killed_at_any_of_its_writes_leaves_the_rest_to_the_next(
    cloud: Cloud,
    *,
    after: bool,
) -> None:
    winner, loser = people(cloud, 2)
    videos = [cloud.open(links=links(loser)) for _ in range(3)]
    before = picture()
    for event, expected in zip(merge(winner, loser), (winner, loser), strict=True):
        for at in range(1, 6):
            with dying(at, after=after):
                try:
                    assert hear(event) == []
                except Killed:
                    continue
        assert hear(event) == []
        assert [linked(cloud, each) for each in videos] == [[expected]] * 3
    assert picture() == before


def test_a_worker_without_time_comes_back(cloud: Cloud) -> None:
    winner, loser = people(cloud, 2)
    video = cloud.open(links=links(loser))
    started, undone = merge(winner, loser)
    late = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 1_000})
    assert hear(started, context=late) == [started]
    assert hear(started) == []
    assert hear(undone, context=late) == [undone]
    assert hear(undone) == []
    assert linked(cloud, video) == [loser]


@pytest.mark.parametrize("end", ["purged", "expired"])
def test_a_record_that_is_gone_for_good_is_on_no_video(cloud: Cloud, end: str) -> None:
    gone, other = people(cloud, 2)
    videos = [cloud.open(links=links(*each)) for each in ([gone, other], [gone])]
    assert hear(told(f"contact.{end}", id=gone), told(f"contact.{end}", id=gone)) == []
    assert [linked(cloud, each) for each in videos] == [[other], []]
    assert gone not in str(picture())


def test_an_old_id_is_kept_as_the_record_that_it_leads_to(cloud: Cloud) -> None:
    winner, loser = people(cloud, 2)
    made = Api(find_handler).post("/v1/contacts/merge", {"ids": [winner, loser]})
    assert made.status == 201
    video = cloud.open(links=links(loser, winner))
    assert linked(cloud, video) == [winner]
    patched = cloud.api.patch(f"/v1/videos/{video['id']}", {"links": links(loser)})
    assert (patched.status, patched.json["links"]) == (200, links(winner))
    shown = cloud.api.get(f"/v1/videos/{video['id']}?expand=links").json["links"]
    assert [each["record"]["id"] for each in shown] == [winner]


def test_a_move_costs_what_its_pattern_says(cloud: Cloud, calls: Calls) -> None:
    winner, loser = people(cloud, 2)
    for _ in range(2):
        cloud.open(links=links(loser))
    started, undone = merge(winner, loser)
    calls.clear()
    hear(started)
    video = ["Query", "TransactWriteItems"]
    assert calls.take() == [
        "GetItem", "TransactWriteItems", "Query", *video, *video,
        "GetItem", "Query", "PutItem", "GetItem",
    ]  # fmt: skip
    hear(undone)
    assert calls.take() == [
        "PutItem", "GetItem", "GetItem", "Query", "GetItem", "Query", *video, *video,
        "GetItem", "Query", "PutItem", "DeleteItem",
    ]  # fmt: skip
