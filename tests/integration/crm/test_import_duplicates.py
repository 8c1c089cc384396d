"""Rows that may be there already: in the table, or in the file."""

from collections import Counter
from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler
from functions.crm.import_rows.handler import handler as import_rows
from functions.crm.split_import.handler import handler as split
from tests.integration.cloud import Calls, furnish_exchange
from tests.integration.crm import machine
from tests.integration.crm.test_duplicate_requests import ADA, indexed, wants
from tests.integration.crm.test_imports import people, report, run
from tests.integration.gateway import Api, Member, problem

FILE = (
    b"Name,E-Mail,Phone\n"
    b"Grace Hopper,grace@navy.example,\n"
    b'"Lovelace, Ada",ada+crm@harbor.example,\n'
    b"Edsger Dijkstra,ed@tue.example,+31 40 2470000\n"
    b"E. Dijkstra,ed+home@tue.example,+31402470000\n"
    b"Grace Hopper,,\n"
)


@pytest.fixture
def bulk(cloud: None) -> Api:
    furnish_exchange()
    return Api(handler)


def test_what_is_likely_there_is_refused_with_the_candidates_where_none_is_wanted(
    api: Api, setup: Api, bulk: Api
) -> None:
    ada = indexed(api, "/v1/contacts", ADA)
    wants(setup, contact="deny")

    job = run(bulk, FILE)

    assert job["choice"]["duplicates"] == "deny"
    assert (job["result"]["created"], job["result"]["failed"], job["result"]["warned"]) == (3, 2, 1)
    assert job["result"]["rows"] == 5
    told = {each["line"]: each for each in job["faults"]}
    there, in_file, namesake = told[3], told[5], told[6]
    assert there["candidates"] == [ada["id"]]
    assert (there["code"], there["severity"]) == ("possible_duplicate", "error")
    assert (there["column"], there["column_name"]) == (2, "E-Mail")
    assert there["value"] == "ada+crm@harbor.example"
    assert there["message"] == f"{ada['id']} is likely the same: 100 of 100 points."
    assert in_file["message"] == "Line 4 of the file is likely the same: 100 of 100 points."
    assert (in_file["severity"], in_file["candidates"]) == ("error", [])
    assert namesake["message"] == "Line 2 of the file is perhaps the same: 50 of 100 points."
    assert namesake["severity"] == "warning"
    head, *rows = report(bulk, job)
    assert head[-2:] == ["severity", "candidates"]
    assert [(row[1], row[-2], row[-1]) for row in rows] == [
        ("3", "error", ada["id"]), ("5", "error", ""), ("6", "warning", ""),
    ]  # fmt: skip


def test_a_warning_refuses_no_row_and_a_preview_says_the_same(
    api: Api, setup: Api, bulk: Api
) -> None:
    ada = indexed(api, "/v1/contacts", ADA)
    wants(setup, contact="warn")

    previewed = run(bulk, FILE, "preview")
    assert bulk.post(f"/v1/imports/{previewed['id']}/run", {}).status == 200
    job = machine.work(bulk, previewed["id"])

    for tally in (previewed["preview"], job["result"]):
        assert (tally["created"], tally["failed"], tally["warned"]) == (5, 0, 3)
    assert previewed["faults"] == job["faults"]
    assert {each["line"] for each in job["faults"]} == {3, 5, 6}
    assert job["faults"][0]["candidates"] == [ada["id"]]
    assert len(people(api)) == 5  # of six contacts, two have the same name


@pytest.mark.parametrize("policy", ["off", "deny"])
def test_an_import_may_be_told_otherwise_by_whoever_may_merge(
    api: Api, setup: Api, bulk: Api, policy: str
) -> None:
    indexed(api, "/v1/contacts", ADA)
    wants(setup, contact=policy)
    writer = Member(scopes=("imports:write", "imports:read", "contacts:write", "contacts:read"))

    other = "deny" if policy == "off" else "ignore"
    job = run(bulk, FILE, choice={"duplicates": other})
    theirs = machine.send(Api(handler, writer), FILE)
    reply = Api(handler, writer).post(f"/v1/imports/{theirs['id']}/run", {"duplicates": other})

    assert job["result"]["failed"] == (2 if other == "deny" else 0)
    assert reply.status == (200 if other == "deny" else 403)


