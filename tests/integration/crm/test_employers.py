"""Contacts get the companies that own the domains of their addresses."""

from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler as bulk_handler
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.link_companies.handler import handler
from functions.shared.aws import client
from functions.shared.table import Put, Table
from tests.integration.cloud import ENVIRONMENT, Calls, furnish_exchange
from tests.integration.crm import machine
from tests.integration.crm.bus import deliver, image, message, published
from tests.integration.crm.test_duplicate_requests import SETTINGS, follow
from tests.integration.crm.test_imports import people, run
from tests.integration.gateway import CONTEXT, Api

ADA = {"name": "Ada", "email": "ada@harbor.example"}
HARBOR = {"name": "Harbor", "domain": "harbor.example"}


def wants(setup: Api, policy: str | None) -> None:
    assert setup.patch(SETTINGS, {"link_companies_by_domain": policy}).status == 200


def hear(record_id: str, old: Any = None) -> dict[str, Any]:
    """Let the index, and then the consumer, hear of a record's last write."""
    follow(record_id)
    event = published(record_id, old)
    assert handler({"Records": [message(event)]}, CONTEXT) == {"batchItemFailures": []}
    return event


def made(api: Api, resource: str, body: Any) -> dict[str, Any]:
    record: dict[str, Any] = api.make(f"/v1/{resource}", body)
    hear(record["id"])
    return record


def company_of(api: Api, contact: Any) -> Any:
    return api.get(f"/v1/contacts/{contact['id']}").json["company_id"]


@pytest.fixture
def linking(setup: Api) -> Api:
    wants(setup, "link")
    return setup


@pytest.mark.usefixtures("linking")
def test_a_contact_gets_the_company_that_owns_its_domain_once(api: Api) -> None:
    harbor = made(api, "companies", HARBOR)
    ada = made(api, "contacts", ADA)

    for _ in range(3):
        hear(ada["id"], image(ada["id"]))
    now = api.get(f"/v1/contacts/{ada['id']}").json

    assert (now["company_id"], now["version"]) == (harbor["id"], 2)
    eu = made(api, "contacts", {"name": "Grace", "email": "grace@eu.harbor.example"})
    assert company_of(api, eu) == harbor["id"]


@pytest.mark.usefixtures("linking")
def test_the_timelines_say_that_it_was_automatic_and_why(api: Api) -> None:
    harbor, ada = made(api, "companies", HARBOR), api.make("/v1/contacts", ADA)
    before = image(ada["id"])
    hear(ada["id"])
    deliver(published(ada["id"], before))

    for path in (f"/v1/contacts/{ada['id']}", f"/v1/companies/{harbor['id']}"):
        entry = api.get(f"{path}/timeline").json["data"][0]
        assert (entry["kind"], entry["source"]) == ("contact.updated", "automatic")
        assert entry["evidence"] == {"reason": "email_domain", "domain": "harbor.example"}
        assert entry["previous"] == {"company_id": None}


@pytest.mark.usefixtures("linking")
def test_contacts_that_wait_get_a_company_that_comes_later(api: Api) -> None:
    waiting = [
        made(api, "contacts", {"name": f"P{n}", "email": f"p{n}@harbor.example"}) for n in range(3)
    ]
    elsewhere = made(api, "contacts", {"name": "X", "email": "x@quay.example"})
    harbor = made(api, "companies", {"name": "Harbor"})
    assert {company_of(api, each) for each in waiting} == {None}

    before = image(harbor["id"])
    api.patch(f"/v1/companies/{harbor['id']}", {"domain": "harbor.example"})
    hear(harbor["id"], before)

    assert {company_of(api, each) for each in waiting} == {harbor["id"]}
    assert company_of(api, elsewhere) is None


