"""What players may tell, and that it counts once: hostile words, repeats, poison, limits."""

import json
from typing import Any

import pytest

from tests.integration.cloud import Calls
from tests.integration.gateway import call, event
from tests.integration.video.conftest import Cloud, in_parallel
from tests.integration.video.player import link, playable, token_of
from tests.integration.video.recipient import share
from tests.integration.video.steps import unreachable
from tests.integration.video.telling import counted, deliver, queued, sent, tell


def test_a_hundred_deliveries_in_parallel_count_once(cloud: Cloud) -> None:
    video, _, url = sent(cloud)
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


def test_a_poison_message_or_another_video_s_trouble_delays_nobody(cloud: Cloud) -> None:
    video, _, url = sent(cloud)
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


def test_what_is_kept_does_not_grow_with_how_often_a_player_tells(cloud: Cloud) -> None:
    _, _, url = sent(cloud)
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


def test_what_a_batch_costs(cloud: Cloud) -> None:
    _, _, url = sent(cloud)
    with Calls("dynamodb") as calls:
        tell(cloud, url, 1, (0, 1_000))
        assert calls.take() == []
        tell(cloud, url, 2, (1_000, 2_000))
        calls.take()
        deliver(queued())

    assert calls == ["BatchGetItem", "TransactWriteItems"]
