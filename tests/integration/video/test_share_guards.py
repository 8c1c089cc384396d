"""What guards a share: its token, its passcode, its domains, how often it is tried."""

import base64
import json
import time
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.admission import ADMISSION
from functions.shared.attributes import unmarshal_item
from functions.video.api.handler import OPENINGS
from functions.video.passcodes import MAX_TRIES, MAX_WRONG
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import Reply, call, event
from tests.integration.video.conftest import TABLE, Cloud, in_parallel
from tests.integration.video.player import follow, playable, token_of
from tests.integration.video.recipient import PASSCODE, knock, opened, path_of, share


def test_a_token_that_we_have_not_signed_is_refused_before_anything_is_looked_up(
    cloud: Cloud, other: Cloud
) -> None:
    made, theirs = share(cloud, playable(cloud)), share(other, playable(other))
    payload, mac = made["token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(
        json.dumps(claims | {"w": "wsp_two", "s": theirs["id"]}).encode()
    ).decode()
    session = token_of(opened(cloud, made))

    told = set()

    with Calls("dynamodb", of_limits=True) as calls:
        for token in (f"{forged}.{mac}", payload, f".{mac}", "x", "\u00e9", made["id"], session):
            reply = knock(cloud, {"token": token})
            told.add((reply.status, reply.json["code"], reply.json["detail"]))

    assert told == {(401, "share_link_invalid", "The link is not valid.")}
    assert calls == []
    assert follow(cloud, f"/v1/playback/{made['token']}/master.m3u8").status == 401


def test_a_passcode_is_asked_for_and_kept_as_a_slow_salted_hash_alone(cloud: Cloud) -> None:
    video = playable(cloud)
    made, twin = (share(cloud, video, passcode=PASSCODE) for _ in range(2))

    without = knock(cloud, made)
    wrong = knock(cloud, made, "harbor-2025")
    right = knock(cloud, made, PASSCODE)

    assert (without.status, without.json["code"]) == (401, "passcode_required")
    assert (wrong.status, wrong.json["code"]) == (401, "passcode_wrong")
    assert right.status == 200
    kept = [each["kept"] for each in cloud.items() if each["sk"] == "LOCK"]
    assert len(set(kept)) == 2, "each has its own salt"
    assert all(each.startswith("scrypt$32768$8$3$") for each in kept)
    everything = json.dumps(cloud.items(), default=str) + json.dumps(_platform(), default=str)
    assert PASSCODE not in everything
    assert twin["has_passcode"]
    shown = cloud.api.get(path_of(made)).body + json.dumps(made)
    assert "scrypt" not in shown


def test_guesses_at_a_passcode_are_few_also_when_they_come_at_once(cloud: Cloud) -> None:
    made = share(cloud, playable(cloud), passcode=PASSCODE)

    replies = in_parallel(3 * MAX_TRIES, 8, lambda: knock(cloud, made, "guess-guess"))
    locked = knock(cloud, made, PASSCODE)

    codes = [each.json["code"] for each in replies]
    assert codes.count("passcode_wrong") == MAX_TRIES
    assert set(codes) == {"passcode_wrong", "passcode_locked"}
    assert (locked.status, locked.json["code"]) == (429, "passcode_locked")
    assert 0 < int(locked.headers["retry-after"]) <= 900


def _set_lock(made: Any, **fields: int) -> None:
    aws.client("dynamodb").update_item(
        TableName=TABLE, Key={"pk": {"S": f"W#wsp_one#{made['id']}"}, "sk": {"S": "LOCK"}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in fields),
        ExpressionAttributeValues={f":{n}": {"N": str(v)} for n, v in fields.items()},
    )  # fmt: skip


def test_a_lock_opens_again_after_a_while_and_never_after_too_many_in_all(cloud: Cloud) -> None:
    made = share(cloud, playable(cloud), passcode=PASSCODE)
    for _ in range(MAX_TRIES):
        knock(cloud, made, "guess-guess")
    assert knock(cloud, made, PASSCODE).status == 429

    _set_lock(made, since=1)
    after_a_while = knock(cloud, made, PASSCODE)
    item = next(each for each in cloud.items() if each["sk"] == "LOCK")
    assert (item["wrong"], item["in_all"]) == (0, 0), "who knows it begins anew"
    _set_lock(made, since=1, in_all=MAX_WRONG)
    for_good = knock(cloud, made, PASSCODE)

    assert after_a_while.status == 200
    assert (for_good.status, for_good.json["code"]) == (401, "share_link_ended")


