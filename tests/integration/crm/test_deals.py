"""Deals' values, line items and products over HTTP."""

from typing import Any

from functions.crm.api.handler import handler
from tests.integration.cloud import Calls
from tests.integration.gateway import Api, Member
from tests.integration.parallel import at_once, shared_cloud

USD = {"amount_minor": 10_000, "currency": "USD"}
SEAT = {"description": "Seat", "unit_price": {"amount_minor": 2_500, "currency": "USD"}}


def test_a_deal_is_valued_at_the_rates_of_the_workspace(api: Api, setup: Api) -> None:
    assert setup.get("/v1/exchange-rates").json["base_currency"] is None
    patch = {"base_currency": "EUR", "rates": {"USD": "0.9"}}
    assert setup.patch("/v1/exchange-rates", patch).json["rates"] == {"USD": "0.9"}
    made = api.make("/v1/deals", {"name": "D", "amount": USD})
    assert made["in_base"]["amount"] == {"amount_minor": 9_000, "currency": "EUR"}
    assert made["forecast"] == {
        "probability": 10,
        "amount": {"amount_minor": 1_000, "currency": "USD"},
        "in_base": {"amount_minor": 900, "currency": "EUR"},
    }
    path = f"/v1/deals/{made['id']}"
    own = api.patch(path, {"fx_rate": "0.5", "probability": 80}).json
    assert own["in_base"]["amount"]["amount_minor"] == 5_000
    assert own["forecast"]["amount"]["amount_minor"] == 8_000
    back = api.patch(path, {"fx_rate": None, "probability": None}).json
    assert (back["in_base"]["fx_rate"], back["forecast"]["probability"]) == ("0.9", 10)
    none = api.patch(path, {"amount": None}).json
    assert none["in_base"] is none["forecast"]["amount"] is None


def test_a_deal_s_amount_is_that_of_its_line_items(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "D"})["id"]
    path = f"/v1/deals/{deal}"
    first = api.post(f"{path}/line-items", {**SEAT, "quantity": "3"}, idempotency_key="k")
    assert (first.status, first.json["total"]["amount_minor"]) == (201, 7_500)
    again = api.post(f"{path}/line-items", {**SEAT, "quantity": "3"}, idempotency_key="k")
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    assert first.etag == api.get(path).etag
    second = api.make(f"{path}/line-items", {**SEAT, "discount_percent": "50"})
    shown = api.get(path).json
    assert (shown["amount"]["amount_minor"], shown["line_count"]) == (8_750, 2)
    assert [e["id"] for e in api.get(f"{path}/line-items").json["data"]] == [
        first.json["id"], second["id"],
    ]  # fmt: skip
    refused = api.patch(path, {"amount": {"amount_minor": 1}})
    assert (refused.status, refused.json["code"]) == (422, "amount_from_line_items")
    line = f"{path}/line-items/{second['id']}"
    assert api.patch(line, {"quantity": "2"}, if_match=first.etag).status == 412
    changed = api.patch(line, {"quantity": "2"}, idempotency_key="p")
    assert changed.json["total"]["amount_minor"] == 2_500
    assert api.patch(line, {"quantity": "2"}, idempotency_key="p").body == changed.body
    assert api.delete(line, idempotency_key="d").status == 204
    assert api.delete(line, idempotency_key="d").headers["idempotency-replayed"] == "true"
    assert api.get(path).json["amount"]["amount_minor"] == 7_500
    api.delete(f"{path}/line-items/{first.json['id']}")
    empty = api.get(path).json
    assert (empty["amount"], empty["line_count"]) == (None, 0)
    assert api.patch(path, {"amount": USD}).status == 200


def test_lines_cost_the_same_however_many_there_are(api: Api, calls: Calls) -> None:
    deal = api.make("/v1/deals", {"name": "D", "amount": USD})["id"]  # fetches what is kept
    path = f"/v1/deals/{deal}/line-items"
    for _ in (0, 30):
        calls.clear()
        made = api.make(path, SEAT)["id"]
        assert calls.take() == ["GetItem", "GetItem", "TransactWriteItems"]
        api.get(path)
        assert calls.take() == ["GetItem", "GetItem"]
        api.patch(f"{path}/{made}", {"quantity": "2"})
        assert calls.take() == ["GetItem", "GetItem", "TransactWriteItems"]
        for _ in range(30):
            api.make(path, SEAT)


def test_of_many_who_add_lines_at_once_nobody_s_is_lost() -> None:
    with shared_cloud():
        api = Api(handler)
        deal = api.make("/v1/deals", {"name": "D"})["id"]
        path = f"/v1/deals/{deal}"

        def add(_: int) -> int:
            return api.post(f"{path}/line-items", SEAT).status

        statuses = at_once(6, add)
        made = statuses.count(201)
        assert set(statuses) <= {201, 409, 503}
        assert made
        lines = api.get(f"{path}/line-items").json["data"]
        shown = api.get(path).json
        assert len(lines) == shown["line_count"] == made
        assert shown["amount"]["amount_minor"] == 2_500 * made


def test_products_are_for_all_to_see_and_have_a_number_each(api: Api) -> None:
    made = api.make("/v1/products", {"name": "Team", "sku": "T-1", "price": USD})
    taken = api.post("/v1/products", {"name": "Other", "sku": "T-1"})
    assert (taken.status, taken.json["code"]) == (409, "duplicate_sku")
    own = Api(handler, Member(visibility="own", member=f"mem_{'1' * 26}", principal="key_two"))
    assert own.get(f"/v1/products/{made['id']}").json == made
    assert [each["id"] for each in own.get("/v1/products").json["data"]] == [made["id"]]
    deal = own.make("/v1/deals", {"name": "D"})["id"]
    path = f"/v1/deals/{deal}/line-items"
    line: Any = own.make(path, {"product_id": made["id"], "quantity": "2"})
    assert (line["sku"], line["total"]["amount_minor"]) == ("T-1", 20_000)
    api.patch(f"/v1/products/{made['id']}", {"price": {"amount_minor": 1}, "active": False})
    assert own.get(path).json["data"] == [line]  # what was agreed stays
    refused = own.post(path, {"product_id": made["id"]})
    assert (refused.status, refused.json["code"]) == (422, "not_active")
