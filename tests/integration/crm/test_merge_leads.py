"""Leads that merge: whose they are, what they score, what is converted; and back."""

from typing import Any

import pytest

from functions.crm import dynamodb_definitions, dynamodb_pipelines, dynamodb_rules
from functions.crm.pipelines import default_id
from tests.integration.crm.bus import image, published
from tests.integration.crm.converting import convert, unconvert
from tests.integration.crm.merge_world import finder, index, merged, picture, undone
from tests.integration.crm.stages import age, empty
from tests.integration.doors import put_member
from tests.integration.gateway import Api

ADA, BEN = f"mem_{'1' * 26}", f"mem_{'2' * 26}"
FAIR = {"name": "Fair", "condition": {"==": [{"var": "source"}, "event"]}, "points": 20}


@pytest.fixture
def find(cloud: None) -> Api:
    dynamodb_rules.forget()
    return finder()


def lead(api: Api, name: str, **fields: Any) -> str:
    made: str = api.make("/v1/leads", {"name": name, **fields})["id"]
    return made


def shown(api: Api, lead_id: str) -> Any:
    return api.get(f"/v1/leads/{lead_id}").json


def test_a_lead_is_filled_up_by_its_doubles_and_scored_by_what_it_is_then(
    find: Api, api: Api, setup: Api
) -> None:
    setup.make("/v1/scoring-rules", FAIR)
    winner = lead(api, "Ada", email="ada@a.example", external_id="x-1")
    loser = lead(
        api, "Ada L.", email="ada@b.example", phone="+49 30 5550142", source="event",
        source_detail="Hall 3", external_id="x-2", tags=["hot"],
    )  # fmt: skip
    third = lead(api, "A. L.", source="web_form", source_detail="/prices", company_name="Harbor")
    index()
    table = picture()

    done = merged(find, "leads", [winner, loser, third])
    record = shown(api, winner)
    assert (done["record_type"], record["name"], record["email"]) == (
        "lead", "Ada", "ada@a.example",
    )  # fmt: skip
    assert (record["source"], record["source_detail"]) == ("event", "Hall 3")
    assert (record["phone"], record["company_name"]) == ("+49305550142", "Harbor")
    assert (record["score"], record["score_reasons"][0]["points"]) == (20, 20)
    assert record["aliases"] == {"email": ["ada@b.example"], "external_id": ["x-2"]}
    assert [each["type"] for each in image(winner)["_events"]] == ["lead.updated", "lead.scored"]
    assert {each["source"] for each in image(winner)["_events"]} == {"merge"}
    assert shown(api, third)["id"] == winner
    assert [each["id"] for each in api.get("/v1/leads").json["data"]] == [winner]
    # an address is many leads': what is kept of one holds nobody off
    assert lead(api, "Eve", email="ada@b.example")
    refused = api.post("/v1/leads", {"name": "Eve", "external_id": "x-2"})
    assert (refused.status, refused.json["code"]) == (409, "duplicate_external_id")
    eve = api.get("/v1/leads").json["data"][0]["id"]
    assert api.delete(f"/v1/leads/{eve}").status == 204
    undone(find, done["id"])
    assert {key: text for key, text in picture().items() if eve not in str(key)} == table


def test_a_lead_that_comes_back_is_scored_by_the_rules_of_that_day(
    find: Api, api: Api, setup: Api
) -> None:
    winner, loser = lead(api, "Ada"), lead(api, "Ada L.", source="event")
    done = merged(find, "leads", [winner, loser], fields={"source": {"value": None}})
    setup.make("/v1/scoring-rules", FAIR)
    dynamodb_rules.forget()
    back = undone(find, done["id"])
    assert (back["left"], shown(api, loser)["score"]) == ([], 20)
    assert published(loser)["type"] == "lead.unmerged"
    assert [each["type"] for each in image(loser)["_events"]] == ["lead.unmerged", "lead.scored"]


