"""Imports of every type of record: what their rows may say, and what they are held to."""

import json
from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler
from functions.crm.importables import IMPORTABLES
from tests.integration.cloud import furnish_exchange
from tests.integration.crm import machine
from tests.integration.crm.bus import image
from tests.integration.doors import put_member
from tests.integration.gateway import Api, Member

ADA, BEN = "mem_06b1qz3v1w7g2m5n8p0r4t6x9p", "mem_06b1qz3v1w7g2m5n8p0r4t6x9q"


@pytest.fixture
def bulk(cloud: None) -> Api:
    furnish_exchange()
    return Api(handler)


def run(bulk: Api, record_type: str, text: str, choice: Any = None, **body: Any) -> Any:
    job = machine.send(bulk, text.encode(), record_type=record_type, **body)
    assert job["state"] == "ready", job
    reply = bulk.post(f"/v1/imports/{job['id']}/run", choice or {})
    assert reply.status == 200, reply.body
    return machine.work(bulk, job["id"])


def revert(bulk: Api, job: Any) -> Any:
    assert bulk.post(f"/v1/imports/{job['id']}/revert").status == 200
    return machine.work(bulk, job["id"])


def faults(job: Any) -> list[tuple[int, str | None, str]]:
    return [(each["line"], each["column_name"], each["code"]) for each in job["faults"]]


def listed(api: Api, resource: str) -> dict[str, Any]:
    """Return records by external id."""
    page = api.get(f"/v1/{resource}?limit=100").json["data"]
    return {each["external_id"]: each for each in page}


@pytest.mark.parametrize("record_type", IMPORTABLES)
def test_a_sample_file_is_suggested_whole_and_imported_as_it_stands(
    bulk: Api, record_type: str
) -> None:
    sample = bulk.get(f"/v1/imports/samples/{record_type}.csv")

    job = run(bulk, record_type, sample.body)

    assert (job["result"]["created"], job["result"]["failed"]) == (1, 0), job["faults"]
    assert [each["name"] for each in job["columns"] if each["suggestion"] is None] == []


def test_deals_name_their_stage_and_pipeline_by_name_and_others_by_their_keys(
    api: Api, bulk: Api, setup: Api
) -> None:
    acme = api.make("/v1/companies", {"name": "Acme", "domain": "acme.example"})
    ada = api.make("/v1/contacts", {"name": "Ada", "email": "ada@acme.example"})
    bob = api.make("/v1/contacts", {"name": "Bob", "external_id": "7"})
    setup.make("/v1/pipelines", {"name": "Partner deals", "stages": [
        {"name": "First talk", "kind": "open", "required_fields": ["amount"]},
        {"name": "Signed", "kind": "won"}, {"name": "Gone", "kind": "lost"},
    ]})  # fmt: skip
    job = run(bulk, "deal",
        "Deal name;Value;Currency;Pipeline;Deal stage;Company domain;Contact email;"
        "contact.external_id;CRM id;Close date\n"
        "Big;1.250,50;eur;partner deals;FIRST TALK;ACME.example;Ada@acme.example;7;d1;31.12.2026\n"
        "Poor;;;Partner deals;First talk;;;;d2;\n"
        "Lost;;;;Nowhere;;;;d3;\n"
        "Odd;;;Nobody's;;;;;d4;\n"
        "Alone;;;;proposal;none.example;ada@acme.example, who@x.example;;d5;\n"
        "Plain;;;;;;;;d6;12/31/2026\n"
        "Good;7;JPY;;Won;;;;d7;2026-01-02\n",
    )  # fmt: skip

    made = listed(api, "deals")
    assert made.keys() == {"d1", "d7"}, job["faults"]
    big = made["d1"]
    assert big["amount"] == {"amount_minor": 125050, "currency": "EUR"}
    assert (big["stage"], big["close_date"]) == ("first_talk", "2026-12-31")
    assert (big["company_id"], big["contact_ids"]) == (acme["id"], [ada["id"], bob["id"]])
    assert (made["d7"]["status"], made["d7"]["stage_source"]) == ("won", "import")
    assert made["d7"]["amount"]["amount_minor"] == 7
    assert faults(job) == [
        (3, "Value", "missing_required_field"),
        (4, "Deal stage", "unknown_stage"),
        (5, "Pipeline", "unknown_pipeline"),
        (6, "Company domain", "unknown_reference"),
        (6, "Contact email", "unknown_reference"),
        (7, "Close date", "invalid_day"),
    ]
    assert job["faults"][4]["value"] == "who@x.example"