@pytest.mark.usefixtures("linking")
def test_what_somebody_has_set_or_taken_away_stays(api: Api) -> None:
    other = made(api, "companies", {"name": "Other"})
    harbor = made(api, "companies", HARBOR)
    hers = made(api, "contacts", {**ADA, "company_id": other["id"]})
    mine = made(api, "contacts", {"name": "Grace", "email": "grace@harbor.example"})
    assert company_of(api, mine) == harbor["id"]
    before = image(mine["id"])
    api.patch(f"/v1/contacts/{mine['id']}", {"company_id": None})
    hear(mine["id"], before)

    assert company_of(api, hers) == other["id"]
    assert company_of(api, mine) is None
    before = image(mine["id"])
    api.patch(f"/v1/contacts/{mine['id']}", {"email": "grace.hopper@harbor.example"})
    hear(mine["id"], before)
    assert company_of(api, mine) == harbor["id"]


def test_nothing_happens_where_nobody_asked_or_the_domain_is_everybody_s(
    api: Api, setup: Api
) -> None:
    made(api, "companies", HARBOR)
    ada = made(api, "contacts", ADA)
    wants(setup, "create")
    free = made(api, "contacts", {"name": "Free", "email": "free@gmail.com"})
    nobody = made(api, "contacts", {"name": "Nobody"})
    wants(setup, None)
    late = made(api, "contacts", {"name": "Late", "email": "late@harbor.example"})

    assert [company_of(api, each) for each in (ada, free, nobody, late)] == [None] * 4
    assert len(api.get("/v1/companies").json["data"]) == 1
    assert setup.get(SETTINGS).json["link_companies_by_domain"] == "off"
    assert setup.patch(SETTINGS, {"link_companies_by_domain": "always"}).status == 422


def test_a_company_is_made_where_that_is_wanted_one_for_all(api: Api, setup: Api) -> None:
    wants(setup, "create")
    people = [
        made(api, "contacts", {"name": f"P{n}", "email": f"p{n}@harbor-foods.example"})
        for n in range(2)
    ]

    (company,) = api.get("/v1/companies").json["data"]
    assert (company["name"], company["domain"]) == ("Harbor Foods", "harbor-foods.example")
    assert (company["owner_id"], company["created_by"]["type"]) == (None, "system")
    assert {company_of(api, each) for each in people} == {company["id"]}
    assert image(company["id"])["_events"][0]["source"] == "automatic"


def test_where_companies_need_what_nobody_knows_none_is_made(api: Api, setup: Api) -> None:
    wants(setup, "create")
    setup.make("/v1/fields", {
        "record_type": "company", "name": "segment", "label": "Segment", "type": "text",
        "required": True,
    })  # fmt: skip

    ada = made(api, "contacts", ADA)

    assert company_of(api, ada) is None
    assert api.get("/v1/companies").json["data"] == []