def test_a_source_that_one_of_the_leads_has_needs_no_declaration_any_more(
    find: Api, api: Api, setup: Api
) -> None:
    source = setup.make("/v1/lead-sources", {"key": "fair", "name": "Fair"})
    winner, loser = lead(api, "Ada"), lead(api, "Ada L.", source=source["key"])
    assert setup.patch(f"/v1/lead-sources/{source['id']}", {"archived": True}).status == 200
    dynamodb_definitions.forget()
    assert api.post("/v1/leads", {"name": "Eve", "source": "fair"}).status == 422
    strange = {"source": {"value": "nobody_declared"}}
    refused = find.post("/v1/leads/merge", {"ids": [winner, loser], "fields": strange})
    assert (refused.status, refused.json["code"]) == (422, "unknown_source")
    merged(find, "leads", [winner, loser])
    assert shown(api, winner)["source"] == "fair"


def test_whom_a_merge_gives_a_lead_to_no_rule_said(find: Api, api: Api, setup: Api) -> None:
    for member in (ADA, BEN):
        put_member(member)
    target = {"type": "list", "members": [{"member_id": ADA}]}
    setup.make("/v1/assignment-rules", {"name": "Ada's", "target": target})
    dynamodb_rules.forget()
    winner, loser = lead(api, "Ada"), lead(api, "Ada L.", owner_id=BEN)
    assert shown(api, winner)["assigned_by"]["name"] == "Ada's"
    done = merged(find, "leads", [winner, loser])
    assert (shown(api, winner)["owner_id"], shown(api, winner)["assigned_by"] is None) == (
        ADA,
        False,
    )
    undone(find, done["id"])
    merged(find, "leads", [winner, loser], fields={"owner_id": {"from": loser}})
    record = shown(api, winner)
    assert (record["owner_id"], record["assigned_by"]) == (BEN, None)
    assert [each["type"] for each in image(winner)["_events"]] == ["lead.updated", "lead.assigned"]


def test_converted_leads_do_not_merge_and_one_converted_since_stays_so(find: Api, api: Api) -> None:
    winner, loser, third = (lead(api, f"Ada {n}", email=f"a{n}@a.example") for n in range(3))
    assert convert(api, third).status == 200
    for ids in ([winner, third], [third, winner]):
        reply = find.post("/v1/leads/merge", {"ids": ids})
        assert (reply.status, reply.json["code"]) == (409, "lead_converted")
        dry = find.post("/v1/leads/merge", {"ids": ids, "dry_run": True})
        assert (dry.status, dry.json["code"]) == (409, "lead_converted")
    assert unconvert(api, third).status == 200
    done = merged(find, "leads", [winner, loser, third])
    made = convert(api, winner).json
    assert convert(api, loser).json["code"] == "merged"

    back = undone(find, done["id"])
    assert [(each["id"], each["reason"]) for each in back["left"]] == [(winner, "edited_since")]
    record = shown(api, winner)
    assert (record["status"], record["converted_to"]["contact_id"]) == (
        "won",
        made["contact"]["id"],
    )
    assert (record["merged_ids"], record["aliases"]) == ([], {})
    for each in (loser, third):
        assert (shown(api, each)["id"], shown(api, each)["converted_at"]) == (each, None)
    assert unconvert(api, winner).status == 200
    assert shown(api, winner)["status"] == "open"


def test_a_lead_comes_back_into_the_heir_of_a_stage_that_is_being_archived(
    find: Api, api: Api, setup: Api
) -> None:
    pipeline = default_id("wsp_one", "lead")
    first, second = [e["key"] for e in setup.get(f"/v1/pipelines/{pipeline}").json["stages"]][:2]
    winner, loser = lead(api, "Ada"), lead(api, "Ada L.", stage=second)
    done = merged(find, "leads", [winner, loser])
    path = f"/v1/pipelines/{pipeline}/stages/{second}/archive"
    assert setup.post(path, {"moves_to": first}).status == 200
    dynamodb_pipelines.forget()
    back = undone(find, done["id"])  # before the stage is emptied
    assert [(each["id"], each["reason"]) for each in back["left"]] == [(loser, "stage_archived")]
    assert shown(api, loser)["stage"] == first
    types = [each["type"] for each in image(loser)["_events"]]
    assert types == ["lead.unmerged", "lead.stage_moved"]
    version = shown(api, loser)["version"]
    age(pipeline)
    assert empty(pipeline)
    assert shown(api, loser)["version"] == version
