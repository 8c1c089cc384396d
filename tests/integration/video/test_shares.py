"""Share links: for whom, what they open, when they die, and what does not open them."""

import base64
import json
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.admission import ADMISSION
from functions.shared.attributes import unmarshal_item
from functions.video.passcodes import MAX_TRIES, MAX_WRONG
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import Api, Member, Reply, call, event
from tests.integration.video.conftest import TABLE, Cloud, in_parallel
from tests.integration.video.player import beside, follow, playable, token_of

DANA = {"recipient": {"name": "Dana Reed", "email": "Dana@Harbor.example"}}
PASSCODE = "harbor-2026"


def share(cloud: Cloud, video: Any, **more: Any) -> Any:
    return cloud.api.make(f"/v1/videos/{video['id']}/shares", {**DANA, **more})


def knock(cloud: Cloud, made: Any, passcode: str | None = None, **headers: str) -> Reply:
    """Open a share as its recipient's page does, without any credential."""
    body = {"token": made["token"]} | ({} if passcode is None else {"passcode": passcode})
    return call(
        cloud.api.handler,
        event("POST", "/v1/playback/sessions", body, headers=headers, member=None),
    )


def opened(cloud: Cloud, made: Any, passcode: str | None = None, **headers: str) -> str:
    reply = knock(cloud, made, passcode, **headers)
    assert reply.status == 200, reply.body
    return str(reply.json["url"])


def path_of(made: Any) -> str:
    return f"/v1/videos/{made['video_id']}/shares/{made['id']}"


def test_a_recipient_without_an_account_watches_what_was_shared(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video)

    reply = knock(cloud, made)
    url = reply.json["url"]

    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json["title"] == video["title"]
    assert reply.json["recipient_name"] == "Dana Reed"
    assert made["recipient"]["email"] == "dana@harbor.example"
    assert follow(cloud, url).status == 200
    rung = follow(cloud, beside(url, "720p.m3u8"))
    assert f"/wsp_one/{video['id']}/1/v/720p/" in rung.body
    assert follow(cloud, beside(url, "poster.jpg")).status == 302


def test_a_share_is_listed_without_its_token_and_says_how_often_it_was_opened(
    cloud: Cloud,
) -> None:
    video = playable(cloud)
    first, second = share(cloud, video), share(cloud, video, passcode=PASSCODE)
    for _ in range(2):
        opened(cloud, first)

    page = cloud.api.get(f"/v1/videos/{video['id']}/shares?limit=1")
    rest = cloud.api.get(f"/v1/videos/{video['id']}/shares?cursor={page.json['next_cursor']}")
    one = cloud.api.get(path_of(first))

    assert [each["id"] for each in page.json["data"]] == [second["id"]]
    assert [each["id"] for each in rest.json["data"]] == [first["id"]]
    assert one.json["opened_count"] == 2
    assert one.json["last_opened_at"] is not None
    assert one.json["version"] == 3
    for reply in (page, rest, one):
        assert first["token"] not in reply.body
        assert second["token"] not in reply.body
        assert "token" not in reply.json
    assert page.json["data"][0]["has_passcode"] is True


def test_every_share_made_opened_and_revoked_is_an_event(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video)

    def stamps() -> list[tuple[str, str]]:
        item = next(i for i in cloud.items() if i.get("id") == made["id"])
        return [(each["type"], each["actor"]["type"]) for each in item["_events"]]

    seen = stamps()
    opened(cloud, made)
    seen += stamps()
    cloud.api.delete(path_of(made))
    seen += stamps()

    assert seen == [
        ("share.created", "api_key"), ("share.opened", "share_link"), ("share.revoked", "api_key"),
    ]  # fmt: skip


def test_a_contact_s_name_and_address_are_taken_from_the_record(cloud: Cloud) -> None:
    video = playable(cloud)
    contact = cloud.crm.make("/v1/contacts", {"name": "Dana Reed", "email": "d@harbor.example"})

    made = share(cloud, video, recipient={"contact_id": contact["id"]})
    item = next(i for i in cloud.items() if i.get("id") == made["id"])

    assert made["recipient"] == {
        "contact_id": contact["id"], "name": "Dana Reed", "email": "d@harbor.example",
    }  # fmt: skip
    assert {"type": "contact", "id": contact["id"]} in item["links"]


