"""Automations of leads and by turns; automations tried on a record."""

import random
from collections import Counter
from typing import Any

import pytest

from functions.shared.ids import new_id
from tests.integration.cloud import Calls
from tests.integration.crm.bus import published
from tests.integration.crm.index_world import everything
from tests.integration.crm.test_automations import TASK, cascade, contact, hear, made, runs, shown
from tests.integration.crm.test_list_requests import indexed
from tests.integration.doors import put_member, put_team
from tests.integration.gateway import Api, Member

STAFF = [new_id("mem") for _ in range(3)]
TEAM = new_id("tea")
LIST = {"type": "list", "members": [{"member_id": each} for each in STAFF]}


@pytest.fixture
def staff(cloud: None) -> None:
    for each in STAFF:
        put_member(each, TEAM)
    put_team(TEAM, member_ids=STAFF)


def tried(setup: Api, rule: str, record: str) -> Any:
    reply = setup.post(f"/v1/automations/{rule}/test", {"record_id": record})
    assert reply.status == 200, reply.body
    return reply.json


def without_replies() -> list[Any]:
    return sorted((each for each in everything()), key=str)


@pytest.mark.parametrize("target", [LIST, {"type": "team", "team_id": TEAM}])
def test_records_go_to_members_in_turn_whatever_is_delivered_twice(
    api: Api, setup: Api, staff: None, target: dict[str, Any]
) -> None:
    made(setup, {"type": "assign", "target": target}, when=["contact.created"])
    people = [contact(api) for _ in range(9)]
    for each in people:
        event = published(each["id"])
        hear(event, event)
        hear(event)
    whose = Counter(shown(api, each)["owner_id"] for each in people)
    assert whose == dict.fromkeys(STAFF, 3)
    teams = {shown(api, each)["team_id"] for each in people}
    assert teams == {target.get("team_id")}


def test_who_is_gone_gets_nothing_and_where_all_are_gone_the_log_says_so(
    api: Api, setup: Api, staff: None
) -> None:
    rule = made(setup, {"type": "assign", "target": LIST}, when=["contact.created"])
    for each in STAFF[:2]:
        put_member(each, state="deactivated")
    ada = contact(api)
    hear(published(ada["id"]))
    assert shown(api, ada)["owner_id"] == STAFF[2]
    put_member(STAFF[2], state="deactivated")
    hear(published(contact(api)["id"]))
    assert runs(setup, rule)[0]["actions"][0]["reason"] == "no_matching_rule"


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"type": "assign"}, "/actions/0/target"),
        ({"type": "assign", "owner_id": STAFF[0], "target": LIST}, "/actions/0/target"),
        ({"type": "assign", "target": {"type": "list", "members": []}}, "/actions/0/target"),
        ({"type": "add_tag", "tag": "a", "target": LIST}, "/actions/0/target"),
        ({"type": "assign", "target": {"type": "member", "member_id": new_id("mem")}},
         "/actions/0/target/member_id"),
    ],
)  # fmt: skip
def test_a_target_that_names_nobody_is_refused_when_it_is_saved(
    setup: Api, staff: None, action: dict[str, Any], pointer: str
) -> None:
    body = {"name": "R", "record_type": "lead", "when": ["lead.created"], "actions": [action]}
    reply = setup.post("/v1/automations", body)
    assert reply.status == 422
    assert [each["pointer"] for each in reply.json["errors"]] == [pointer]


def test_automations_of_leads_hear_of_stages_and_leave_converted_ones_alone(
    api: Api, setup: Api
) -> None:
    moved = made(
        setup, {"type": "add_tag", "tag": "warm"}, TASK,
        record_type="lead", when=["lead.stage_moved"],
        condition={"==": [{"var": "stage"}, "working"]},
    )  # fmt: skip
    late = made(
        setup, {"type": "add_tag", "tag": "done"}, {"type": "emit_event", "name": "won"},
        record_type="lead", when=["lead.converted"],
    )  # fmt: skip
    lead = api.make("/v1/leads", {"name": "Bo"})["id"]
    reply = api.post(f"/v1/leads/{lead}/move", {"stage": "working"})
    assert reply.status == 200, reply.body
    hear(published(lead))
    assert api.get(f"/v1/leads/{lead}").json["tags"] == ["warm"]
    (task,) = api.get("/v1/activities").json["data"]
    assert task["links"] == [{"type": "lead", "id": lead, "role": None}]
    assert runs(setup, moved)[0]["outcome"] == "done"
    assert api.post(f"/v1/leads/{lead}/convert", {}).status == 200
    converted = published(lead)
    hear(
        converted
        if converted["type"] == "lead.converted"
        else {**converted, "type": "lead.converted"}
    )
    assert api.get(f"/v1/leads/{lead}").json["tags"] == ["warm"]
    assert [each["reason"] for each in runs(setup, late)[0]["actions"]] == ["lead_converted", None]


