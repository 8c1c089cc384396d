"""Duplicates over HTTP: of a record, of a body, and of a new record under each policy."""

from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.crm.index_records.handler import handler as index_records
from tests.integration.cloud import Calls
from tests.integration.crm.bus import message, published
from tests.integration.crm.merge_world import finder
from tests.integration.gateway import CONTEXT, Api, Member, problem

SETTINGS = "/v1/record-settings"
ADA = {"name": "Ada Lovelace", "email": "ada@harbor.example", "phone": "+49 30 5550142"}
TWIN = {"name": "Lovelace, Ada", "email": "ada+crm@harbor.example"}


def indexed(api: Api, path: str, body: Any) -> dict[str, Any]:
    """Make a record that the index has heard of."""
    made: dict[str, Any] = api.make(path, body)
    follow(made["id"])
    return made


def follow(record_id: str) -> None:
    """Let the index hear of a record."""
    heard = {"Records": [message(published(record_id))]}
    assert index_records(heard, CONTEXT) == {"batchItemFailures": []}


def wants(setup: Api, **policies: str) -> None:
    assert setup.patch(SETTINGS, {"duplicates": policies}).status == 200


@pytest.fixture
def ada(api: Api) -> dict[str, Any]:
    return indexed(api, "/v1/contacts", ADA)


def test_a_record_s_duplicates_are_shown_with_scores_and_reasons(
    api: Api, ada: dict[str, Any]
) -> None:
    twin = indexed(api, "/v1/contacts", TWIN)

    reply = finder().get(f"/v1/contacts/duplicates?of={ada['id']}")

    assert reply.json["complete"] is True
    assert reply.json["overfull"] == []
    (found,) = reply.json["data"]
    assert found.pop("record") == twin
    assert found == {
        "score": 100, "likely": True,
        "reasons": [
            {"field": "email", "how": "same_address", "similarity": 1.0, "points": 60},
            {"field": "name", "how": "same", "similarity": 1.0, "points": 50},
            {"field": "company_domain", "how": "same_company", "similarity": 1.0, "points": 25},
        ],
    }  # fmt: skip


def test_a_body_is_matched_in_the_form_in_which_it_would_be_kept(
    api: Api, setup: Api, ada: dict[str, Any]
) -> None:
    setup.patch(SETTINGS, {"phone_region": "DE"})

    reply = finder().post(
        "/v1/contacts/duplicates", {"name": "ada lovelace", "phone": "030 5550142"}
    )

    assert [each["record"]["id"] for each in reply.json["data"]] == [ada["id"]]
    assert reply.json["data"][0]["score"] == 90
    assert finder().post("/v1/contacts/duplicates?min_score=91", {"name": "ada lovelace"}).json == {
        "data": [], "complete": True, "overfull": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("", "value_error")]),
        ({"phone": "030"}, [("/phone", "invalid_phone")]),
        ({"company_id": f"com_{'0' * 26}"}, [("/company_id", "unknown_reference")]),
        ({"nonsense": 1}, [("/nonsense", "extra_forbidden")]),
    ],
)
def test_a_body_that_says_nothing_sensible_is_refused(
    cloud: None, body: Any, faults: list[Any]
) -> None:
    refused = problem(finder().post("/v1/contacts/duplicates", body))

    assert refused["status"] == 422
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == faults


def test_companies_and_leads_have_duplicates_too(api: Api) -> None:
    one = indexed(api, "/v1/companies", {"name": "Harbor GmbH", "domain": "harbor.de"})
    two = indexed(api, "/v1/companies", {"name": "Harbour Inc.", "domain": "harbor.co.uk"})
    leads = [indexed(api, "/v1/leads", {"name": "Ada", "phone": "+49305550142"}) for _ in range(2)]

    (company,) = finder().get(f"/v1/companies/duplicates?of={one['id']}").json["data"]
    (lead,) = finder().get(f"/v1/leads/duplicates?of={leads[1]['id']}").json["data"]

    assert (company["record"]["id"], company["likely"]) == (two["id"], True)
    assert (lead["record"]["id"], lead["score"]) == (leads[0]["id"], 100)
    assert finder().get(f"/v1/companies/duplicates?of=com_{'0' * 26}").status == 404


