"""Two records of one person are found, told with reasons, refused where that is wanted, and
merged: by functions that may do no more than their roles say."""

from typing import Any

import pytest

from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(600), pytest.mark.cloud]
SOON = 120.0  # seconds: the index follows in seconds, a policy within 30
ONE = {"name": "Ottilie Brandt-Sommer", "phone": "+49 30 901820"}
TWIN = {"name": "Ottilie Brandt Sommer", "phone": "+4930901820"}


def test_a_double_is_found_refused_and_merged(tenant: Tenant) -> None:
    api = tenant.api
    settings = "/v1/record-settings"
    assert api.client.patch(settings, json={"duplicates": {"contact": "deny"}}).status_code == 200
    one = api.post("/v1/contacts", ONE)["id"]

    def alike() -> list[dict[str, Any]]:
        return list(api.post("/v1/contacts/duplicates", TWIN)["data"])

    (found,) = until(alike, bool, SOON)
    assert (found["record"]["id"], found["likely"]) == (one, True)
    assert found["reasons"]

    def twin(query: str = "") -> tuple[int, Any]:
        reply = api.client.post(f"/v1/contacts{query}", json=TWIN)
        return reply.status_code, reply.json()

    def gone_or_refused() -> tuple[int, Any]:
        status, told = twin()
        if status == 201:  # the policy was not heard of yet
            api.client.delete(f"/v1/contacts/{told['id']}")
        return status, told

    status, refused = until(gone_or_refused, lambda seen: seen[0] != 201, SOON)
    assert (status, refused["code"]) == (409, "possible_duplicate")
    assert one in [each["id"] for each in refused["duplicates"]]
    status, allowed = twin("?allow_duplicates=true")
    assert status == 201
    assert one in [each["id"] for each in allowed["duplicates"]]

    api.post("/v1/contacts/merge", {"ids": [one, allowed["id"]]})
    assert api.get(f"/v1/contacts/{allowed['id']}")["id"] == one
    assert api.client.patch(settings, json={"duplicates": {"contact": None}}).status_code == 200
