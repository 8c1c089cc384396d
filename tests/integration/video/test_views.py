"""Views: what players tell, what is counted of it, who may read it."""

import json
from typing import Any

import pytest

from functions.crm.dynamodb_timelines import Timelines
from functions.crm.timeline import project
from functions.outbox.publish.logic import events_of
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.table import Table
from functions.video.tally_views.handler import handler as tally
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import CONTEXT, Member, Reply, call, event
from tests.integration.video.conftest import Cloud, in_parallel
from tests.integration.video.player import link, playable, token_of
from tests.integration.video.renditions import manifest
from tests.integration.video.steps import unreachable
from tests.integration.video.test_shares import knock, opened, share

QUEUE = ENVIRONMENT["VIEWS_QUEUE_URL"]


def tell(cloud: Cloud, url: str, sequence: int, *played: tuple[int, int]) -> Reply:
    spans = [{"from_ms": start, "to_ms": end} for start, end in played]
    body = {"sequence": sequence, "played": spans}
    path = f"/v1/playback/{token_of(url)}/views"
    return call(cloud.api.handler, event("POST", path, body, member=None))


def queued() -> list[dict[str, Any]]:
    """Take all messages out of the queue, as SQS records."""
    found: list[dict[str, Any]] = []
    while (
        got := aws.client("sqs")
        .receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        for each in got:
            found.append({"messageId": each["MessageId"], "body": each["Body"]})
            aws.client("sqs").delete_message(QueueUrl=QUEUE, ReceiptHandle=each["ReceiptHandle"])
    return found


def deliver(records: list[dict[str, Any]]) -> list[str]:
    reply = tally({"Records": records}, CONTEXT)
    return [each["itemIdentifier"] for each in reply["batchItemFailures"]]


def counted(cloud: Cloud, video: Any) -> Any:
    assert deliver(queued()) == []
    reply = cloud.api.get(f"/v1/videos/{video['id']}/views")
    assert reply.status == 200, reply.body
    return reply.json


@pytest.fixture
def shared(cloud: Cloud) -> tuple[Any, Any, str]:
    """A video of 61 s, a share of it, and the playlist of a session."""
    video = playable(cloud)
    made = share(cloud, video)
    return video, made, opened(cloud, made)


def test_what_a_player_tells_becomes_heat_quartiles_and_a_viewer(
    cloud: Cloud, shared: tuple[Any, Any, str]
) -> None:
    video, made, url = shared
    assert knock(cloud, made).json["views_url"].endswith("/views")

    replies = [tell(cloud, url, 1, (0, 10_000)), tell(cloud, url, 2, (10_000, 20_000), (0, 5_000))]
    total = counted(cloud, video)
    sessions = cloud.api.get(f"/v1/videos/{video['id']}/views/sessions").json["data"]
    viewers = cloud.api.get(f"/v1/videos/{video['id']}/views/viewers").json["data"]

    assert [each.status for each in replies] == [202, 202]
    assert replies[0].headers["access-control-allow-origin"] == "*"
    assert (total["sessions"], total["watched_ms"], total["duration_ms"]) == (1, 25_000, 61_000)
    assert total["quartiles"] == {
        "started": 1, "percent_25": 1, "percent_50": 0, "percent_75": 0, "completed": 0,
    }  # fmt: skip
    assert total["heat"]["bucket_starts_ms"][:3] == [0, 1_000, 2_000]
    assert total["heat"]["watched_ms"][:6] == [2_000] * 5 + [1_000]
    assert sum(total["heat"]["sessions"]) == 20
    assert len(total["heat"]["watched_ms"]) == 61
    (session,) = sessions
    assert (session["percent"], session["quartile"]) == (32, 25)
    assert session["viewer"] == {
        "type": "share_link", "id": made["id"], "contact_id": None,
        "email": "dana@harbor.example", "name": "Dana Reed",
    }  # fmt: skip
    (viewer,) = viewers
    assert viewer["viewer"]["name"] == "Dana Reed"
    assert viewer["heat"] == total["heat"]


def test_nobody_has_watched_a_new_video(cloud: Cloud) -> None:
    video = playable(cloud)

    total = counted(cloud, video)

    assert (total["sessions"], total["watched_ms"], total["first_at"]) == (0, 0, None)
    assert total["heat"] == {"bucket_starts_ms": [], "watched_ms": [], "sessions": []}


def test_two_sessions_of_one_viewer_are_one_viewer_and_a_member_s_link_another(
    cloud: Cloud, shared: tuple[Any, Any, str]
) -> None:
    video, made, url = shared
    again, own = opened(cloud, made), link(cloud, video)
    for each in (url, again, own):
        tell(cloud, each, 1, (0, 59_000))

    total = counted(cloud, video)
    page = cloud.api.get(f"/v1/videos/{video['id']}/views/sessions?limit=2").json
    rest = cloud.api.get(
        f"/v1/videos/{video['id']}/views/sessions?limit=2&cursor={page['next_cursor']}"
    ).json
    viewers = cloud.api.get(f"/v1/videos/{video['id']}/views/viewers").json["data"]

    assert (total["sessions"], total["quartiles"]["completed"]) == (3, 3)
    assert len({each["id"] for each in page["data"] + rest["data"]}) == 3
    assert {(v["viewer"]["type"], v["viewer"]["id"], v["sessions"]) for v in viewers} == {
        ("share_link", made["id"], 2), ("playback_link", "key_one", 1),
    }  # fmt: skip


def test_a_hundred_deliveries_in_parallel_count_once(
    cloud: Cloud, shared: tuple[Any, Any, str]
) -> None:
    video, _, url = shared
    for number in (1, 2, 3):
        tell(cloud, url, number, ((number - 1) * 1_000, number * 1_000))
    tell(cloud, url, 2, (0, 61_000))  # another content under a number that is used
    records = sorted(queued(), key=lambda each: str(each["body"]))
    first = [each for each in records if '"to_ms":61000' not in each["body"]]
    deliver(first[:1])

    in_parallel(100, 10, lambda: deliver(first))
    deliver(records)
    total = counted(cloud, video)

    assert (total["sessions"], total["watched_ms"]) == (1, 3_000)


def test_a_poison_message_or_another_video_s_trouble_delays_nobody(
    cloud: Cloud, shared: tuple[Any, Any, str]
) -> None:
    video, _, url = shared
    tell(cloud, url, 1, (0, 1_000))
    (good,) = queued()
    poison = [
        {"messageId": f"p{number}", "body": body}
        for number, body in enumerate(("", "[]", '{"workspace": "wsp_one"}', good["body"][:-9]))
    ]

    failed = deliver([poison[0], good, *poison[1:]])
    with unreachable("dynamodb", "TransactWriteItems"):
        tell(cloud, url, 2, (1_000, 2_000))
        late = queued()
        assert deliver(late) == [late[0]["messageId"]]

    assert failed == ["p0", "p1", "p2", "p3"]
    assert deliver(late) == []
    assert counted(cloud, video)["watched_ms"] == 2_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": 0},
        {"sequence": 1_000_001},
        {"sequence": "1"},
        {"sequence": 1.5},
        {"played": []},
        {"played": [{"from_ms": 5, "to_ms": 5}]},
        {"played": [{"from_ms": 9, "to_ms": 5}]},
        {"played": [{"from_ms": -1, "to_ms": 5}]},
        {"played": [{"from_ms": 0, "to_ms": 86_400_001}]},
        {"played": [{"from_ms": 0, "to_ms": 1}] * 51},
        {"played": [{"from_ms": 0}]},
        {"played": "all"},
        {"viewer": {"type": "share_link", "id": "shr_other"}},
        {"session": "pse_other"},
    ],
)
def test_hostile_words_are_refused_and_reach_no_queue(cloud: Cloud, wrong: Any) -> None:
    url = link(cloud, playable(cloud))

    body = {"sequence": 1, "played": [{"from_ms": 0, "to_ms": 1_000}], **wrong}
    path = f"/v1/playback/{token_of(url)}/views"
    reply = call(cloud.api.handler, event("POST", path, body, member=None))

    assert reply.status == 422, reply.body
    assert queued() == []


