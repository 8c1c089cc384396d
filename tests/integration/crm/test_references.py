"""What a record names must exist when it is written, in the same workspace, at no extra request."""

from typing import Any

import pytest

from functions.shared.ids import new_id
from tests.integration.cloud import Calls
from tests.integration.gateway import Api


def unknown(reply: Any) -> list[str]:
    """Return the pointers of a refusal that names records that do not exist."""
    assert reply.status == 422, reply.body
    assert reply.json["code"] == "unknown_reference"
    return [each["pointer"] for each in reply.json["errors"]]


def test_an_absent_reference_is_refused_at_its_place(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    nobody, nothing = new_id("con"), new_id("com")
    body = {"name": "D", "company_id": nothing, "contact_ids": [contact, nobody]}
    assert unknown(api.post("/v1/deals", body)) == ["/company_id", "/contact_ids/1"]
    assert unknown(api.post("/v1/contacts", {"name": "A", "company_id": nothing})) == [
        "/company_id"
    ]
    links = [{"type": "contact", "id": contact}, {"type": "company", "id": nothing}]
    assert unknown(api.post("/v1/activities", {"type": "note", "body": "b", "links": links})) == [
        "/links/1/id"
    ]
    for resource in ("deals", "activities"):
        assert api.get(f"/v1/{resource}").json["data"] == []


def test_a_patch_is_held_to_the_same(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "D"})
    path = f"/v1/deals/{deal['id']}"
    assert unknown(api.patch(path, {"contact_ids": [new_id("con")]})) == ["/contact_ids/0"]
    assert api.get(path).json == deal


def test_another_workspaces_and_a_deleted_record_do_not_exist(api: Api, other: Api) -> None:
    theirs = other.make("/v1/companies", {"name": "Theirs"})["id"]
    gone = api.make("/v1/companies", {"name": "Gone"})["id"]
    api.delete(f"/v1/companies/{gone}")
    replies = [
        api.post("/v1/contacts", {"name": "A", "company_id": each})
        for each in (theirs, gone, new_id("com"))
    ]
    assert {reply.status for reply in replies} == {422}
    assert len({str(reply.json["errors"]) for reply in replies}) == 1


def test_a_reference_whose_record_was_deleted_later_does_not_block_other_changes(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Example"})["id"]
    contact = api.make("/v1/contacts", {"name": "Ada", "company_id": company})["id"]
    api.delete(f"/v1/companies/{company}")
    assert api.patch(f"/v1/contacts/{contact}", {"title": "Countess"}).status == 200


def test_a_duplicate_email_and_an_unknown_company_are_refused_together_with_no_trace(
    api: Api,
) -> None:
    api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com"})
    body = {"name": "Eve", "email": "ada@example.com", "company_id": new_id("com")}
    assert api.post("/v1/contacts", body).status == 409
    assert len(api.get("/v1/contacts").json["data"]) == 1


@pytest.mark.parametrize("key", [None, "k1"])
def test_fifty_contacts_and_a_company_cost_one_request(
    api: Api, calls: Calls, key: str | None
) -> None:
    contacts = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(50)]
    company = api.make("/v1/companies", {"name": "Example"})["id"]
    api.make("/v1/deals", {"name": "The first"})  # fetches the pipeline, which is then kept
    calls.clear()
    headers = {"idempotency_key": key} if key else {}
    reply = api.post(
        "/v1/deals", {"name": "D", "company_id": company, "contact_ids": contacts}, **headers
    )
    assert reply.status == 201
    assert list(calls) == ["TransactWriteItems"]