def test_a_policy_set_just_before_holds_though_an_older_one_is_kept(api: Api) -> None:
    made(api, "companies", HARBOR)
    table = Table(client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    assert definitions_of(table).link_companies == "off"
    # as another function writes it, of whose writes this one's memory does not hear
    key = {"pk": table.key("FIELDS"), "sk": "~SETTINGS"}
    table.write(Put({**key, "link_companies_by_domain": "link"}))
    ada = api.make("/v1/contacts", ADA)
    assert definitions_of(table).link_companies == "off"

    hear(ada["id"])

    assert company_of(api, ada) is not None


@pytest.mark.usefixtures("linking")
def test_a_link_costs_what_is_said_however_many_there_are(api: Api, calls: Calls) -> None:
    ada = api.make("/v1/contacts", ADA)
    follow(ada["id"])
    event = message(published(ada["id"]))
    calls.clear()
    handler({"Records": [event]}, CONTEXT)
    assert calls.take() == ["GetItem", "BatchGetItem"]

    harbor = api.make("/v1/companies", HARBOR)
    coming = message(published(harbor["id"]))
    calls.clear()
    handler({"Records": [coming]}, CONTEXT)
    one = ["GetItem", "BatchGetItem", "GetItem", "TransactWriteItems"]
    assert calls.take() == ["GetItem", "Query", *one]
    handler({"Records": [event, coming]}, CONTEXT)
    # the row of a contact that has its company stands until the index has heard of it
    assert calls.take() == ["GetItem", "GetItem", "Query", "GetItem"]
    follow(ada["id"])
    calls.clear()
    handler({"Records": [coming]}, CONTEXT)
    assert calls.take() == ["GetItem", "Query"]


@pytest.mark.usefixtures("linking")
def test_imported_contacts_are_born_with_their_companies_and_a_revert_finds_them_so(
    api: Api,
) -> None:
    furnish_exchange()
    bulk = Api(bulk_handler)
    harbor, other = made(api, "companies", HARBOR), made(api, "companies", {
        "name": "Other", "domain": "other.example",
    })  # fmt: skip
    there = made(api, "contacts", {"name": "Old", "email": "old@other.example"})
    api.patch(f"/v1/contacts/{there['id']}", {"company_id": None})
    text = (
        b"Name,E-Mail,Company domain\nAda,Ada@Harbor.example,\n"
        b"Grace,grace@harbor.example,other.example\nFree,free@gmail.com,\n"
        b"Older,old@other.example,\n"
    )
    job = run(bulk, text, mode="upsert", match_on="email")

    assert (job["result"]["created"], job["result"]["updated"]) == (3, 1)
    found = people(api)
    assert {name: each["company_id"] for name, each in found.items()} == {
        "Ada": harbor["id"], "Grace": other["id"], "Free": None, "Older": None,
    }  # fmt: skip
    for each in found.values():
        hear(each["id"], image(each["id"]))
    assert bulk.post(f"/v1/imports/{job['id']}/revert").status == 200
    done = machine.work(bulk, job["id"])
    assert (done["result"]["reverted"], done["result"]["kept"]) == (4, 0)


@pytest.mark.usefixtures("linking")
def test_a_lead_works_at_the_company_that_owns_its_domain(api: Api, calls: Calls) -> None:
    early = made(api, "leads", {"name": "Early", "email": "early@harbor.example"})
    harbor = made(api, "companies", HARBOR)
    other = made(api, "companies", {"name": "Other", "domain": "other.example"})
    late = made(api, "leads", {"name": "Late", "email": "l@gmail.com",
                               "company_domain": "harbor.example"})  # fmt: skip
    hers = api.make("/v1/leads", {"name": "Hers", "email": "hers@harbor.example"})
    works_at = {"from": {"type": "lead", "id": hers["id"]}, "label": "works_at",
                "to": {"type": "company", "id": other["id"]}}  # fmt: skip
    api.make("/v1/associations", works_at)
    hear(hers["id"])
    hear(early["id"])

    def works(lead: Any) -> Any:
        found = api.get(f"/v1/leads/{lead['id']}/associations?type=company").json["data"]
        return [(each["label"], each["to"]["id"]) for each in found]

    assert works(early) == works(late) == [("works_at", harbor["id"])]
    assert works(hers) == [("works_at", other["id"])]
    assert api.get(f"/v1/leads/{early['id']}").json["version"] == 1
    (joined,) = api.get(f"/v1/leads/{late['id']}/associations").json["data"]
    deliver(published(joined["id"]))
    entry = api.get(f"/v1/leads/{late['id']}/timeline").json["data"][0]
    assert (entry["kind"], entry["source"]) == ("association.created", "automatic")
    assert entry["evidence"] == {"reason": "email_domain", "domain": "harbor.example"}
    waiting = api.make("/v1/leads", {"name": "Waiting", "email": "w@harbor.example"})
    event = message(published(waiting["id"]))
    calls.clear()
    handler({"Records": [event]}, CONTEXT)
    assert calls.take() == ["GetItem", "BatchGetItem", "Query", "TransactWriteItems"]