def test_what_is_deleted_is_no_duplicate_and_a_merged_record_s_old_address_still_is_its_own(
    api: Api, ada: dict[str, Any]
) -> None:
    twin = indexed(api, "/v1/contacts", TWIN)
    assert api.delete(f"/v1/contacts/{twin['id']}").status == 204  # the index has not heard of it

    assert finder().get(f"/v1/contacts/duplicates?of={ada['id']}").json["data"] == []

    twin = indexed(api, "/v1/contacts", {"name": "A. L.", "email": "al@gmx.de"})
    merged = finder().post("/v1/contacts/merge", {"ids": [ada["id"], twin["id"]]})
    assert merged.status == 201
    for heard in ([], [ada["id"]], [twin["id"]]):  # the index hears of it bit by bit
        for each in heard:
            follow(each)
        (found,) = finder().post("/v1/contacts/duplicates", {"email": "al+x@gmx.de"}).json["data"]
        assert found["record"]["id"] == ada["id"]
        assert finder().get(f"/v1/contacts/duplicates?of={ada['id']}").json["data"] == []


def test_one_finds_only_what_one_may_see_and_another_workspace_finds_nothing(
    api: Api, ada: dict[str, Any]
) -> None:
    member = f"mem_{'1' * 26}"
    rep = Member(principal="key_rep", role="rep", visibility="own", member=member)
    stranger = Member(workspace="wsp_two", principal="key_two")

    for who in (rep, stranger):
        assert finder(who).post("/v1/contacts/duplicates", ADA).json["data"] == []
        assert finder(who).get(f"/v1/contacts/duplicates?of={ada['id']}").status == 404
    blind = Member(scopes=("contacts:write",))
    assert finder(blind).post("/v1/contacts/duplicates", ADA).status == 403


def test_from_the_start_nothing_is_looked_for_and_nothing_more_is_asked(
    api: Api, calls: Calls, ada: dict[str, Any]
) -> None:
    calls.clear()

    made = api.post("/v1/contacts", TWIN)

    assert (made.status, "duplicates" in made.json) == (201, False)
    assert calls.take() == ["TransactWriteItems"]


def test_with_warn_the_reply_names_whom_the_new_record_may_be_again_and_again(
    api: Api, setup: Api, calls: Calls, ada: dict[str, Any]
) -> None:
    wants(setup, contact="warn")
    api.make("/v1/contacts", {"name": "Zoe"})  # fetches what is then kept in memory
    calls.clear()

    made = api.post("/v1/contacts", TWIN, idempotency_key="k1")

    assert made.status == 201
    assert [(each["id"], each["score"]) for each in made.json["duplicates"]] == [(ada["id"], 100)]
    assert calls.take() == ["Query"] * 3 + ["BatchGetItem", "TransactWriteItems"]
    assert "duplicates" not in api.get(f"/v1/contacts/{made.json['id']}").json
    follow(made.json["id"])
    again = api.post("/v1/contacts", TWIN, idempotency_key="k1")
    assert (again.headers["idempotency-replayed"], again.body) == ("true", made.body)
    assert api.make("/v1/contacts", {"name": "Grace"})["duplicates"] == []
    assert "duplicates" not in api.make("/v1/leads", {"name": "Ada Lovelace"})


