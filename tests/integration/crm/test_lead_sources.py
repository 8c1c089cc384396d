"""Where leads come from: declared, held to, listed and counted."""

from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler as bulk_handler
from tests.integration.cloud import Calls, furnish_exchange
from tests.integration.crm.converting import convert, unconvert
from tests.integration.crm.test_duplicate_requests import follow
from tests.integration.crm.test_imports import report, run
from tests.integration.doors import put_member, put_team
from tests.integration.gateway import Api, Member, problem

SOURCES = "/v1/lead-sources"


def keys(setup: Api) -> dict[str, Any]:
    return {each["key"]: each for each in setup.get(SOURCES).json["data"]}


def lead(api: Api, source: str | None = None, **fields: Any) -> Any:
    made = api.make("/v1/leads", {"name": "Ada", "source": source, **fields})
    follow(made["id"])
    return made


def counts(setup: Api) -> dict[str | None, Any]:
    return {each["source"]: each for each in setup.get(f"{SOURCES}/counts").json["data"]}


def test_a_workspace_begins_with_some_declares_its_own_and_archives_any(setup: Api) -> None:
    assert {"web", "web_form", "referral", "import", "api", "event"} <= keys(setup).keys()

    fair = setup.make(SOURCES, {"name": "Trade fair"})
    assert (fair["key"], fair["archived"], fair["version"]) == ("trade_fair", False, 1)
    path = f"{SOURCES}/{fair['id']}"
    named = setup.patch(path, {"name": "Fairs"}).json
    assert (named["name"], named["key"], named["version"]) == ("Fairs", "trade_fair", 2)
    assert setup.get(path).json == named
    born = keys(setup)["ads"]
    archived = setup.patch(f"{SOURCES}/{born['id']}", {"archived": True}, if_match='"1"').json

    assert (archived["archived"], archived["version"]) == (True, 2)
    assert keys(setup)["ads"] == archived
    assert list(keys(setup))[-1] == "trade_fair"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"name": "Website", "key": "web"}, 409, "/key"),
        ({"name": "Trade fair"}, 409, "/key"),
        ({"name": "Fairs", "key": "Trade-Fair"}, 409, "/key"),
        ({"name": "???"}, 422, "/name"),
        ({"key": "x"}, 422, "/name"),
        ({"name": "X", "archived": True}, 422, "/archived"),
    ],
)
def test_a_key_is_one_source_s_for_ever(setup: Api, body: Any, status: int, pointer: str) -> None:
    fair = setup.make(SOURCES, {"name": "Trade fair"})
    setup.patch(f"{SOURCES}/{fair['id']}", {"archived": True})

    refused = problem(setup.post(SOURCES, body))

    assert (refused["status"], refused["errors"][0]["pointer"]) == (status, pointer)
    assert setup.patch(f"{SOURCES}/{fair['id']}", {"key": "other"}).status == 422
    assert setup.delete(f"{SOURCES}/{fair['id']}").status == 405


def test_a_lead_names_a_declared_source(api: Api, setup: Api) -> None:
    refused = problem(api.post("/v1/leads", {"name": "Ada", "source": "Trade fair"}))

    assert (refused["status"], refused["code"]) == (422, "unknown_source")
    (fault,) = refused["errors"]
    assert (fault["pointer"], fault["code"]) == ("/source", "unknown_source")
    assert "referral" in fault["message"]
    setup.make(SOURCES, {"name": "Trade fair"})
    made = api.make("/v1/leads", {"name": "Ada", "source": "Trade fair"})
    assert made["source"] == "trade_fair"
    assert api.patch(f"/v1/leads/{made['id']}", {"source": "nowhere"}).status == 422
    assert api.patch(f"/v1/leads/{made['id']}", {"source": None}).json["source"] is None


def test_an_archived_source_stays_where_it_is_and_goes_nowhere_else(api: Api, setup: Api) -> None:
    made, other = lead(api, "web_form"), lead(api)
    web_form = keys(setup)["web_form"]
    setup.patch(f"{SOURCES}/{web_form['id']}", {"archived": True})

    refused = problem(api.patch(f"/v1/leads/{other['id']}", {"source": "web_form"}))
    kept = api.patch(f"/v1/leads/{made['id']}", {"title": "CTO", "source": "web_form"})

    assert refused["code"] == "unknown_source"
    assert "web_form" not in refused["errors"][0]["message"]
    assert (kept.status, kept.json["source"]) == (200, "web_form")
    setup.patch(f"{SOURCES}/{web_form['id']}", {"archived": False})
    assert api.patch(f"/v1/leads/{other['id']}", {"source": "web_form"}).status == 200


