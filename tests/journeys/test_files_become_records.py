"""A messy file becomes records, although the workers are killed, and is taken back."""

import pytest

from infra.local.cloud import Cloud
from infra.local.contract import Contract
from tests.journeys import importing
from tests.journeys.messy_people import people
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud]

ROWS = 2_500


def test_every_row_of_a_messy_file_is_a_record_once_or_in_the_report_once(
    cloud: Cloud, contract: Contract
) -> None:
    tenant = Tenant.founded(cloud, contract, "Imports")
    api = tenant.api
    there = api.post("/v1/contacts", {"name": "Here first", "email": "person77@example.com"})
    before = importing.exported(api)
    text = people(ROWS)
    job = importing.send(api, text, mode="upsert", match_on="email")
    columns = importing.state(api, job)["columns"]
    assert [each["suggestion"] for each in columns] == [
        "name", "email", "title", "external_id", None,
    ]  # fmt: skip

    api.post(f"/v1/imports/{job}/run", {})
    assert importing.kill(contract.aws_endpoint) > 0
    done = importing.ended(api, job)

    assert done["state"] == "done", done
    made, refused = importing.check(api, job, text, set())
    assert made + refused == done["result"]["rows"]
    assert api.get(f"/v1/contacts/{there['id']}")["external_id"] == "row-77"
    codes = {each["code"] for each in importing.report(api, job)}
    assert {"duplicate_in_file", "ragged_row", "invalid_encoding", "control_character"} <= codes

    entries = until(lambda: api.get(f"/v1/contacts/{there['id']}/timeline")["data"], len)
    newest = until(lambda: api.get(f"/v1/contacts/{there['id']}/timeline")["data"][0],
                   lambda entry: entry["kind"] == "contact.updated")  # fmt: skip
    assert entries
    assert newest["source"] == "import"

    api.post(f"/v1/imports/{job}/revert")
    reverted = importing.ended(api, job)

    assert reverted["state"] == "reverted", reverted
    assert reverted["result"]["kept"] == 0
    assert importing.plain(importing.exported(api)) == importing.plain(before)
    tenant.leave()