def test_what_is_no_link_of_ours_tells_nothing(cloud: Cloud, other: Cloud) -> None:
    url, made = link(cloud, playable(cloud)), share(cloud, playable(cloud))
    payload, mac = token_of(url).split(".")

    for token in (f"{payload}x.{mac}", payload, "x", made["token"]):
        reply = tell(cloud, f"/v1/playback/{token}/master.m3u8", 1, (0, 1_000))
        assert (reply.status, reply.json["code"]) == (401, "playback_link_invalid")
    assert queued() == []
    for body in ("", "{", "[]", '{"sequence": 1, "sequence": 2}', "x" * 1_000_001):
        path = f"/v1/playback/{token_of(url)}/views"
        reply = call(cloud.api.handler, event("POST", path, raw=body, member=None))
        assert reply.status in (400, 413, 422), body[:10]
    assert queued() == []


def test_a_player_that_never_stops_telling_is_held_back(cloud: Cloud) -> None:
    url = link(cloud, playable(cloud))

    replies = [tell(cloud, url, number, (0, 1_000)) for number in range(1, 36)]

    assert [each.status for each in replies].count(202) in range(30, 34)
    assert (replies[-1].status, replies[-1].json["code"]) == (429, "rate_limited")


def test_a_queue_that_does_not_answer_is_a_clean_503(cloud: Cloud) -> None:
    url = link(cloud, playable(cloud))

    with unreachable("sqs", "SendMessage"):
        reply = tell(cloud, url, 1, (0, 1_000))

    assert reply.status == 503
    assert reply.headers["retry-after"]