def test_one_share_is_not_opened_all_the_time_and_takes_nothing_of_its_workspace_s_limits(
    cloud: Cloud,
) -> None:
    video = playable(cloud)
    made, quiet = share(cloud, video), share(cloud, video)
    before = cloud.api.get("/v1/videos").headers["ratelimit"]

    began, replies = time.monotonic(), [knock(cloud, made)]
    while replies[-1].status == 200:
        replies.append(knock(cloud, made))
    refilled = (time.monotonic() - began) * OPENINGS.per_second

    assert 20 <= len(replies) - 1 <= 20 + refilled
    assert replies[-1].json["code"] == "rate_limited"
    assert replies[-1].json["violated-policies"] == ["link"]
    assert replies[-1].headers["retry-after"]
    assert knock(cloud, quiet).status == 200
    after = cloud.api.get("/v1/videos").headers["ratelimit"]
    assert before.split(",")[1].split(";")[0] == after.split(",")[1].split(";")[0]
    ADMISSION.forget()
    seen = [knock(cloud, made).status for _ in range(3)]
    assert 429 in seen, "all environments count together"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://www.harbor.example"}, 200),
        ({"origin": "https://WWW.harbor.example:8443"}, 200),
        ({"origin": "https://a.b.partner.example"}, 200),
        ({"referer": "https://www.harbor.example/watch?x=1"}, 200),
        ({"origin": "https://partner.example"}, 403),
        ({"origin": "https://harbor.example"}, 403),
        ({"origin": "https://www.harbor.example.evil.example"}, 403),
        ({"origin": "https://evilpartner.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "null", "referer": "https://www.harbor.example/"}, 403),
        ({"origin": "https://[::1"}, 403),
        ({"referer": "https://[::1"}, 403),
        ({}, 403),
    ],
)
def test_only_pages_of_the_domains_that_a_share_names_may_show_it(
    cloud: Cloud, headers: dict[str, str], status: int
) -> None:
    video = playable(cloud)
    made = share(cloud, video, domains=["www.harbor.example", "*.partner.example"])

    reply = knock(cloud, made, **headers)

    assert reply.status == status
    if status == 403:
        assert reply.json["code"] == "origin_not_allowed"
        assert cloud.api.get(path_of(made)).json["opened_count"] == 0


def test_a_session_that_is_carried_to_another_page_shows_nothing_there(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video, domains=["www.harbor.example"])
    url = opened(cloud, made, origin="https://www.harbor.example")
    path = "/v1/" + url.partition("/v1/")[2]

    def play(**headers: str) -> int:
        return call(cloud.api.handler, event("GET", path, headers=headers, member=None)).status

    assert play(origin="https://www.harbor.example") == 200
    assert play() == 200, "a player of the system's own names no page"
    assert play(origin="https://evil.example") == 403
    assert play(referer="https://evil.example/x") == 403


def test_no_log_holds_a_token_or_a_passcode(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    made = share(cloud, playable(cloud), passcode=PASSCODE)
    session = token_of(opened(cloud, made, PASSCODE))
    played = event("GET", f"/v1/playback/{session}/720p.m3u8", member=None)
    call(cloud.api.handler, {**played, "resource": "/v1/playback/{proxy+}"})
    knock(cloud, made, "guess-guess")
    knock(cloud, {"token": made["token"] + "x"})
    call(
        cloud.api.handler,
        event("POST", "/v1/playback/sessions", raw=f'{{"token": "{made["token"]}", ', member=None),
    )

    written = capsys.readouterr()
    lines = written.out + written.err

    assert made["id"] in lines
    for secret in (made["token"], session, session.split(".")[1], PASSCODE, "guess-guess"):
        assert secret not in lines


def test_any_page_may_ask_for_what_lies_behind_a_link_and_for_nothing_else(cloud: Cloud) -> None:
    def preflight(path: str) -> Reply:
        headers = {"origin": "https://recipient.example", "access-control-request-method": "POST"}
        return call(cloud.api.handler, event("OPTIONS", path, headers=headers, member=None))

    behind, beyond = preflight("/v1/playback/sessions"), preflight("/v1/videos")
    refused = knock(cloud, {"token": "x"}, origin="https://recipient.example")

    assert behind.headers["access-control-allow-origin"] == "*"
    assert behind.headers["access-control-allow-headers"] == "Content-Type"
    assert "access-control-allow-credentials" not in behind.headers
    assert "access-control-allow-origin" not in beyond.headers
    assert refused.headers["access-control-allow-origin"] == "*"


def _platform() -> list[dict[str, Any]]:
    reply = aws.client("dynamodb").scan(TableName=ENVIRONMENT["PLATFORM_TABLE"])
    return [unmarshal_item(each) for each in reply["Items"]]