def test_a_contact_that_was_merged_stands_for_what_it_is_now(cloud: Cloud) -> None:
    from functions.crm.find_api.handler import handler as find

    video = playable(cloud)
    loser = cloud.crm.make("/v1/contacts", {"name": "D. Reed"})
    winner = cloud.crm.make("/v1/contacts", {"name": "Dana Reed"})
    before = share(cloud, video, recipient={"contact_id": loser["id"]})
    merged = Api(find).post("/v1/contacts/merge", {"ids": [winner["id"], loser["id"]]})
    assert merged.status == 201, merged.body

    after = share(cloud, video, recipient={"contact_id": loser["id"]})

    assert after["recipient"]["contact_id"] == merged.json["winner_id"]
    assert knock(cloud, before).status == 200, "what was sent to a person goes on working"


def test_a_recipient_must_be_somebody_and_a_contact_one_that_the_caller_may_read(
    cloud: Cloud, other: Cloud
) -> None:
    video = playable(cloud)
    foreign = other.crm.make("/v1/contacts", {"name": "Dana"})
    path = f"/v1/videos/{video['id']}/shares"

    nobody = cloud.api.post(path, {"recipient": {}})
    theirs = cloud.api.post(path, {"recipient": {"contact_id": foreign["id"]}})

    assert (nobody.status, nobody.json["code"]) == (422, "recipient_required")
    assert (theirs.status, theirs.json["code"]) == (422, "broken_link")
    assert not [each for each in cloud.items() if each.get("object") == "share"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"passcode": "12345"},
        {"passcode": "x" * 129},
        {"expires_in_s": 59},
        {"expires_in_s": 367 * 86_400},
        {"domains": ["https://harbor.example"]},
        {"domains": ["harbor.example/x"]},
        {"domains": ["*"]},
        {"domains": ["*."]},
        {"domains": ["a..b"]},
        {"domains": ["harbor.example"] * 21},
        {"recipient": {"email": "nobody"}},
        {"recipient": {"name": "x\nBcc: y"}},
        {"recipient": {"name": "Dana", "role": "buyer"}},
        {"token": "mine"},
    ],
)
def test_what_is_no_share_is_refused(cloud: Cloud, wrong: dict[str, Any]) -> None:
    video = playable(cloud)

    reply = cloud.api.post(f"/v1/videos/{video['id']}/shares", {**DANA, **wrong})

    assert reply.status == 422, reply.body


def test_revoking_ends_the_link_and_its_sessions_at_once_and_no_other(cloud: Cloud) -> None:
    video = playable(cloud)
    mine, other_one = share(cloud, video), share(cloud, video)
    urls = [opened(cloud, mine), opened(cloud, other_one)]

    reply = cloud.api.delete(path_of(mine))
    again = cloud.api.delete(path_of(mine))
    after = [follow(cloud, beside(urls[0], name)) for name in ("master.m3u8", "720p.m3u8")]

    assert (reply.status, again.status) == (204, 404)
    assert cloud.api.get(path_of(mine)).status == 404
    assert [(each.status, each.json["code"]) for each in after] == [(401, "share_link_ended")] * 2
    refused = knock(cloud, mine)
    assert (refused.status, refused.json["code"]) == (401, "share_link_ended")
    assert follow(cloud, urls[1]).status == 200
    assert not [i for i in cloud.items() if i["sk"] == "LOCK" and mine["id"] in i["pk"]]


def test_whoever_holds_a_real_token_of_what_is_gone_hears_one_thing(cloud: Cloud) -> None:
    revoked, expired, deleted = (share(cloud, playable(cloud)) for _ in range(3))
    url = opened(cloud, deleted)
    cloud.api.delete(path_of(revoked))
    cloud.api.delete(f"/v1/videos/{deleted['video_id']}")
    key = {"pk": {"S": f"W#wsp_one#{expired['id']}"}, "sk": {"S": "RECORD"}}
    aws.client("dynamodb").update_item(
        TableName=TABLE, Key=key, UpdateExpression="SET expires_at = :then",
        ExpressionAttributeValues={":then": {"S": "2026-01-01T00:00:00.000Z"}},
    )  # fmt: skip

    told = []
    for made in (revoked, expired, deleted):
        reply = knock(cloud, made)
        told.append({k: v for k, v in reply.json.items() if k != "request_id"})

    assert told[0]["code"] == "share_link_ended"
    assert told[0] == told[1] == told[2]
    assert follow(cloud, url).status == 404