def test_with_deny_a_likely_duplicate_is_refused_unless_one_who_may_allows_it(
    api: Api, setup: Api, ada: dict[str, Any]
) -> None:
    wants(setup, contact="deny")

    refused = problem(api.post("/v1/contacts", TWIN, idempotency_key="k1"))

    assert (refused["status"], refused["code"]) == (409, "possible_duplicate")
    assert [each["id"] for each in refused["duplicates"]] == [ada["id"]]
    only_writes = Member(scopes=("contacts:read", "contacts:write"))
    path = "/v1/contacts?allow_duplicates=true"
    assert problem(Api(handler, only_writes).post(path, TWIN))["code"] == "missing_scope"
    assert problem(api.post("/v1/contacts?allow_duplicates=1", TWIN))["status"] == 422
    made = api.post(path, TWIN, idempotency_key="k1")
    assert (made.status, made.json["duplicates"][0]["id"]) == (201, ada["id"])
    follow(made.json["id"])
    again = api.post(path, TWIN, idempotency_key="k1")
    assert (again.status, again.body) == (201, made.body)
    possible = api.post("/v1/contacts", {"name": "Ada Lovelase", "phone": ADA["phone"]})
    assert possible.status == 409
    assert api.make("/v1/contacts", {"name": "Ada Lovelace"})["duplicates"][0]["likely"] is False


def test_who_may_not_see_the_other_record_is_neither_warned_nor_refused(
    api: Api, setup: Api, ada: dict[str, Any]
) -> None:
    wants(setup, contact="deny")
    member = f"mem_{'1' * 26}"
    rep = Member(principal="key_rep", role="rep", visibility="own", member=member)
    writer = Member(scopes=("contacts:write",))

    assert Api(handler, rep).make("/v1/contacts", TWIN)["duplicates"] == []
    made = Api(handler, writer).make("/v1/contacts", {"name": ADA["name"], "phone": ADA["phone"]})
    assert made["duplicates"] == []


def test_batches_and_upserts_are_held_to_the_policy_when_they_make_records(
    api: Api, setup: Api, ada: dict[str, Any]
) -> None:
    wants(setup, contact="deny")
    items = [
        {"op": "create", "body": TWIN},
        {"op": "create", "body": {"name": "Grace Hopper"}},
        {"op": "upsert", "by": "email", "body": {**ADA, "title": "Countess"}},
        {"op": "upsert", "by": "email", "body": TWIN},
    ]

    results = api.post("/v1/contacts/batch", {"operations": items}).json["data"]

    assert [each["status"] for each in results] == [409, 201, 200, 409]
    assert results[0]["problem"]["duplicates"][0]["id"] == ada["id"]
    assert results[1]["body"]["duplicates"] == []
    assert "duplicates" not in results[2]["body"]
    batch = "/v1/contacts/batch?allow_duplicates=true"
    (made,) = api.post(batch, {"operations": items[:1]}).json["data"]
    assert (made["status"], made["body"]["duplicates"][0]["id"]) == (201, ada["id"])
    upserted = api.post("/v1/contacts/upsert?by=external_id", {**TWIN, "external_id": "x-1"})
    assert problem(upserted)["code"] == "possible_duplicate"


def test_policies_are_patched_one_by_one_and_null_is_as_from_the_start(
    setup: Api, other: Api
) -> None:
    before = setup.get(SETTINGS)
    assert before.json["duplicates"] == {"contact": "off", "company": "off", "lead": "off"}

    wants(setup, contact="deny", lead="warn")
    changed = setup.patch(SETTINGS, {"duplicates": {"lead": None}})

    assert changed.json["duplicates"] == {"contact": "deny", "company": "off", "lead": "off"}
    assert setup.patch(SETTINGS, {"duplicates": {"lead": None}}).etag == changed.etag
    assert (
        setup.patch(SETTINGS, {"duplicates": None}).json["duplicates"] == before.json["duplicates"]
    )
    assert setup.patch(SETTINGS, {"duplicates": {"deal": "warn"}}).status == 422
    assert setup.patch(SETTINGS, {"duplicates": {"lead": "maybe"}}).status == 422
    stale = setup.patch(SETTINGS, {"duplicates": {"lead": "warn"}}, if_match=before.etag)
    assert stale.status == 412