def test_a_row_moves_a_deal_and_a_revert_brings_it_and_its_history_back(
    api: Api, bulk: Api
) -> None:
    deal = api.make("/v1/deals", {"name": "Rollout", "external_id": "d1"})
    kept = api.make("/v1/deals", {"name": "Kept", "external_id": "d2"})
    before, past = api.get(f"/v1/deals/{deal['id']}").json, _visits(api, deal["id"])

    job = run(bulk, "deal", "external_id,stage,loss reason,amount,currency\n"
              "d1,Lost,Price,5,EUR\nd2,negotiation,,,\nd9,won,,,\n",
              mode="update", match_on="external_id")  # fmt: skip

    assert job["result"]["updated"] == 2, job
    assert faults(job) == [(4, "external_id", "no_such_record")]
    now = api.get(f"/v1/deals/{deal['id']}").json
    assert (now["status"], now["loss_reason"], now["version"]) == ("lost", "Price", 2)
    assert now["last_move"]["from_stage"] == "qualification"
    visits = _visits(api, deal["id"])
    assert [(each["stage"], each["source"]) for each in visits] == [
        ("lost", "import"), ("qualification", "api"),
    ]  # fmt: skip
    stamped = image(deal["id"])["_events"]
    assert [(each["type"], each["source"]) for each in stamped] == [
        ("deal.stage_moved", "import"), ("deal.lost", "import"),
    ]  # fmt: skip
    api.patch(f"/v1/deals/{kept['id']}", {"name": "Edited since"})

    back = revert(bulk, job)

    assert (back["result"]["reverted"], back["result"]["kept"]) == (1, 1)
    assert faults(back) == [(3, None, "edited_since")]
    after = api.get(f"/v1/deals/{deal['id']}").json
    assert _plain(after) == _plain(before)
    assert [_lasting(each) for each in _visits(api, deal["id"])] == [_lasting(e) for e in past]
    assert api.get(f"/v1/deals/{kept['id']}").json["stage"] == "negotiation"


def test_leads_are_scored_and_assigned_as_a_request_would_have_it(
    api: Api, bulk: Api, setup: Api
) -> None:
    for member in (ADA, BEN):
        put_member(member)
    setup.make("/v1/scoring-rules", {"name": "Buyers", "points": 10,
               "condition": {"==": [{"var": "title"}, "Buyer"]}})  # fmt: skip
    setup.make("/v1/assignment-rules", {"name": "All", "target": {
        "type": "list", "members": [{"member_id": ADA}, {"member_id": BEN}]}})  # fmt: skip
    text = "Name,Lead source,Title,crm id,owner\n" + "".join(
        f"Lead {n},Web form,{'Buyer' if n % 2 else 'Director'},l{n},{BEN if n == 9 else ''}\n"
        for n in range(10)
    )
    previewed = machine.send(bulk, text.encode(), record_type="lead")
    bulk.post(f"/v1/imports/{previewed['id']}/preview", {})
    machine.work(bulk, previewed["id"])

    bulk.post(f"/v1/imports/{previewed['id']}/run", {})
    job = machine.work(bulk, previewed["id"])

    assert job["result"]["created"] == 10, job["faults"]
    made = listed(api, "leads")
    assert [made[f"l{n}"]["score"] for n in range(3)] == [0, 10, 0]
    assert made["l0"]["source"] == "web_form"
    ruled = [made[f"l{n}"] for n in range(9)]
    assert [each["owner_id"] for each in ruled] == [ADA, BEN] * 4 + [ADA]
    assert {each["assigned_by"]["name"] for each in ruled} == {"All"}
    assert (made["l9"]["owner_id"], made["l9"]["assigned_by"]) == (BEN, None)
    # what was left of the block of turns is given back: the next lead's is the tenth
    assert api.make("/v1/leads", {"name": "Next"})["owner_id"] == BEN


def test_a_converted_lead_is_left_alone(api: Api, bulk: Api) -> None:
    lead = api.make("/v1/leads", {"name": "Ines", "external_id": "l1"})
    assert api.post(f"/v1/leads/{lead['id']}/convert", {}).status == 200

    job = run(bulk, "lead", "external_id,title\nl1,Buyer\n", mode="update", match_on="external_id")

    assert faults(job) == [(2, None, "lead_converted")]