def test_rows_that_change_records_are_no_duplicates_of_them(
    api: Api, setup: Api, bulk: Api
) -> None:
    ada = indexed(api, "/v1/contacts", ADA)
    wants(setup, contact="deny")
    text = b"Name,E-Mail\nAda King,ada@harbor.example\nLovelace Ada,ada+1@harbor.example\n"

    job = run(bulk, text, mode="upsert", match_on="email")

    assert (job["result"]["updated"], job["result"]["failed"]) == (1, 1)
    assert job["faults"][0]["candidates"] == [ada["id"]]
    assert api.get(f"/v1/contacts/{ada['id']}").json["name"] == "Ada King"


def test_companies_and_leads_are_compared_and_other_types_are_not(
    api: Api, setup: Api, bulk: Api
) -> None:
    wants(setup, company="deny", lead="deny")
    firms = b"Company,Domain\nHarbor GmbH,harbor.example\nHarbor Ltd,harbor.test.example\n"
    leads = b"Name,Phone,Lead source\nAda,+49305550142,web_form\nADA,+49 30 5550142,web_form\n"

    companies = run(bulk, firms, record_type="company")
    people_ = run(bulk, leads, record_type="lead")
    deals = machine.send(bulk, b"Deal name\nBig one\n", record_type="deal")
    refused = problem(bulk.post(f"/v1/imports/{deals['id']}/run", {"duplicates": "warn"}))

    assert [each["code"] for each in companies["faults"]] == ["possible_duplicate"]
    assert [each["line"] for each in people_["faults"]] == [3]
    assert (refused["status"], refused["code"]) == (422, "not_compared")
    done = run(bulk, b"Deal name\nBig one\nBig one\n", record_type="deal")
    assert done["result"]["created"] == 2


def test_what_others_have_and_one_may_not_see_is_not_told(api: Api, setup: Api, bulk: Api) -> None:
    indexed(api, "/v1/contacts", ADA)
    wants(setup, contact="deny")
    rep = Member(principal="key_rep", role="rep", visibility="own", member=f"mem_{'1' * 26}")

    job = run(Api(handler, rep), b"Name,E-Mail\nAda Lovelace,ada+1@harbor.example\n")

    assert (job["result"]["created"], job["faults"]) == (1, [])


def test_looking_for_duplicates_costs_what_is_said(
    api: Api, setup: Api, bulk: Api, calls: Calls
) -> None:
    indexed(api, "/v1/contacts", ADA)
    rows = "".join(f"Person{n} Last{n},p{n}@a{n}.example\n" for n in range(89))
    text = f"Name,E-Mail\n{rows}Ada Lovelace,ada+1@harbor.example\n".encode()

    def lane(**choice: Any) -> Counter[str]:
        job = machine.send(bulk, text)["id"]
        assert bulk.post(f"/v1/imports/{job}/run", choice).status == 200
        names = {"workspace": "wsp_one", "job": job}
        machine.call(split, {**names, "act": "run"})
        calls.clear()
        assert machine.call(import_rows, {**names, "lane": 0, "lanes": 1})["outcome"] == "done"
        return Counter(calls.take())

    wants(setup, contact="deny")
    looked = lane()
    ignored = lane(duplicates="ignore")

    # the mailbox, the name, the domain with the last name: each key once, whoever has it
    assert looked["Query"] - ignored["Query"] == 3 * 90
    assert looked["BatchGetItem"] - ignored["BatchGetItem"] == 1
    assert (ignored["Query"], ignored["BatchGetItem"]) == (1, 0)
