"""What the rows of an import cost in requests, whatever there is in the table."""

from collections import Counter
from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler
from functions.crm.import_rows.handler import handler as import_rows
from functions.crm.split_import.handler import handler as split
from tests.integration.cloud import Calls, furnish_exchange
from tests.integration.crm import machine
from tests.integration.gateway import Api


def lane(bulk: Api, calls: Calls, first: int, name: str = "P", **choice: Any) -> Counter[str]:
    """Import 90 people in one lane; returns the requests of their rows."""
    rows = "".join(f"{name}{n},p{n}@example.com\n" for n in range(first, first + 90))
    job = machine.send(bulk, f"Name,E-Mail\n{rows}".encode())["id"]
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