def test_activities_of_all_types_name_their_records_by_keys(api: Api, bulk: Api) -> None:
    ada = api.make("/v1/contacts", {"name": "Ada", "email": "ada@acme.example"})
    acme = api.make("/v1/companies", {"name": "Acme", "domain": "acme.example"})
    deal = api.make("/v1/deals", {"name": "Rollout", "external_id": "d1"})
    job = run(bulk, "activity",
        "type,subject,body,date,direction,duration,outcome,start,due date,time zone,status,"
        "contact email,company domain,deal,crm id\n"
        "Call,First,,2026-11-02 09:30,Outbound,12:30,Left voicemail,,,,,ada@acme.example,,d1,a1\n"
        "meeting,Demo,,,,,,2026-11-03T10:00+01:00,,,,,acme.example,,a2\n"
        "NOTE,,Likes it,,,,,,,,,,,,a3\n"
        "task,Send offer,,,,,,,2026-12-01,Europe/Berlin,Done,,,,a4\n"
        "email,Hello,,,inbound,,,,,,,nobody@x.example,,,a5\n"
        "call,No way,,,,,,,,,,,,,a6\n"
        "note,,Text,,,3,,,,,,,,,a7\n"
        "note,,Text,,,,,,,,done,,,,a8\n"
        "visit,,Text,,,,,,,,,,,,a9\n",
    )  # fmt: skip

    made = listed(api, "activities")
    assert made.keys() == {"a1", "a2", "a3", "a4"}, job["faults"]
    call = made["a1"]
    assert call["call"]["direction"] == "outbound"
    assert (call["call"]["duration_ms"], call["call"]["outcome"]) == (750_000, "left_voicemail")
    assert call["occurred_at"] == "2026-11-02T09:30:00.000Z"
    assert [each["id"] for each in call["links"]] == [ada["id"], deal["id"]]
    assert made["a2"]["occurred_at"] == "2026-11-03T09:00:00.000Z"
    assert made["a2"]["links"] == [{"type": "company", "id": acme["id"], "role": None}]
    task = made["a4"]
    assert (task["status"], task["due_at"], task["version"]) == (
        "done", "2026-12-01T23:00:00.000Z", 1,
    )  # fmt: skip
    assert [(line, column) for line, column, _ in faults(job)] == [
        (6, "contact email"), (7, "direction"), (8, "direction"), (9, "status"), (10, "type"),
    ]  # fmt: skip


def test_activities_are_updated_and_reverted(api: Api, bulk: Api) -> None:
    task = api.make("/v1/activities", {"type": "task", "subject": "Call", "external_id": "a1"})
    note = api.make("/v1/activities", {"type": "note", "body": "x", "external_id": "a2"})
    before = api.get(f"/v1/activities/{task['id']}").json

    job = run(bulk, "activity", "external_id,type,task.priority,status,body\n"
              "a1,task,High,done,More\na2,call,,,y\na2x,note,,,z\n",
              mode="upsert", match_on="external_id")  # fmt: skip

    assert (job["result"]["updated"], job["result"]["created"]) == (1, 1), job["faults"]
    now = api.get(f"/v1/activities/{task['id']}").json
    assert (now["task"]["priority"], now["status"], now["version"]) == ("high", "done", 2)
    assert faults(job) == [(3, "type", "fixed")]
    revert(bulk, job)
    assert _plain(api.get(f"/v1/activities/{task['id']}").json) == _plain(before)
    assert api.get(f"/v1/activities/{note['id']}").json["version"] == 1
    deleted = api.get("/v1/activities?deleted=true").json["data"]
    assert [each["external_id"] for each in deleted] == ["a2x"]


def test_products_are_found_by_their_sku(api: Api, bulk: Api) -> None:
    there = api.make("/v1/products", {"name": "Old", "sku": "A-1"})

    job = run(bulk, "product", "Name,SKU,Price,Currency,For sale,Billing period\n"
              "New,A-1,99.90,EUR,no,Monthly\nOther,B-2,,,,\nTwin,B-2,,,,\nBad,C-3,5,QQQ,maybe,\n",
              mode="upsert")  # fmt: skip

    assert (job["result"]["updated"], job["result"]["created"]) == (1, 1), job["faults"]
    now = api.get(f"/v1/products/{there['id']}").json
    assert (now["price"]["amount_minor"], now["active"], now["billing"]) == (9990, False, "monthly")
    assert faults(job) == [
        (4, "SKU", "duplicate_in_file"),
        (5, "Currency", "invalid_currency"),
        (5, "For sale", "invalid_boolean"),
    ]
    revert(bulk, job)
    assert _plain(api.get(f"/v1/products/{there['id']}").json) == _plain(there)


