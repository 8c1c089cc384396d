"""Bodies, cursors, limits and ids that nobody's client sends: a problem each time, never a 5xx."""

import pytest

from functions.crm.api.handler import handler as crm
from tests.integration.gateway import Api, call, event, problem

CONTACTS = "/v1/contacts"
pytestmark = pytest.mark.usefixtures("cloud")


@pytest.mark.parametrize(
    "raw",
    ['{"name": "a", "name": "b"}', '{"name": NaN}', '{"name": 1e999}', '{"name": "\\ud800"}',
     '{"name": "\\u0000"}', "\ufeff{}", '{"name": "a"} x', "{", "nul", '"\x00"',
     '{"amount": ' + "9" * 5000 + "}"],
)  # fmt: skip
def test_json_that_two_readers_understand_differently_is_refused(api: Api, raw: str) -> None:
    assert problem(api.request("POST", CONTACTS, raw=raw))["code"] == "invalid_json"


@pytest.mark.parametrize(
    "cursor",
    ["", "x", ".", "e30.e30", "é", "\ud800".encode("utf-8", "replace").decode(), "a" * 5_000,
     "null.null", "../..", "%00"],
)  # fmt: skip
def test_a_made_up_cursor_is_refused(api: Api, cursor: str) -> None:
    sent = event("GET", CONTACTS)
    sent["multiValueQueryStringParameters"] = {"cursor": [cursor]}

    refused = call(crm, sent)

    assert refused.status == 400
    assert problem(refused)["code"] == "invalid_cursor"


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    for name in ("Ada", "Bo"):
        api.make(CONTACTS, {"name": name})
    cursor = api.get(f"{CONTACTS}?limit=1").json["next_cursor"]
    assert api.get(f"{CONTACTS}?limit=1&cursor={cursor}").status == 200

    for elsewhere in (f"/v1/companies?cursor={cursor}", f"/v1/deals?cursor={cursor}"):
        assert api.get(elsewhere).status == 400


def test_every_character_of_a_cursor_counts(api: Api) -> None:
    for name in ("Ada", "Bo"):
        api.make(CONTACTS, {"name": name})
    cursor = api.get(f"{CONTACTS}?limit=1").json["next_cursor"]

    for at in range(len(cursor)):
        bent = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        assert api.get(f"{CONTACTS}?cursor={bent}").status == 400, at
    for more in ("=", ".", "A", "%20", "~"):
        assert api.get(f"{CONTACTS}?cursor={cursor}{more}").status == 400


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e2", "", "9" * 400])
def test_a_limit_is_1_to_100(api: Api, limit: str) -> None:
    refused = api.get(f"{CONTACTS}?limit={limit}")

    assert refused.status == 422
    assert problem(refused)["errors"][0]["pointer"] == "/query/limit"


@pytest.mark.parametrize(
    "record",
    ["", "x", "con_", f"CON_{'0' * 26}", f"con_{'0' * 25}", f"con_{'u' * 26}", f"dea_{'0' * 26}",
     f"con_{'0' * 26}%23RECORD", "%2e%2e", "W%23wsp_two%23", "con_%00", f"con_{'0' * 26}%0a",
     "é" * 300, "%ff"],
)  # fmt: skip
def test_what_is_no_id_names_nothing(api: Api, record: str) -> None:
    for method in ("GET", "DELETE"):
        refused = api.request(method, f"{CONTACTS}/{record}")
        assert problem(refused)
        assert refused.status == 404
