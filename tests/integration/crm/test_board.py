"""Boards: every column at once, whatever is in the table, for whoever looks."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.crm.board import View, project
from functions.crm.dynamodb_board import MAX_SIFTED, Boards
from functions.crm.dynamodb_deals import Deals
from functions.crm.dynamodb_index import Index
from functions.crm.find_api.handler import handler as find_handler
from functions.crm.pipelines import born_with, default_id
from functions.shared import aws
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.shared.caller import Caller
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import image
from tests.integration.doors import put_member, put_team
from tests.integration.gateway import Api, Member
from tests.integration.parallel import shared_cloud

BOARD = f"/v1/pipelines/{default_id('wsp_one', 'deal')}/board"
ADA, BEN = f"mem_{'1' * 26}", f"mem_{'2' * 26}"
NORTH, SOUTH = f"tea_{'1' * 26}", f"tea_{'2' * 26}"
EUR = {"amount_minor": 1_000, "currency": "EUR"}


@pytest.fixture
def find(cloud: None) -> Api:
    return Api(find_handler)


def index(*deals: str) -> None:
    """Let the index follow, as its queue would."""
    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
    for each in deals:
        Index(table, {}, [project]).refresh(each)


def columns(find: Api, query: str = "") -> dict[str, Any]:
    reply = find.get(f"{BOARD}{query}")
    assert reply.status == 200, reply.body
    return {each["stage"]["key"]: each for each in reply.json["columns"]}


def ids(column: Any) -> list[str]:
    return [each["id"] for each in column["data"]]


def test_a_board_shows_each_column_s_top_and_what_all_of_it_adds_up_to(api: Api, find: Api) -> None:
    new = [api.make("/v1/deals", {"name": f"D{n}", "amount": EUR})["id"] for n in range(5)]
    won = api.make("/v1/deals", {"name": "W", "stage": "won", "amount": EUR})
    index(*new, won["id"])
    board = columns(find, "?limit=2")
    assert list(board) == [
        "qualification", "discovery", "proposal", "negotiation", "won", "lost",
    ]  # fmt: skip
    first = board["qualification"]
    assert ids(first) == [new[4], new[3]]
    assert first["totals"] == {
        "count": 5,
        "amounts": [{"currency": "EUR", "count": 5, "amount_minor": 5_000, "weighted_minor": 500}],
        "in_base": [],
    }
    assert board["won"]["data"] == [won]
    assert board["won"]["next_cursor"] is None
    assert board["lost"]["totals"] == {"count": 0, "amounts": [], "in_base": []}
    seen, cursor = ids(first), first["next_cursor"]
    while cursor:
        page = find.get(f"{BOARD}/qualification?limit=2&cursor={cursor}").json
        seen, cursor = seen + ids(page), page["next_cursor"]
    assert seen == new[::-1]
    elsewhere = find.get(f"{BOARD}/won?cursor={first['next_cursor']}")
    assert (elsewhere.status, elsewhere.json["code"]) == (400, "invalid_cursor")
    assert find.get(f"{BOARD}/nowhere").status == 404


def test_everybody_s_board_has_what_they_may_see_and_adds_up_to_that(api: Api, find: Api) -> None:
    for member in (ADA, BEN):
        put_member(member, NORTH if member == ADA else SOUTH)
    for team in (NORTH, SOUTH):
        put_team(team)
    made: dict[tuple[str | None, str | None], str] = {}
    for owner in (ADA, BEN, None):
        for team in (NORTH, SOUTH, None):
            body = {"name": "D", "amount": EUR, "owner_id": owner, "team_id": team}
            made[owner, team] = api.make("/v1/deals", body)["id"]
    index(*made.values())

    def check(
        looker: Api, wanted: Sequence[tuple[str | None, str | None]], query: str = ""
    ) -> None:
        column = columns(looker, query)["qualification"]
        assert sorted(ids(column)) == sorted(made[each] for each in wanted)
        assert column["totals"]["count"] == len(wanted)
        paged, cursor = [], ""
        while cursor is not None:
            page = looker.get(f"{BOARD}/qualification{query or '?'}&limit=2{cursor}").json
            paged += ids(page)
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        assert paged == ids(column)

    everything = list(made)
    check(find, everything)
    check(find, [each for each in everything if each[0] == ADA], f"?owner_id={ADA}")
    check(find, [each for each in everything if each[1] == SOUTH], f"?team_id={SOUTH}")
    check(find, [(ADA, SOUTH)], f"?team_id={SOUTH}&owner_id={ADA}")
    own = Api(find_handler, Member(visibility="own", member=ADA, principal="key_ada"))
    check(own, [each for each in everything if each[0] == ADA])
    check(own, [], f"?owner_id={BEN}")
    check(own, [(ADA, SOUTH)], f"?team_id={SOUTH}")
    team = Api(
        find_handler, Member(visibility="team", member=ADA, teams=(NORTH,), principal="key_team")
    )
    check(team, [each for each in everything if each[0] == ADA or each[1] == NORTH])
    check(team, [(BEN, NORTH)], f"?owner_id={BEN}")
    nobody = Api(find_handler, Member(visibility="own", principal="key_nobody"))
    assert {len(each["data"]) for each in columns(nobody).values()} == {0}


def test_sums_are_exact_after_moves_replays_and_deletions_in_any_order(api: Api, find: Api) -> None:
    roll = random.Random(7)  # noqa: S311 - repeatable, not secret
    stages = ("qualification", "proposal", "won", "lost")
    deals = [
        api.make("/v1/deals", {"name": "D", "amount": {**EUR, "amount_minor": 10**n}})["id"]
        for n in range(6)
    ]
    for _ in range(30):
        deal = roll.choice(deals)
        path = f"/v1/deals/{deal}"
        match roll.randrange(3):
            case 0:
                api.post(f"{path}/move", {"stage": roll.choice(stages)})
            case 1:
                api.patch(path, {"amount": {"amount_minor": roll.randrange(10**6)}})
            case 2:
                api.patch(path, {"amount": {"currency": roll.choice(["EUR", "USD"])}})
        for each in roll.choices(deals, k=roll.randrange(4)):
            index(each)  # of what was, of what is, and again
    api.delete(f"/v1/deals/{deals.pop()}")
    index(*deals, *every_deal(), *deals)
    now = [api.get(f"/v1/deals/{each}").json for each in deals]
    for stage, column in columns(find).items():
        here = [each for each in now if each["stage"] == stage]
        assert column["totals"]["count"] == len(here)
        assert {each["currency"]: each["amount_minor"] for each in column["totals"]["amounts"]} == {
            currency: sum(
                each["amount"]["amount_minor"]
                for each in here
                if each["amount"]["currency"] == currency
            )
            for currency in {each["amount"]["currency"] for each in here}
        }


def every_deal() -> list[str]:
    """Return the ids of all deals in the table, deleted ones too."""
    pages = (
        aws.client("dynamodb").get_paginator("scan").paginate(TableName=ENVIRONMENT["CRM_TABLE"])
    )
    items = [unmarshal_item(item) for page in pages for item in page["Items"]]
    return [each["id"] for each in items if each["sk"] == "RECORD" and each["object"] == "deal"]


def test_a_board_is_as_many_requests_however_many_cards_there_are(
    api: Api, find: Api, calls: Calls
) -> None:
    counted = []
    for _ in range(2):
        calls.clear()
        columns(find)
        counted.append(sorted(calls.take()))
        for _ in range(30):
            index(api.make("/v1/deals", {"name": "D"})["id"])
    assert counted == [["GetItem", *["Query"] * 7]] * 2
    own = Api(find_handler, Member(visibility="own", member=ADA, principal="key_ada"))
    calls.clear()
    columns(own)
    assert sorted(calls.take()) == ["GetItem", *["Query"] * 7]


class Endless:
    """A DynamoDB with a million cards in each column: it answers each request with as many items
    as that asks for, and knows how many it has looked at."""

    def __init__(self, card: dict[str, Any]) -> None:
        self.card = card
        self.requests: list[str] = []
        self.looked = 0

    def query(self, **asked: Any) -> Any:
        self.requests.append("Query")
        if "IndexName" not in asked:
            return {"Items": []}  # no sums
        values = unmarshal_item(asked["ExpressionAttributeValues"])
        first = int(values.get(":from", "0#")[:8].split("#")[0])
        count = min(asked["Limit"], 1_000_000 - first)
        self.looked += count
        prefix = asked["IndexName"]
        items = [
            {**self.card, f"{prefix}sk": f"{first + n + 1:08}#{self.card['id']}"}
            for n in range(count)
        ]
        return {
            "Items": [marshal_item(each) for each in items],
            "LastEvaluatedKey": marshal_item({"pk": "W#wsp_one#x", "sk": "RECORD"}),
        }


@pytest.mark.parametrize(
    ("view", "queries", "looked"),
    [(View(), 7, 6 * 25), (View(tag="rare"), 6 * 5, 6 * MAX_SIFTED)],
)
def test_of_a_million_cards_a_board_looks_at_a_page_a_column(
    api: Api, view: View, queries: int, looked: int
) -> None:
    caller = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
    endless = Endless(image(api.make("/v1/deals", {"name": "D"})["id"]))
    table = Table(endless, ENVIRONMENT["CRM_TABLE"], "wsp_one")  # type: ignore[arg-type]
    pages, _ = Boards(table, caller, Deals(table, caller)).board(
        born_with("wsp_one")[0], view, limit=25
    )
    assert (len(endless.requests), endless.looked) == (queries, looked)
    assert all(page.position for page in pages.values())
    assert {len(page.items) for page in pages.values()} == {0 if view.sifted else 25}


def test_what_is_sifted_comes_whole_over_short_pages(api: Api, find: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    deals = [
        api.make(
            "/v1/deals",
            {
                "name": "D",
                "tags": ["hot"] if n % 3 else [],
                "company_id": company if n % 2 else None,
            },
        )["id"]
        for n in range(12)
    ]
    for query, wanted in (
        ("tag=hot", [each for n, each in enumerate(deals) if n % 3]),
        (f"company_id={company}", [each for n, each in enumerate(deals) if n % 2]),
    ):
        column = columns(find, f"?{query}&limit=3")["qualification"]
        assert column["totals"] is None
        seen, cursor = ids(column), column["next_cursor"]
        while cursor:
            page = find.get(f"{BOARD}/qualification?{query}&limit=3&cursor={cursor}").json
            seen, cursor = seen + ids(page), page["next_cursor"]
        assert seen == wanted[::-1]


def test_a_board_asks_for_the_scope_of_its_records(api: Api, cloud: None) -> None:
    reader = Api(find_handler, Member(scopes=("pipelines:read",)))
    refused = reader.get(BOARD)
    assert (refused.status, refused.json["code"]) == (403, "missing_scope")


def test_a_card_that_moves_while_the_board_is_read_is_in_one_place_or_two_never_lost() -> None:
    with shared_cloud():
        api, find = Api(handler), Api(find_handler)
        deal = api.make("/v1/deals", {"name": "D"})["id"]
        for stage in ("won", "lost", "proposal", "won"):
            api.post(f"/v1/deals/{deal}/move", {"stage": stage})
            found = [key for key, each in columns(find).items() if ids(each)]
            assert found == [stage]


def test_leads_have_boards_too(api: Api, find: Api) -> None:
    lead = api.make("/v1/leads", {"name": "Ada"})
    index(lead["id"])
    board = find.get(f"/v1/pipelines/{default_id('wsp_one', 'lead')}/board").json
    assert board["record_type"] == "lead"
    first = board["columns"][0]
    assert first["data"] == [lead]
    assert first["totals"] == {"count": 1, "amounts": [], "in_base": []}
