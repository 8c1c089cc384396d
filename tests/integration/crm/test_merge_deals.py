"""Deals that merge: what they are worth, where they stand, what the board counts, and back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.crm import dynamodb_pipelines, emptying
from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.pipelines import DRAIN_SECONDS, Pipeline, RecordType, default_id
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.errors import NotFoundError
from functions.shared.table import Table
from tests.integration.cloud import Calls
from tests.integration.crm.bus import image
from tests.integration.crm.merge_world import (
    TABLE,
    deliver,
    finder,
    index,
    merged,
    picture,
    undone,
)
from tests.integration.crm.stages import age, empty
from tests.integration.gateway import Api

PIPELINE = default_id("wsp_one", "deal")
EUR, USD = ({"amount_minor": n, "currency": c} for n, c in ((10_000, "EUR"), (3_000, "USD")))
SEAT = {"description": "Seat", "unit_price": {"amount_minor": 2_500, "currency": "USD"}}


@pytest.fixture
def find(cloud: None) -> Api:
    return finder()


def deal(api: Api, name: str, **fields: Any) -> str:
    made: str = api.make("/v1/deals", {"name": name, **fields})["id"]
    return made


def shown(api: Api, deal_id: str) -> Any:
    return api.get(f"/v1/deals/{deal_id}").json


def lines(api: Api, deal_id: str) -> list[tuple[str, str]]:
    found = api.get(f"/v1/deals/{deal_id}/line-items").json["data"]
    return [(each["id"], each["deal_id"]) for each in found]


def columns(find: Api) -> dict[str, tuple[int, list[str], Any]]:
    """Return, of each column that has cards or counts, how many, which, and the sums."""
    board = find.get(f"/v1/pipelines/{PIPELINE}/board").json["columns"]
    return {
        each["stage"]["key"]: (
            each["totals"]["count"],
            [card["id"] for card in each["data"]],
            each["totals"]["amounts"],
        )
        for each in board
        if each["totals"]["count"] or each["data"]
    }


def test_a_merged_deal_leaves_the_board_and_its_sums_and_an_undo_brings_it_back(
    find: Api, api: Api
) -> None:
    winner = deal(api, "Big", amount=EUR)
    loser = deal(api, "Big again", amount=USD, stage="proposal")
    deal(api, "Other", amount=EUR, stage="proposal")
    index()
    before, table = columns(find), picture()

    done = merged(find, "deals", [winner, loser])
    assert (done["record_type"], done["state"]) == ("deal", "done")
    after = columns(find)
    assert [after[stage][0] for stage in ("qualification", "proposal")] == [1, 1]
    assert loser not in str(after)
    assert "USD" not in str(after)
    assert shown(api, loser)["id"] == winner
    assert [each["id"] for each in api.get("/v1/deals").json["data"]].count(loser) == 0

    undone(find, done["id"])
    assert columns(find) == before
    assert picture() == table


def test_line_items_are_one_deal_s_and_make_the_amount(find: Api, api: Api) -> None:
    winner, loser = deal(api, "Big", amount=EUR), deal(api, "Big again")
    line = api.make(f"/v1/deals/{loser}/line-items", {**SEAT, "quantity": "3"})["id"]
    index()
    table = picture()

    done = merged(find, "deals", [winner, loser])
    record = shown(api, winner)
    assert (record["amount"], record["line_count"]) == (
        {"amount_minor": 7_500, "currency": "USD"}, 1,
    )  # fmt: skip
    assert lines(api, winner) == lines(api, loser) == [(line, winner)]
    undone(find, done["id"])
    assert picture() == table
    assert (lines(api, winner), lines(api, loser)) == ([], [(line, loser)])

    own = api.make(f"/v1/deals/{winner}/line-items", SEAT)["id"]
    index()
    table = picture()
    done = merged(find, "deals", [winner, loser])
    assert lines(api, winner) == [(own, winner)]
    assert shown(api, winner)["amount"]["amount_minor"] == 2_500
    undone(find, done["id"])
    assert picture() == table
    done = merged(find, "deals", [winner, loser], fields={"line_items": {"from": loser}})
    assert lines(api, winner) == [(line, winner)]
    assert shown(api, winner)["amount"]["amount_minor"] == 7_500
    added = api.make(f"/v1/deals/{winner}/line-items", SEAT)["id"]
    back = undone(find, done["id"])
    assert [(each["id"], each["reason"]) for each in back["left"]] == [(winner, "edited_since")]
    assert lines(api, winner) == [(line, winner), (added, winner)]
    assert lines(api, loser) == [(line, loser)]


def test_whose_line_items_are_chosen_has_none_then_its_amount_counts(find: Api, api: Api) -> None:
    winner, loser = deal(api, "Big"), deal(api, "Big again", amount=EUR)
    api.make(f"/v1/deals/{winner}/line-items", SEAT)
    body = {"ids": [winner, loser], "fields": {"line_items": {"from": loser}}}
    would = find.post("/v1/deals/merge", {**body, "dry_run": True}).json["record"]
    index()
    table = picture()
    done = merged(find, "deals", body["ids"], fields=body["fields"])
    assert (would["amount"], would["line_count"]) == (EUR, 0)
    assert (shown(api, winner)["amount"], lines(api, winner)) == (EUR, [])
    undone(find, done["id"])
    assert picture() == table


def test_line_items_cost_a_read_and_a_write_of_the_merge_s_own(
    find: Api, api: Api, calls: Calls
) -> None:
    ids = [deal(api, f"D{n}") for n in range(3)]
    for each in ids[1:]:
        api.make(f"/v1/deals/{each}/line-items", SEAT)
    calls.clear()
    made = find.make("/v1/deals/merge", {"ids": ids})
    assert calls.take() == ["BatchGetItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert deliver(made["id"]) == []
    calls.clear()
    assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
    assert calls.take() == ["BatchGetItem", "GetItem", "BatchGetItem", "TransactWriteItems"]
    assert deliver(made["id"]) == []
    calls.clear()
    find.make("/v1/deals/merge", {"ids": [ids[1], ids[0]]})  # its own lines stay
    assert calls.take() == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"amount": {"value": EUR}}, "amount_from_line_items", "/fields/amount"),
        ({"amount": {"from": "winner"}}, "amount_from_line_items", "/fields/amount"),
        ({"line_items": {"value": []}}, "not_a_value", "/fields/line_items/value"),
        ({"line_items": {"from": "dea_x"}}, "unknown_reference", "/fields/line_items/from"),
        ({"stage": {"from": "winner"}}, "unknown_field", "/fields/stage"),
        ({"line_count": {"value": 3}}, "unknown_field", "/fields/line_count"),
        ({"in_base": {"value": None}}, "unknown_field", "/fields/in_base"),
        ({"line_items": {"from": "winner"}, "fx_rate": {"value": "x"}}, "invalid", "/fx_rate"),
    ],
)
def test_what_deals_do_not_let_choose_is_refused(
    find: Api, api: Api, fields: dict[str, Any], code: str, pointer: str
) -> None:
    winner, loser = deal(api, "Big", amount=EUR), deal(api, "Big again")
    api.make(f"/v1/deals/{loser}/line-items", SEAT)
    chosen = {
        name: {key: winner if value == "winner" else value for key, value in choice.items()}
        for name, choice in fields.items()
    }
    reply = find.post("/v1/deals/merge", {"ids": [winner, loser], "fields": chosen})
    assert (reply.status, reply.json["code"]) == (422, code), reply.body
    assert reply.json["errors"][0]["pointer"] == pointer


def test_an_amount_comes_with_its_own_rate_and_never_with_another_deal_s(
    find: Api, api: Api, setup: Api
) -> None:
    setup.patch("/v1/exchange-rates", {"base_currency": "EUR", "rates": {"USD": "0.9"}})
    winner = deal(api, "Big", probability=70)
    loser = deal(api, "Big again", amount=USD, fx_rate="0.5", stage="proposal", probability=20)
    third = deal(api, "Big, the third", amount=EUR, fx_rate="2")
    old = shown(api, loser)["in_base"]
    setup.patch("/v1/exchange-rates", {"rates": {"USD": "0.1"}})

    done = merged(find, "deals", [winner, loser, third])
    record = shown(api, winner)
    assert (record["amount"], record["fx_rate"], record["in_base"]) == (USD, "0.5", old)
    assert record["forecast"] == {
        "probability": 70, "amount": {"amount_minor": 2_100, "currency": "USD"},
        "in_base": {"amount_minor": 1_050, "currency": "EUR"},
    }  # fmt: skip
    assert (record["stage"], record["probability"]) == ("qualification", 70)
    undone(find, done["id"])

    for fields, amount, rate in (
        ({"amount": {"from": third}}, EUR, "2"),
        ({"amount": {"from": third}, "fx_rate": {"from": loser}}, EUR, "0.5"),
        ({"amount": {"value": {"amount_minor": 1, "currency": "EUR"}}},
         {"amount_minor": 1, "currency": "EUR"}, None),
        ({"amount": {"value": None}}, None, None),
    ):  # fmt: skip
        done = merged(find, "deals", [winner, loser, third], fields=fields)
        record = shown(api, winner)
        assert (record["amount"], record["fx_rate"]) == (amount, rate)
        assert (record["in_base"] is None) == (amount is None)
        undone(find, done["id"])


def test_contacts_are_united_and_what_names_a_deal_names_the_winner(find: Api, api: Api) -> None:
    people = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(3)]
    winner = deal(api, "Big", contact_ids=people[:2], external_id="x-1")
    loser = deal(api, "Big again", contact_ids=people[1:], external_id="x-2", tags=["hot"])
    lead = api.make("/v1/leads", {"name": "Ada"})["id"]
    made = api.post(f"/v1/leads/{lead}/convert", {"deal": {"name": "Of a lead"}}).json["deal"]["id"]
    links = [{"type": "deal", "id": each} for each in (made, winner)]
    task = {
        "type": "task",
        "subject": "Call",
        "links": links,
        "task": {"due_at": "2026-12-01T09:00:00Z"},
    }
    act = api.make("/v1/activities", task)["id"]
    index()
    table = picture()

    done = merged(find, "deals", [winner, loser, made])
    record = shown(api, winner)
    first = api.get(f"/v1/leads/{lead}").json["converted_to"]["contact_id"]
    assert record["contact_ids"] == [*people, first]
    assert (record["tags"], record["aliases"]) == (["hot"], {"external_id": ["x-2"]})
    assert api.get(f"/v1/leads/{lead}").json["converted_to"]["deal_id"] == winner
    assert api.get(f"/v1/activities/{act}").json["links"] == [
        {"type": "deal", "id": winner, "role": None}
    ]
    refused = api.post(f"/v1/leads/{lead}/unconvert")
    assert (refused.status, refused.json["code"]) == (409, "records_edited")
    taken = api.post("/v1/deals", {"name": "D", "external_id": "x-2"})
    assert (taken.status, taken.json["code"]) == (409, "duplicate_external_id")
    for path, body in (("move", {"stage": "won"}), ("line-items", SEAT)):
        reply = api.post(f"/v1/deals/{loser}/{path}", body)
        assert (reply.status, reply.json["code"]) == (409, "merged")
    undone(find, done["id"])
    assert picture() == table


def test_the_history_of_stages_is_the_winner_s_by_either_id(find: Api, api: Api) -> None:
    winner, loser = deal(api, "Big"), deal(api, "Big again")
    for each, stage in ((winner, "proposal"), (loser, "discovery"), (loser, "won")):
        assert api.post(f"/v1/deals/{each}/move", {"stage": stage}).status == 200
    index()
    table, history = picture(), api.get(f"/v1/deals/{loser}/stage-history").json["data"]
    done = merged(find, "deals", [winner, loser])
    for each in (winner, loser):
        found = api.get(f"/v1/deals/{each}/stage-history").json["data"]
        assert [visit["stage"] for visit in found] == ["proposal", "qualification"]
    undone(find, done["id"])
    assert picture() == table
    again = api.get(f"/v1/deals/{loser}/stage-history").json["data"]
    assert [each["stage"] for each in again] == [each["stage"] for each in history]


def test_a_deal_comes_back_into_the_heir_of_a_stage_that_was_archived_meanwhile(
    find: Api, api: Api, setup: Api
) -> None:
    winner, loser = deal(api, "Big"), deal(api, "Big again", stage="discovery", amount=EUR)
    done = merged(find, "deals", [winner, loser])
    closed = setup.post(
        f"/v1/pipelines/{PIPELINE}/stages/discovery/archive", {"moves_to": "proposal"}
    )
    assert closed.status == 200
    age(PIPELINE)
    assert empty(PIPELINE)
    dynamodb_pipelines.forget()

    back = undone(find, done["id"])
    assert back["state"] == "undone"
    assert back["left"] == [{"type": "deal", "id": loser, "reason": "stage_archived"}]
    record = shown(api, loser)
    assert (record["stage"], record["amount"], record["version"]) == ("proposal", EUR, 3)
    assert record["last_move"]["from_stage"] == "discovery"
    found = api.get(f"/v1/deals/{loser}/stage-history").json["data"]
    assert [visit["stage"] for visit in found] == ["proposal", "discovery"]
    after = columns(find)
    assert (after["proposal"][:2], "discovery" in after) == ((1, [loser]), False)
    assert api.patch(f"/v1/deals/{loser}", {"name": "Mine"}).status == 200


def test_a_stage_is_emptied_though_a_list_that_lags_still_has_a_merged_deal(
    find: Api, api: Api
) -> None:
    winner, loser = deal(api, "Big"), deal(api, "Big again", stage="discovery")
    listed = image(loser)
    find.make("/v1/deals/merge", {"ids": [winner, loser]})
    table = Table(aws.client("dynamodb"), TABLE, "wsp_one")
    system = Caller.pipeline("wsp_one", "r1")
    deals = Deals(table, system)
    pipelines = Pipelines(table, system)
    archiving = pipelines.get(PIPELINE).archiving("discovery", "proposal")

    class Lagging:
        """The column as it was before the merge."""

        def column(self, *_: Any, **__: Any) -> tuple[list[dict[str, Any]], None]:
            return [listed], None

        def change(self, record_id: str, edit: Callable[[Any], Any]) -> Any:
            return deals.change(record_id, edit)

    class Book:
        def get(self, _id: str, *, consistent: bool = False) -> Pipeline:
            return archiving

        def change(self, _id: str, edit: Callable[[Pipeline], Pipeline], *, event: str) -> Pipeline:
            assert event == "stage_archived"
            return edit(archiving)

    later = now() + timedelta(seconds=DRAIN_SECONDS + 1)
    lagging: dict[RecordType, Lagging] = {"deal": Lagging()}
    assert emptying.empty(PIPELINE, Book(), lagging, {}, lambda: True, later) == 0
    assert "merged_into" in image(loser)
    with pytest.raises(NotFoundError):
        deals.change(loser, lambda old: old.changed(name="X"))


def test_too_many_contacts_together_are_refused_until_one_says_which(find: Api, api: Api) -> None:
    winner, loser = deal(api, "Big"), deal(api, "Big again")
    people = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(2)]
    for each, contact in ((winner, people[0]), (loser, people[1])):
        item = {**image(each), "contact_ids": [f"{contact[:-2]}{n:02}" for n in range(26)]}
        aws.client("dynamodb").put_item(TableName=TABLE, Item=marshal_item(item))
    reply = find.post("/v1/deals/merge", {"ids": [winner, loser]})
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/contact_ids")
    fields = {"contact_ids": {"from": loser}}
    made = find.make("/v1/deals/merge", {"ids": [winner, loser], "fields": fields})
    assert deliver(made["id"]) == []
    assert len(shown(api, winner)["contact_ids"]) == 26