def test_automations_of_activities_and_leads_end(api: Api, setup: Api) -> None:
    rule = made(setup, TASK, record_type="activity", when=["activity.created"])
    first = api.make("/v1/activities", {"type": "note", "body": "Hello"})["id"]
    seen = {first}
    waiting = [first]
    while waiting:
        event = published(waiting.pop())
        hear(event, event)
        there = {each["id"] for each in api.get("/v1/activities?limit=100").json["data"]}
        waiting += there - seen
        seen |= there
        assert len(seen) < 5, "it does not end"
    assert len(seen) == 2
    stopped = [each for each in runs(setup, rule) if each["reason"] == "loop"]
    assert [(each["automation_id"], each["chain"]) for each in stopped] == [(rule, [rule])]
    flips = [
        made(setup, {"type": "set_field", "field": "title", "value": to}, record_type="lead",
             when=["lead.created", "lead.updated"], condition={"==": [{"var": "title"}, was]})
        for was, to in (("A", "B"), ("B", "A"))
    ]  # fmt: skip
    lead = api.make("/v1/leads", {"name": "Bo", "title": "A"})
    random.seed(1)
    assert cascade(api, lead) == 3
    assert "loop" in {each["reason"] for flip in flips for each in runs(setup, flip)}


def test_a_trial_says_what_would_be_and_writes_nothing(api: Api, setup: Api, staff: None) -> None:
    rule = made(
        setup,
        {"type": "set_field", "field": "title", "value": "Director"},
        {"type": "add_tag", "tag": "kept"},
        {"type": "assign", "target": LIST},
        {"type": "assign", "owner_id": STAFF[0]},
        TASK,
        {"type": "emit_event", "name": "welcomed", "payload": {"n": 1}},
        condition={"and": [{"==": [{"var": "title"}, "CTO"]}, {"!": [{"var": "email"}]},
                           {">": [{"var": "days_since.last_activity"}, 3]}]},
        enabled=False,
    )  # fmt: skip
    ada = contact(api, title="CTO", tags=["kept"])
    put_member(STAFF[0], state="deactivated")
    before = without_replies()
    trial = tried(setup, rule, ada["id"])
    assert without_replies() == before
    assert (trial["holds"], trial["enabled"]) == (False, False)
    assert trial["facts"] == {"title": "CTO", "email": None, "days_since.last_activity": None}
    told = [(each["type"], each["outcome"], each["reason"]) for each in trial["actions"]]
    assert told == [
        ("set_field", "would_act", None),
        ("add_tag", "would_change_nothing", None),
        ("assign", "would_act", None),
        ("assign", "would_fail", "unknown_member"),
        ("create_task", "would_act", None),
        ("emit_event", "would_act", None),
    ]
    actions = trial["actions"]
    assert actions[0]["changes"] == {"title": "Director"}
    assert actions[2]["candidates"] == STAFF[1:]
    assert actions[4]["changes"]["subject"] == "Hand over"
    assert actions[5]["changes"] == {"name": "welcomed", "payload": {"n": 1}}


def test_a_trial_reads_when_somebody_last_spoke_with_the_record(api: Api, setup: Api) -> None:
    rule = made(setup, TASK, condition={"<": [{"var": "days_since.last_activity"}, 3]})
    ada = contact(api)["id"]
    assert tried(setup, rule, ada)["holds"] is False
    note = {"type": "note", "body": "We spoke", "links": [{"type": "contact", "id": ada}]}
    indexed(api.make("/v1/activities", note)["id"])
    trial = tried(setup, rule, ada)
    assert (trial["holds"], trial["facts"]) == (True, {"days_since.last_activity": 0})


def test_a_trial_is_for_who_arranges_automations_and_sees_the_record(
    api: Api, setup: Api, other: Api
) -> None:
    rule = made(setup, TASK)
    ada, theirs = contact(api)["id"], contact(other)["id"]
    deal = api.make("/v1/deals", {"name": "D"})["id"]
    path = f"/v1/automations/{rule}/test"
    for record in (theirs, deal, new_id("con")):
        assert setup.post(path, {"record_id": record}).status == 404
    for scopes, status in (
        (("automations:write",), 403),
        (("contacts:read",), 403),
        (("automations:write", "contacts:read"), 200),
    ):
        some = Api(setup.handler, Member(principal="key_some", scopes=scopes))
        assert some.post(path, {"record_id": ada}).status == status
    mine = Member(principal="key_own", visibility="own", member=STAFF[0])
    assert Api(setup.handler, mine).post(path, {"record_id": ada}).status == 404
    for body in ({}, {"record_id": "x"}, {"record_id": ada, "more": 1}):
        assert setup.post(path, body).status == 422
    first = setup.post(path, {"record_id": ada}, idempotency_key="k")
    again = setup.post(path, {"record_id": ada}, idempotency_key="k")
    assert (first.body, again.headers["idempotency-replayed"]) == (again.body, "true")


def test_a_turn_and_a_look_for_activities_cost_what_is_said(
    api: Api, setup: Api, staff: None, calls: Calls
) -> None:
    stale = {"!": [{"var": "days_since.last_activity"}]}
    rule = made(setup, {"type": "assign", "target": LIST}, condition=stale)
    ada = contact(api)["id"]
    event = published(ada)
    calls.clear()
    hear(event)
    run, looked, counted = ["Query", "GetItem"], ["Query"], ["UpdateItem", "PutItem"]
    # identity/check's own look, the turn, the change, the log
    turn = ["BatchGetItem", "UpdateItem", "GetItem", "TransactWriteItems", "PutItem"]
    assert calls.take() == [*run, *looked, *counted, *turn]
    tried(setup, rule, ada)
    assert calls.take() == ["GetItem", "GetItem", "Query", "BatchGetItem"]
