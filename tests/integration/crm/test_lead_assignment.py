"""Whose a new lead becomes: rules in their order, turns, and who is there."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from functions.crm import dynamodb_rules
from functions.crm.api.handler import handler
from functions.crm.setup_api.handler import handler as setup_handler
from functions.shared.ids import new_id
from tests.integration.cloud import Calls
from tests.integration.crm.bus import image
from tests.integration.doors import put_member, put_team, serve_doors
from tests.integration.gateway import Api, Member
from tests.integration.parallel import at_once, shared_cloud


@pytest.fixture(autouse=True)
def _forget() -> None:
    dynamodb_rules.forget()


def rule(setup: Api, target: dict[str, Any], **more: Any) -> str:
    made: str = setup.make("/v1/assignment-rules", {"name": "Rule", "target": target, **more})["id"]
    dynamodb_rules.forget()
    return made


def turn(members: list[str], **more: Any) -> dict[str, Any]:
    return {"type": "list", "members": [{"member_id": each} for each in members], **more}


def made(api: Api, **fields: Any) -> Any:
    return api.make("/v1/leads", {"name": "Ada", **fields})


def test_the_first_rule_that_holds_says_whose_a_lead_is_and_why(api: Api, setup: Api) -> None:
    one, two = (put_member(new_id("mem")) for _ in range(2))
    team = put_team(new_id("tea"))
    late = rule(setup, {"type": "member", "member_id": two}, position=20)
    web = rule(
        setup,
        {"type": "member", "member_id": one, "team_id": team},
        position=10,
        condition={"==": [{"var": "source"}, "web_form"]},
        name="Web",
    )

    first, other = made(api, source="web_form"), made(api)

    assert (first["owner_id"], first["team_id"]) == (one, team)
    assert first["assigned_by"] == {"rule_id": web, "name": "Web"}
    assert (other["owner_id"], other["assigned_by"]["rule_id"]) == (two, late)
    assert [e["type"] for e in image(first["id"])["_events"]] == ["lead.created", "lead.assigned"]


def test_whoever_names_an_owner_is_obeyed(api: Api, setup: Api) -> None:
    one, two = (put_member(new_id("mem")) for _ in range(2))
    rule(setup, {"type": "member", "member_id": one})

    mine, nobody = made(api, owner_id=two), made(api, owner_id=None)

    assert (mine["owner_id"], mine["assigned_by"]) == (two, None)
    assert (nobody["owner_id"], nobody["assigned_by"]) == (None, None)


def test_without_a_rule_that_holds_a_lead_is_its_maker_s(setup: Api) -> None:
    me = put_member(new_id("mem"))
    api = Api(handler, Member(member=me, role="rep"))
    rule(
        setup,
        {"type": "member", "member_id": put_member(new_id("mem"))},
        condition={"==": [{"var": "source"}, "ads"]},
    )

    assert made(api)["owner_id"] == me


def test_a_rule_may_ask_for_the_score(api: Api, setup: Api) -> None:
    senior, junior = (put_member(new_id("mem")) for _ in range(2))
    setup.make(
        "/v1/scoring-rules",
        {"name": "Web", "condition": {"==": [{"var": "source"}, "web_form"]}, "points": 60},
    )
    rule(
        setup, {"type": "member", "member_id": senior}, condition={">": [{"var": "score"}, 50]},
        position=1,
    )  # fmt: skip
    rule(setup, {"type": "member", "member_id": junior}, position=2)

    assert [made(api, source=each)["owner_id"] for each in ("web_form", "ads")] == [senior, junior]


def test_members_of_a_list_take_turns_by_their_weights(api: Api, setup: Api) -> None:
    one, two = (put_member(new_id("mem")) for _ in range(2))
    rule(
        setup,
        {
            "type": "list",
            "members": [{"member_id": one, "weight": 4}, {"member_id": two, "weight": 2}],
        },
    )

    owners = [made(api)["owner_id"] for _ in range(9)]

    assert owners == [one, two, one] * 3


def test_members_of_a_team_take_turns_and_who_has_left_is_passed_over(api: Api, setup: Api) -> None:
    team, other = put_team(new_id("tea")), put_team(new_id("tea"))
    ids = sorted(new_id("mem") for _ in range(3))
    for each in ids:
        put_member(each, team)
    put_member(new_id("mem"), other)
    put_member(new_id("mem"), team, state="deactivated")
    rule(setup, {"type": "team", "team_id": team})

    assert [made(api)["owner_id"] for _ in range(6)] == ids * 2
    assert made(api)["team_id"] == team
    put_member(ids[0], team, state="deactivated")
    assert {made(api)["owner_id"] for _ in range(6)} == set(ids[1:])


def test_where_nobody_of_a_rule_is_there_the_next_is_asked(api: Api, setup: Api) -> None:
    gone, here = put_member(new_id("mem")), put_member(new_id("mem"))
    rule(setup, turn([gone]), position=1)
    rule(setup, {"type": "member", "member_id": here}, position=2)
    put_member(gone, state="deactivated")

    assert made(api)["owner_id"] == here


def test_a_rule_names_members_and_teams_that_are_there(setup: Api) -> None:
    here, nobody = put_member(new_id("mem")), new_id("mem")
    body = {"name": "Rule", "target": turn([here, nobody], team_id=new_id("tea"))}
    refused = setup.post("/v1/assignment-rules", body)
    assert refused.status == 422
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [
        ("/target/team_id", "unknown_team"), ("/target/members/1/member_id", "unknown_member"),
    ]  # fmt: skip
    for target in (
        {"type": "member"}, {"type": "team"}, {"type": "list"}, {"type": "list", "members": []},
        {"type": "team", "team_id": new_id("tea"), "member_id": here}, turn([here, here]),
        {"type": "list", "members": [{"member_id": here, "weight": 0}]},
        {"type": "list", "members": [{"member_id": here, "weight": 21}]},
    ):  # fmt: skip
        assert setup.post("/v1/assignment-rules", {**body, "target": target}).status == 422


def test_a_lead_is_assigned_on_demand(api: Api, setup: Api) -> None:
    one, two = (put_member(new_id("mem")) for _ in range(2))
    lead = made(api, owner_id=None)
    path = f"/v1/leads/{lead['id']}/assign"
    refused = api.post(path)
    assert (refused.status, refused.json["code"]) == (409, "no_matching_rule")
    first = rule(setup, {"type": "member", "member_id": one})

    assert api.post(path, if_match='"7"').status == 412
    given = api.post(path, if_match='"1"', idempotency_key="k")
    again = api.post(path, if_match='"1"', idempotency_key="k")

    assert (given.status, given.json["owner_id"], given.json["version"]) == (200, one, 2)
    assert given.json["assigned_by"]["rule_id"] == first
    assert (again.body, again.headers["idempotency-replayed"]) == (given.body, "true")
    assert [e["type"] for e in image(lead["id"])["_events"]] == ["lead.assigned"]
    by_hand = api.patch(f"/v1/leads/{lead['id']}", {"owner_id": two}).json
    assert by_hand["assigned_by"] is None
    assert [e["type"] for e in image(lead["id"])["_events"]] == ["lead.updated", "lead.assigned"]


def test_who_sees_only_its_own_makes_a_lead_that_a_rule_gives_away(setup: Api) -> None:
    stranger = put_member(new_id("mem"))
    rule(setup, {"type": "member", "member_id": stranger})
    who = Api(handler, Member(role="rep", visibility="own", member=put_member(new_id("mem"))))

    reply = who.post("/v1/leads", {"name": "Ada"})

    assert (reply.status, reply.json["owner_id"]) == (201, stranger)
    assert who.get(f"/v1/leads/{reply.json['id']}").status == 404


def test_a_turn_whose_lead_is_refused_is_the_next_one_s(api: Api, setup: Api) -> None:
    one, two = (put_member(new_id("mem")) for _ in range(2))
    rule(setup, turn([one, two]))
    first = api.post("/v1/leads", {"name": "Ada", "external_id": "x"}, idempotency_key="k")
    for _ in range(3):
        assert api.post("/v1/leads", {"name": "Ada", "external_id": "x"}).status == 409
        again = api.post("/v1/leads", {"name": "Ada", "external_id": "x"}, idempotency_key="k")
        assert again.body == first.body

    assert (first.json["owner_id"], made(api)["owner_id"]) == (one, two)


def test_an_assignment_costs_a_question_and_a_turn(api: Api, setup: Api, calls: Calls) -> None:
    one, two = (put_member(new_id("mem")) for _ in range(2))
    rule(setup, turn([one, two]))
    made(api)  # knows the rules now
    calls.clear()

    made(api)

    # identity's own look is the BatchGetItem
    assert calls.take() == ["BatchGetItem", "UpdateItem", "TransactWriteItems"]


@pytest.fixture(scope="module")
def parallel() -> Iterator[None]:
    with shared_cloud(serve_doors):
        yield


@pytest.mark.parametrize("members", [2, 3, 7])
def test_of_twenty_leads_at_once_each_member_has_its_share(parallel: None, members: int) -> None:
    workspace = new_id("wsp")
    api = Api(handler, Member(workspace=workspace))
    setup = Api(setup_handler, Member(workspace=workspace))
    ids = [put_member(new_id("mem"), workspace=workspace) for _ in range(members)]
    rule(setup, turn(ids))

    replies = at_once(20, lambda n: api.post("/v1/leads", {"name": f"L{n}"}))

    assert {each.status for each in replies} == {201}
    counts = Counter(each.json["owner_id"] for each in replies)
    assert set(counts) == set(ids)
    assert max(counts.values()) - min(counts.values()) <= 1