def test_nothing_is_counted_of_a_video_that_is_gone_and_nothing_stays_of_it(
    cloud: Cloud, shared: tuple[Any, Any, str]
) -> None:
    video, _, url = shared
    tell(cloud, url, 1, (0, 1_000))
    counted(cloud, video)
    tell(cloud, url, 2, (1_000, 2_000))
    cloud.api.delete(f"/v1/videos/{video['id']}")

    assert deliver(queued()) == []
    cloud.expire("2099-01-01T00:00:00Z")

    assert not [each for each in cloud.items() if "VIEWS" in each["pk"]]
    assert cloud.api.get(f"/v1/videos/{video['id']}/views").status == 404


def test_nobody_reads_the_views_of_a_foreign_video(cloud: Cloud, other: Cloud) -> None:
    video = playable(cloud)

    for what in ("views", "views/sessions", "views/viewers"):
        assert other.api.get(f"/v1/videos/{video['id']}/{what}").status == 404


def test_what_is_kept_does_not_grow_with_how_often_a_player_tells(
    cloud: Cloud, shared: tuple[Any, Any, str]
) -> None:
    _, _, url = shared
    tell(cloud, url, 1, (500, 1_500))
    (record,) = queued()
    deliver([record])
    before = len(json.dumps(_views(cloud), default=str))
    beat = json.loads(record["body"])
    for first in range(2, 200, 10):
        bodies = [json.dumps({**beat, "sequence": n}) for n in range(first, first + 10)]
        deliver([{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)])

    kept = _views(cloud)

    assert len(kept) == 3
    assert len(json.dumps(kept, default=str)) < before + 1_500


def _views(cloud: Cloud) -> list[dict[str, Any]]:
    return [each for each in cloud.items() if each["pk"].endswith("#VIEWS")]


def test_what_a_batch_costs(cloud: Cloud, shared: tuple[Any, Any, str]) -> None:
    _, _, url = shared
    with Calls("dynamodb") as calls:
        tell(cloud, url, 1, (0, 1_000))
        assert calls.take() == []
        tell(cloud, url, 2, (1_000, 2_000))
        calls.take()
        deliver(queued())

    assert calls == ["BatchGetItem", "TransactWriteItems"]