def test_rows_find_their_records_by_a_unique_custom_field(api: Api, bulk: Api, setup: Api) -> None:
    setup.make("/v1/fields", {"record_type": "contact", "name": "badge", "label": "Badge",
                              "type": "number", "unique": True})  # fmt: skip
    there = api.make("/v1/contacts", {"name": "Ada", "custom": {"badge": 7}, "tags": ["vip"]})

    text = 'Name,Badge,Tags\nAda L.,7.0,"a; ""b, c"""\nBen,8,\nBo,8.00,\n'

    job = run(bulk, "contact", text, mode="upsert", match_on="custom.badge")  # fmt: skip

    assert (job["result"]["updated"], job["result"]["created"]) == (1, 1), job["faults"]
    assert faults(job) == [(4, "Badge", "duplicate_in_file")]
    now = api.get(f"/v1/contacts/{there['id']}").json
    assert (now["name"], now["tags"]) == ("Ada L.", ["a", "b, c"])


def test_defaults_are_for_new_records_alone(api: Api, bulk: Api) -> None:
    there = api.make("/v1/leads", {"name": "Old", "external_id": "l1", "source": "event"})
    text = "Name,crm id,source\nOld 2,l1,\nNew,l2,\nOwn,l3,other\n"

    told = {"source": "Web form", "stage": "Working", "tags": "x; y"}

    run(bulk, "lead", text, {"defaults": told},
        mode="upsert", match_on="external_id")  # fmt: skip

    made = listed(api, "leads")
    assert (made["l1"]["source"], made["l1"]["stage"]) == ("event", there["stage"])
    assert (made["l2"]["source"], made["l2"]["stage"]) == ("web_form", "working")
    assert (made["l3"]["source"], made["l3"]["tags"]) == ("other", ["x", "y"])


def test_defaults_that_do_not_fit_are_refused_before_anything_runs(bulk: Api) -> None:
    job = machine.send(bulk, b"subject\nHello\n", record_type="activity")
    path = f"/v1/imports/{job['id']}/run"
    assert [each["code"] for each in bulk.post(path, {}).json["errors"]] == ["type_unmapped"]

    bad = {"type": "call", "contact.email": "a@b.example", "nothing": "x", "call.duration_ms": "?"}
    reply = bulk.post(path, {"defaults": bad})

    assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
        ("/defaults/contact.email", "unknown_field"),
        ("/defaults/nothing", "unknown_field"),
        ("/defaults/call.duration_ms", "invalid_duration"),
    }
    told = {"defaults": {"type": "call", "direction": "inbound"}}
    assert bulk.post(path, told).status == 200
    assert machine.work(bulk, job["id"])["result"]["created"] == 1


def test_records_that_a_caller_may_not_see_are_not_there_for_its_rows(api: Api, bulk: Api) -> None:
    api.make("/v1/companies", {"name": "Hidden", "domain": "hidden.example"})
    rep = Member(role="rep", visibility="own", member=ADA, principal="key_rep")
    theirs = Api(handler, rep)

    job = run(theirs, "contact", "Name,Company domain\nAda,hidden.example\n")

    assert faults(job) == [(2, "Company domain", "unknown_reference")]
    blind = Api(handler, Member(role="rep", scopes=("imports:write", "contacts:write")))
    other = machine.send(Api(handler, rep), b"Name,Company domain\n", record_type="contact")
    assert other["columns"][1]["suggestion"] == "company.domain"
    denied = blind.post(f"/v1/imports/{other['id']}/run", {})
    assert denied.status in (403, 404)


def _visits(api: Api, deal: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/v1/deals/{deal}/stage-history").json["data"]
    return found


def _lasting(visit: dict[str, Any]) -> dict[str, Any]:
    """Return a stay without how long it has lasted so far."""
    return {name: value for name, value in visit.items() if name != "duration_ms"}


def _plain(record: dict[str, Any]) -> str:
    kept = {k: v for k, v in record.items() if k not in ("version", "updated_at")}
    return json.dumps(kept, sort_keys=True)