def test_a_known_source_costs_nothing_and_an_unknown_one_a_look(api: Api) -> None:
    lead(api, "web")
    with Calls("dynamodb", of_limits=True) as calls:
        api.make("/v1/leads", {"name": "Ada", "source": "referral"})
        known = calls.take()
        api.post("/v1/leads", {"name": "Ada", "source": "nowhere"})
        unknown = calls.take()

    assert (known.count("Query"), known.count("TransactWriteItems")) == (0, 1)
    assert (unknown.count("Query"), unknown.count("TransactWriteItems")) == (1, 0)


def test_leads_are_listed_by_their_source_whatever_it_is_written_like(api: Api) -> None:
    web, _ = lead(api, "web_form"), lead(api, "referral")

    for text in ("web_form", "Web%20form"):
        found = api.get(f"/v1/leads?source={text}").json["data"]
        assert [each["id"] for each in found] == [web["id"]]


def test_what_became_of_leads_is_counted_by_source(api: Api, setup: Api) -> None:
    made = [lead(api, "web_form", name=f"Lead {n}") for n in range(4)]
    nameless = lead(api)
    assert convert(api, made[0]["id"], {}).status == 200
    lost = {"stage": "disqualified", "loss_reason": "No budget."}
    assert api.post(f"/v1/leads/{made[1]['id']}/move", lost).status == 200
    assert api.patch(f"/v1/leads/{made[2]['id']}", {"source": "referral"}).status == 200
    assert api.delete(f"/v1/leads/{nameless['id']}").status == 204
    for each in (*made, nameless):
        follow(each["id"])
        follow(each["id"])  # heard of twice, counted once

    found = counts(setup)

    assert found["web_form"] == {
        "source": "web_form", "name": "Web form", "leads": 3, "open": 1, "won": 1, "lost": 1,
        "converted": 1, "conversion_rate": 0.3333, "win_rate": 0.5,
    }  # fmt: skip
    assert (found["referral"]["leads"], found["referral"]["conversion_rate"]) == (1, 0.0)
    assert (found["event"]["leads"], found["event"]["conversion_rate"]) == (0, None)
    assert None not in found
    assert unconvert(api, made[0]["id"]).status == 200
    follow(made[0]["id"])
    assert (counts(setup)["web_form"]["converted"], counts(setup)["web_form"]["open"]) == (0, 2)


def test_one_counts_what_one_may_see(api: Api, setup: Api) -> None:
    mine, team = f"mem_{'1' * 26}", f"tea_{'1' * 26}"
    put_member(mine, team)
    put_team(team)
    lead(api, "web")
    lead(api, "web", owner_id=mine, team_id=team)
    lead(api, "web", team_id=team)

    def seen(**sight: Any) -> int:
        who = Member(principal="key_rep", role="rep", member=mine, **sight)
        return int(counts(Api(setup.handler, who))["web"]["leads"])

    assert (seen(visibility="own"), seen(visibility="team", teams=(team,))) == (1, 2)
    assert counts(setup)["web"]["leads"] == 3


def test_a_row_with_an_unknown_source_is_refused_or_by_choice_declares_it(
    api: Api, setup: Api
) -> None:
    furnish_exchange()
    bulk = Api(bulk_handler)
    text = b"Name,Lead source\nAda,Trade fair\nGrace,web form\nEdsger,trade-fair\n"

    refused = run(bulk, text, record_type="lead")
    tried = run(bulk, text, "preview", choice={"new_sources": "create"}, record_type="lead")
    before = keys(setup)
    made = run(bulk, text, choice={"new_sources": "create"}, record_type="lead")

    assert (refused["result"]["created"], refused["result"]["failed"]) == (1, 2)
    assert [(row[1], row[3], row[4], row[6]) for row in report(bulk, refused)[1:]] == [
        ("2", "Lead source", "unknown_source", "Trade fair"),
        ("4", "Lead source", "unknown_source", "trade-fair"),
    ]
    assert (tried["preview"]["created"], tried["preview"]["failed"]) == (3, 0)
    assert "trade_fair" not in before
    assert made["result"]["created"] == 3
    assert keys(setup)["trade_fair"]["name"] == "Trade fair"
    assert keys(setup)["trade_fair"]["created_by"] == made["created_by"]
    leads = api.get("/v1/leads?limit=100").json["data"]
    assert sorted(each["source"] for each in leads) == [
        "trade_fair", "trade_fair", "web_form", "web_form",
    ]  # fmt: skip
    rep = Member(scopes=("imports:write", "imports:read", "leads:write", "leads:read"))
    theirs = Api(bulk_handler, rep)
    job = run(theirs, text, record_type="lead")
    assert job["result"]["failed"] == 0  # they are declared now
    choice = {"new_sources": "create"}
    assert theirs.post(f"/v1/imports/{job['id']}/run", choice).status in (403, 409)


def test_sources_are_events_and_another_workspace_has_its_own(setup: Api, other: Api) -> None:
    setup.make(SOURCES, {"name": "Trade fair"})

    assert "trade_fair" not in keys(Api(setup.handler, other.member))
    assert keys(Api(setup.handler, other.member))["web"]["id"] != keys(setup)["web"]["id"]
