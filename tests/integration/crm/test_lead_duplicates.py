"""Leads are converted into people and companies that may be there already."""

from collections import Counter
from typing import Any

import pytest

from tests.integration.cloud import Calls
from tests.integration.crm.converting import convert, counts, lead
from tests.integration.crm.test_duplicate_requests import indexed, wants
from tests.integration.gateway import Api, Member, problem

SAME = {"name": "Lovelace, Ada", "phone": "+49 30 5550142"}
FIRM = {"name": "Big GmbH", "domain": "big.de"}


@pytest.fixture
def there(api: Api) -> dict[str, Any]:
    return {
        "contact": indexed(api, "/v1/contacts", SAME),
        "company": indexed(api, "/v1/companies", FIRM),
    }


def test_a_conversion_that_would_double_somebody_is_refused_and_says_whom(
    api: Api, setup: Api, there: Any
) -> None:
    wants(setup, contact="deny", company="deny")
    made = lead(api)
    before = counts(api)

    for body in ({}, {"dry_run": True}):
        refused = problem(convert(api, made, body))

        assert (refused["status"], refused["code"]) == (409, "possible_duplicate")
        assert {each["pointer"] for each in refused["errors"]} == {"/contact/id", "/company/id"}
        assert {each["id"]: each["object"] for each in refused["duplicates"]} == {
            there["contact"]["id"]: "contact", there["company"]["id"]: "company",
        }  # fmt: skip
    assert counts(api) == before
    assert api.get(f"/v1/leads/{made}").json["converted_at"] is None


def test_who_is_named_instead_is_attached(api: Api, setup: Api, there: Any) -> None:
    wants(setup, contact="deny", company="deny")
    chosen = {name: {"id": each["id"]} for name, each in there.items()}

    done = convert(api, lead(api), chosen)

    assert done.status == 200, done.body
    assert done.json["created"] == []
    assert "duplicates" not in done.json
    # one is chosen, the other one still is to be made, and may be there
    half = problem(convert(api, lead(api), {"company": chosen["company"]}))
    assert [each["pointer"] for each in half["errors"]] == ["/contact/id"]


def test_a_warning_converts_and_names_the_candidates(api: Api, setup: Api, there: Any) -> None:
    wants(setup, contact="warn")
    made = lead(api)

    shown = convert(api, made, {"dry_run": True})
    done = convert(api, made, idempotency_key="once")
    again = convert(api, made, idempotency_key="once")

    for reply in (shown, done):
        (candidate,) = reply.json["duplicates"]
        assert (candidate["id"], candidate["likely"]) == (there["contact"]["id"], True)
        assert {each["field"] for each in candidate["reasons"]} == {"phone", "name"}
    assert done.json["created"] == ["company", "contact"]
    assert again.body == done.body


def test_whoever_may_merge_can_convert_all_the_same(api: Api, setup: Api, there: Any) -> None:
    wants(setup, contact="deny")
    made = lead(api)
    allowed = f"/v1/leads/{made}/convert?allow_duplicates=true"
    writer = Member(scopes=("leads:write", "leads:read", "contacts:write", "contacts:read",
                            "companies:write"))  # fmt: skip

    assert Api(api.handler, writer).post(allowed, {}).status == 403
    done = api.post(allowed, {})

    assert done.status == 200, done.body
    assert done.json["contact"]["id"] != there["contact"]["id"]
    assert done.json["duplicates"][0]["id"] == there["contact"]["id"]
    assert api.post(f"/v1/leads/{made}/convert?allow_duplicates=perhaps", {}).status == 422


def test_looking_costs_a_query_a_key_and_nothing_without_a_policy(
    api: Api, setup: Api, there: Any, calls: Calls
) -> None:
    def cost() -> Counter[str]:
        made = lead(api)
        calls.clear()
        assert convert(api, made, {"dry_run": True}).status == 200
        return Counter(calls.take())

    cost()  # whatever is kept in memory is there
    off = cost()
    wants(setup, contact="warn", company="warn")
    lead(api)
    on = cost()

    assert off["Query"] == 0
    # mailbox, number, name, the new company and the domain with the last name; the company's
    # two names as sites, and how its name sounds
    assert (on["Query"], on["BatchGetItem"] - off["BatchGetItem"]) == (7, 2)
