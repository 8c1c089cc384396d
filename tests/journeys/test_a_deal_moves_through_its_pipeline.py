"""A deal is priced by its line items, moves, and its board follows: under enforced grants, through
the real stream, bus and queue."""

from typing import Any

from tests.journeys.tenant import Tenant, until


def test_a_deal_moves_and_the_board_adds_up(tenant: Tenant) -> None:
    api = tenant.api
    deal = api.post("/v1/deals", {"name": "Fleet rollout"})
    line = {
        "description": "Seat",
        "quantity": "3",
        "unit_price": {"amount_minor": 9_900, "currency": "CHF"},
    }
    api.post(f"/v1/deals/{deal['id']}/line-items", line)
    moved = api.post(f"/v1/deals/{deal['id']}/move", {"stage": "negotiation"})
    assert (moved["stage"], moved["amount"]["amount_minor"]) == ("negotiation", 29_700)

    def column() -> Any:
        board = api.get(f"/v1/pipelines/{deal['pipeline_id']}/board")
        return next(each for each in board["columns"] if each["stage"]["key"] == "negotiation")

    assert [each["id"] for each in column()["data"]] == [deal["id"]]
    summed = until(column, lambda seen: seen["totals"]["amounts"])
    assert summed["totals"]["amounts"] == [
        {"currency": "CHF", "count": 1, "amount_minor": 29_700, "weighted_minor": 22_275}
    ]
    history = api.get(f"/v1/deals/{deal['id']}/stage-history")["data"]
    assert [each["stage"] for each in history] == ["negotiation", "qualification"]