def _stream(cloud: Cloud, before: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of the session's last write."""
    item = next(i for i in cloud.items() if i["sk"].startswith("SESSION#"))
    images = {"NewImage": marshal_item(item)}
    if before is not None:
        images["OldImage"] = marshal_item(before)
    return list(events_of({"dynamodb": images}))


def _session_item(cloud: Cloud) -> dict[str, Any]:
    return next(i for i in cloud.items() if i["sk"].startswith("SESSION#"))


def test_who_watched_stands_once_on_each_timeline_and_is_an_event_at_each_quarter(
    cloud: Cloud,
) -> None:
    deal = cloud.crm.make("/v1/deals", {"name": "Rollout"})
    contact = cloud.crm.make("/v1/contacts", {"name": "Dana Reed"})
    video = cloud.ready(links=[{"type": "deal", "id": deal["id"]}])
    cloud.put_media(video, "manifest.json", manifest())
    made = share(cloud, video, recipient={"contact_id": contact["id"]})
    url = opened(cloud, made)
    told, old = [], None
    for number, span in enumerate(
        ((0, 2_000), (2_000, 4_000), (4_000, 20_000), (20_000, 59_000)), 1
    ):
        tell(cloud, url, number, span)
        assert deliver(queued()) == []
        told += _stream(cloud, old)
        old = _session_item(cloud)

    details = [detail for _, detail in told]
    assert [each["data"]["view"]["quartile"] for each in details] == [0, 25, 100]
    assert {each["type"] for each in details} == {"video.viewed"}
    assert details[0]["subject"] == {"type": "video", "id": video["id"]}
    assert details[0]["actor"] == {"type": "share_link", "id": made["id"]}
    assert len({each["id"] for each in details}) == 3

    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    for detail in (details[0], details[2], details[1], details[2], details[0]):  # as SQS may
        projected = project(detail)
        Timelines(table).add(projected.entry, projected.record_ids)
    for record in (f"/v1/deals/{deal['id']}", f"/v1/contacts/{contact['id']}"):
        entries = cloud.crm.get(f"{record}/timeline?kind=views").json["data"]
        assert [each["kind"] for each in entries] == ["video.viewed"]
        assert entries[0]["data"]["view"]["quartile"] == 100
        assert entries[0]["data"]["view"]["viewer"]["name"] == "Dana Reed"


def test_a_share_s_doings_stand_on_timelines_for_those_who_may_see_the_video(
    cloud: Cloud,
) -> None:
    contact = cloud.crm.make("/v1/contacts", {"name": "Dana Reed"})
    video = playable(cloud)
    made = share(cloud, video, recipient={"contact_id": contact["id"]})
    opened(cloud, made)
    item = next(i for i in cloud.items() if i.get("id") == made["id"])
    ((_, detail),) = events_of({"dynamodb": {"NewImage": marshal_item(item)}})
    projected = project(detail)
    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    Timelines(table).add(projected.entry, projected.record_ids)

    path = f"/v1/contacts/{contact['id']}/timeline"
    entries = cloud.crm.get(path).json["data"]
    blind = Member(scopes=("contacts:read",))
    unseen = call(cloud.crm.handler, event("GET", path, member=blind)).json["data"]

    assert [(each["kind"], each["group"]) for each in entries][-1:] == [("share.opened", "views")]
    assert "share.opened" not in [each["kind"] for each in unseen]
    assert made["token"] not in json.dumps(entries)


def test_views_before_a_video_is_ready_are_not_counted(cloud: Cloud) -> None:
    video = cloud.running()
    url = link(cloud, video)
    tell(cloud, url, 1, (0, 1_000))

    assert counted(cloud, video)["sessions"] == 0
    assert not [each for each in cloud.items() if each["pk"].endswith("#VIEWS")]