def test_a_deleted_video_s_shares_are_deleted_with_what_is_kept_of_them(cloud: Cloud) -> None:
    video = playable(cloud)
    made = share(cloud, video, passcode=PASSCODE)
    cloud.api.delete(f"/v1/videos/{video['id']}")

    cloud.expire("2099-01-01T00:00:00Z")

    assert not [each for each in cloud.items() if made["id"] in each["pk"]]


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

    replies = [knock(cloud, made) for _ in range(25)]

    assert [each.status for each in replies].count(200) == 20
    assert replies[-1].json["code"] == "rate_limited"
    assert replies[-1].json["violated-policies"] == ["link"]
    assert replies[-1].headers["retry-after"]
    assert knock(cloud, quiet).status == 200
    after = cloud.api.get("/v1/videos").headers["ratelimit"]
    assert before.split(",")[1].split(";")[0] == after.split(",")[1].split(";")[0]
    ADMISSION.forget()
    assert knock(cloud, made).status == 429, "all environments count together"


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


def test_files_are_given_where_the_share_says_so(cloud: Cloud) -> None:
    video = playable(cloud)
    watch = opened(cloud, share(cloud, video))
    fetch = opened(cloud, share(cloud, video, allow_download=True))

    for name in ("video.mp4", "audio.m4a"):
        refused = follow(cloud, beside(watch, name))
        assert (refused.status, refused.json["code"]) == (403, "download_not_allowed")
        assert follow(cloud, beside(fetch, name)).status == 302
    assert follow(cloud, beside(watch, "storyboard.jpg")).status == 302


def test_a_session_lives_no_longer_than_its_share(cloud: Cloud) -> None:
    made = share(cloud, playable(cloud), expires_in_s=600)

    reply = knock(cloud, made)

    assert reply.json["expires_at"] == made["expires_at"]
    claims = token_of(reply.json["url"]).split(".")[0]
    assert set(json.loads(base64.urlsafe_b64decode(claims + "=="))) == {
        "w", "v", "p", "i", "x", "n", "k",
    }  # fmt: skip


def test_a_share_ends_when_its_maker_would_see_the_video_no_more(cloud: Cloud) -> None:
    video = playable(cloud)
    me, you = "mem_06b1qz3v1w7g2m5n8p0r4t6x9a", "mem_06b1qz3v1w7g2m5n8p0r4t6x9b"
    _give(video, me)
    mine = Api(cloud.api.handler, Member(member=me, visibility="own"))
    made = mine.make(f"/v1/videos/{video['id']}/shares", DANA)
    url = opened(cloud, made)
    assert follow(cloud, url).status == 200

    _give(video, you)

    assert knock(cloud, made).json["code"] == "share_link_ended"
    assert follow(cloud, url).status == 404


def _give(video: Any, member: str) -> None:
    aws.client("dynamodb").update_item(
        TableName=TABLE, Key={"pk": {"S": f"W#wsp_one#{video['id']}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET owner_id = :m", ExpressionAttributeValues={":m": {"S": member}},
    )  # fmt: skip


def test_a_video_without_anything_to_play_is_shared_and_opens_later(cloud: Cloud) -> None:
    video = cloud.running()
    made = share(cloud, video)
    waiting = share(cloud, cloud.open())

    assert knock(cloud, made).status == 200, "it can be watched while it is encoded"
    reply = knock(cloud, waiting)
    assert (reply.status, reply.json["code"]) == (409, "not_playable")
    assert cloud.api.get(path_of(waiting)).json["opened_count"] == 0


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


def test_what_a_playlist_of_a_share_costs(cloud: Cloud) -> None:

    url = opened(cloud, share(cloud, playable(cloud)))
    follow(cloud, url)

    with Calls("dynamodb") as calls:
        follow(cloud, beside(url, "720p.m3u8"))

    assert calls == ["GetItem", "Query"]


def _platform() -> list[dict[str, Any]]:
    reply = aws.client("dynamodb").scan(TableName=ENVIRONMENT["PLATFORM_TABLE"])
    return [unmarshal_item(each) for each in reply["Items"]]
