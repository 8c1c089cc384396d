"""What the rows of an import cost in requests, whatever there is in the table."""

from collections import Counter
from typing import Any

import pytest

from functions.crm import dynamodb_rules
from functions.crm.bulk_api.handler import handler
from functions.crm.import_rows.handler import handler as import_rows
from functions.crm.split_import.handler import handler as split
from functions.shared.ids import new_id
from tests.integration.cloud import Calls, furnish_exchange
from tests.integration.crm import machine
from tests.integration.doors import put_member
from tests.integration.gateway import Api


def lane(
    bulk: Api, calls: Calls, first: int, name: str = "P", kind: str = "contact", **choice: Any
) -> Counter[str]:
    """Import 90 people in one lane; returns the requests of their rows."""
    rows = "".join(f"{name}{n},p{n}@example.com\n" for n in range(first, first + 90))
    job = machine.send(bulk, f"Name,E-Mail\n{rows}".encode(), record_type=kind)["id"]
    assert bulk.post(f"/v1/imports/{job}/run", choice).status == 200
    names = {"workspace": "wsp_one", "job": job}
    machine.call(split, {**names, "act": "run"})
    calls.clear()
    assert machine.call(import_rows, {**names, "lane": 0, "lanes": 1})["outcome"] == "done"
    return Counter(calls.take())


@pytest.mark.parametrize("others", [0, 90])
def test_rows_of_an_import_cost_what_is_said(cloud: None, calls: Calls, others: int) -> None:
    furnish_exchange()
    bulk = Api(handler)
    if others:
        lane(bulk, calls, 1_000)
    where = {"GetItem": 2, "Query": 1}  # the job, how far it is, and how far the piece is
    assert lane(bulk, calls, 0) == {**where, "TransactWriteItems": 3}
    again = lane(bulk, calls, 0, "Q", mode="update", match_on="email", empty_cells="clear")
    # the markers of the addresses, and the records, for up to 100 rows; no marker is written
    assert again == {**where, "BatchGetItem": 2, "TransactWriteItems": 2}


def test_turns_of_imported_leads_cost_what_is_said(setup: Api, calls: Calls) -> None:
    furnish_exchange()
    bulk = Api(handler)
    plain = lane(bulk, calls, 0, kind="lead")
    staff = [put_member(new_id("mem")) for _ in range(2)]
    target = {"type": "list", "members": [{"member_id": each} for each in staff]}
    setup.make("/v1/assignment-rules", {"name": "All", "target": target})
    dynamodb_rules.forget()
    in_turn = lane(bulk, calls, 1_000, kind="lead")
    # 100 turns at once, and those that were not needed back
    assert (plain["UpdateItem"], in_turn["UpdateItem"]) == (0, 2)
    assert in_turn["TransactWriteItems"] == plain["TransactWriteItems"]
