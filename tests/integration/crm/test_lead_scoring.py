"""Scores follow from the rules in each write of a lead, and reach the others in the background."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.crm import dynamodb_rules
from functions.crm.dynamodb_leads import Leads
from functions.crm.dynamodb_rules import ScoringRuns, scoring_rules
from functions.crm.score_leads.handler import handler as score_handler
from functions.crm.score_leads.logic import UnfinishedError, score_all
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import image, message, published
from tests.integration.gateway import CONTEXT, Api, Member

WEB = {"name": "Web", "condition": {"==": [{"var": "source"}, "web_form"]}, "points": 20}
BIG = {"name": "Big", "condition": {">": [{"var": "custom.size"}, 50]}, "points": 30}
FREE = {
    "name": "Free", "condition": {"ends_with": [{"var": "email"}, "@free.example"]}, "points": -15,
}  # fmt: skip


QUARTER = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 900_000})


@pytest.fixture(autouse=True)
def _forget() -> None:
    dynamodb_rules.forget()


def rule(setup: Api, **fields: Any) -> str:
    made: str = setup.make("/v1/scoring-rules", fields)["id"]
    return made


def score(handler_event: dict[str, Any]) -> list[str]:
    dynamodb_rules.forget()  # as it is 90 s later, in another process
    reply = score_handler({"Records": [message(handler_event)]}, QUARTER)
    return [each["itemIdentifier"] for each in reply["batchItemFailures"]]


def test_a_lead_is_scored_in_each_of_its_writes_with_its_reasons(api: Api, setup: Api) -> None:
    setup.make(
        "/v1/fields", {"record_type": "lead", "name": "size", "label": "Size", "type": "number"}
    )
    web, big, free = rule(setup, **WEB), rule(setup, **BIG), rule(setup, **FREE)
    rule(setup, **{**WEB, "name": "Asleep", "active": False})
    dynamodb_rules.forget()

    lead = api.make(
        "/v1/leads",
        {"name": "Ada", "source": "Web Form", "email": "a@free.example", "custom": {"size": 51}},
    )
    path = f"/v1/leads/{lead['id']}"
    small = api.patch(path, {"custom": {"size": 5}}).json
    none = api.patch(path, {"source": None, "email": None}).json

    assert (lead["source"], lead["score"]) == ("web_form", 35)
    assert [(e["rule_id"], e["points"]) for e in lead["score_reasons"]] == [
        (web, 20), (big, 30), (free, -15),
    ]  # fmt: skip
    assert (small["score"], [e["rule_id"] for e in small["score_reasons"]]) == (5, [web, free])
    assert (none["score"], none["score_reasons"]) == (0, [])
    assert api.get(path).json == none
    assert [e["type"] for e in image(lead["id"])["_events"]] == ["lead.updated", "lead.scored"]


def test_nobody_writes_a_score_by_hand(api: Api) -> None:
    for field in ("score", "score_reasons", "assigned_by", "converted_at", "converted_to"):
        assert api.post("/v1/leads", {"name": "Ada", field: None}).status == 422
    lead = api.make("/v1/leads", {"name": "Ada"})["id"]
    assert api.patch(f"/v1/leads/{lead}", {"score": 100}).status == 422


def test_a_score_stays_within_its_bounds(api: Api, setup: Api) -> None:
    for n in range(12):
        rule(setup, name=f"R{n}", condition={"!!": [{"var": "name"}]}, points=100)
        rule(setup, name=f"L{n}", condition={"==": [{"var": "name"}, "Low"]}, points=-100)
    for n in range(12):
        rule(setup, name=f"M{n}", condition={"==": [{"var": "name"}, "Low"]}, points=-100)
    dynamodb_rules.forget()

    high, low = (api.make("/v1/leads", {"name": name}) for name in ("High", "Low"))

    assert (high["score"], low["score"]) == (1_000, -1_000)
    assert len(low["score_reasons"]) == 36  # +1,200 and -2,400


def test_a_changed_rule_reaches_the_leads_that_nobody_writes(api: Api, setup: Api) -> None:
    leads = [
        api.make("/v1/leads", {"name": f"L{n}", "source": "web_form" if n % 2 else None})["id"]
        for n in range(5)
    ]
    web = rule(setup, **WEB)

    assert score(published(web)) == []

    found = [api.get(f"/v1/leads/{each}").json for each in leads]
    assert [each["score"] for each in found] == [0, 20, 0, 20, 0]
    assert [each["version"] for each in found] == [1, 2, 1, 2, 1]
    (stamped,) = image(leads[1])["_events"]
    assert (stamped["type"], stamped["source"]) == ("lead.scored", "automation")
    assert stamped["actor"]["type"] == "system"

    setup.patch(f"/v1/scoring-rules/{web}", {"points": 7})
    assert score(published(web)) == []
    assert score(published(web)) == []  # delivered again: nothing happens
    assert api.get(f"/v1/leads/{leads[1]}").json["score"] == 7
    assert api.get(f"/v1/leads/{leads[1]}").json["version"] == 3

    setup.delete(f"/v1/scoring-rules/{web}")
    assert score(published(web)) == []
    assert [api.get(f"/v1/leads/{each}").json["score"] for each in leads] == [0] * 5


def test_scoring_all_goes_on_where_an_attempt_broke_off_and_is_done_once(
    api: Api, setup: Api, calls: Calls
) -> None:
    for n in range(103):
        api.make("/v1/leads", {"name": f"L{n}", "source": "web_form"})
    rule(setup, **WEB)
    dynamodb_rules.forget()
    caller = Caller.pipeline("wsp_one", "evt")
    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    rules = scoring_rules(table, caller).all()
    leads, runs = Leads(table, caller, scoring=lambda: rules), ScoringRuns(table)
    changed = "2026-11-22T21:59:17.123Z"
    steps = [0]

    def a_while() -> bool:
        steps[0] += 1
        return steps[0] <= 101

    with pytest.raises(UnfinishedError):
        score_all(changed, rules, leads, runs, a_while, lambda: None)
    assert runs.last() is not None
    calls.clear()
    assert score_all(changed, rules, leads, runs, lambda: True, lambda: None) == 2
    assert calls.take() == [
        "GetItem", "Query", *["GetItem", "TransactWriteItems"] * 2, "PutItem"
    ]  # fmt: skip
    assert score_all(changed, rules, leads, runs, lambda: True, lambda: None) is None
    assert calls.take() == ["GetItem"]
    assert {each["score"] for each in api.get("/v1/leads?limit=100").json["data"]} == {20}


def test_a_rule_is_refused_where_it_is_saved(setup: Api) -> None:
    body = {**WEB, "condition": {"and": [{"==": [{"var": "sorce"}, 1]}, {"log": 1}]}}
    refused = setup.post("/v1/scoring-rules", body)
    assert (refused.status, refused.json["code"]) == (422, "invalid_condition")
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [
        ("/condition/and/0/==/0/var", "unknown_field"),
        ("/condition/and/1/log", "unknown_operator"),
    ]
    for bad in ({"points": 0}, {"points": 101}, {"points": 1.5}, {"condition": None}, {"name": ""}):
        assert setup.post("/v1/scoring-rules", {**WEB, **bad}).status == 422
    made = rule(setup, **WEB)
    for bad in ({"condition": {"var": "owner_id"}}, {"condition": {}}, {"points": None}):
        assert setup.patch(f"/v1/scoring-rules/{made}", bad).status == 422
    unchanged = setup.patch(f"/v1/scoring-rules/{made}", {"points": 20})
    assert (unchanged.status, unchanged.json["version"]) == (200, 1)
    assert setup.get(f"/v1/assignment-rules/{made}").status == 404  # though it is a rule's id


def test_rules_cost_what_is_said(api: Api, setup: Api, calls: Calls) -> None:
    made = rule(setup, **WEB)
    dynamodb_rules.forget()
    calls.clear()
    api.make("/v1/leads", {"name": "Ada", "owner_id": None})
    assert calls.take() == ["GetItem", "Query", "TransactWriteItems"]  # its pipeline, the rules
    lead = api.make("/v1/leads", {"name": "Ada", "owner_id": None})["id"]
    assert calls.take() == ["TransactWriteItems"]
    api.patch(f"/v1/leads/{lead}", {"name": "Grace"})
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    setup.get("/v1/scoring-rules")
    assert calls.take() == ["Query"]
    setup.get(f"/v1/scoring-rules/{made}")
    assert calls.take() == ["GetItem"]


def test_another_workspace_s_rules_are_not_one_s_own(api: Api, other: Api, setup: Api) -> None:
    rule(setup, **WEB)
    dynamodb_rules.forget()
    assert other.make("/v1/leads", {"name": "Ada", "source": "web_form"})["score"] == 0
    assert api.make("/v1/leads", {"name": "Ada", "source": "web_form"})["score"] == 20


@pytest.mark.parametrize("role", ["manager", "rep", "viewer"])
def test_rules_are_an_administrator_s(setup: Api, role: str) -> None:
    who = Api(setup.handler, Member(role=role))
    assert who.get("/v1/scoring-rules").status == 200
    assert who.post("/v1/scoring-rules", WEB).status == 403
