"""Filters, sorts and their cursors, against what a look at every record says."""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from functions.crm import dynamodb
from functions.crm.dynamodb_index import Index, Standing
from functions.crm.folding import folded
from functions.crm.index import image
from functions.crm.model import Deal
from functions.crm.projections import PROJECTIONS
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.policy import Visibility
from functions.shared.table import Put, Table, Update
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish

NAME = ENVIRONMENT["CRM_TABLE"]
MEMBERS = [new_id("mem") for _ in range(3)]
TEAMS = [new_id("tea") for _ in range(3)]
COMPANIES = [new_id("com") for _ in range(3)]
STAGES = ["qualification", "proposal", "won"]
TIMES = [f"2026-11-{day:02}T{hour:02}:00:00.000Z" for day in range(10, 20) for hour in (8, 9)]
DAYS = [f"2026-12-{day:02}" for day in range(1, 8)]
AMOUNTS = [
    {"amount_minor": number, "currency": currency}
    for number in (0, 5, 10**9)
    for currency in ("EUR", "USD")
]
NAMES = ["Ärger", "arger", "Beta", "beta#1", "Zoe", "Ω", "Big deal", "big Deal 2"]


def deal(dice: random.Random) -> dict[str, Any]:
    stage = dice.choice(STAGES)
    item: dict[str, Any] = {
        "id": new_id("dea"), "object": "deal", "version": 1, "name": dice.choice(NAMES),
        "created_at": dice.choice(TIMES), "updated_at": dice.choice(TIMES),
        "created_by": {"type": "api_key", "id": "key_one"}, "pipeline_id": "pip_default",
        "stage": stage, "status": "won" if stage == "won" else "open", "rank": "a0",
        "contact_ids": [], "custom": {},
    }  # fmt: skip
    for name, choices in (
        ("owner_id", MEMBERS), ("team_id", TEAMS), ("company_id", COMPANIES),
        ("close_date", DAYS), ("tags", [["a"], ["b"], ["a", "b c"]]),
        ("amount", AMOUNTS),
    ):  # fmt: skip
        if dice.random() < 0.8:
            item[name] = dice.choice(choices)
    return item


def put(table: Table, item: Mapping[str, Any]) -> None:
    place = f"{item['created_at']}#{item['id']}"
    stored = {
        **item, "pk": table.key(item["id"]), "sk": "RECORD",
        "gsi1pk": table.key("deal", "0"), "gsi1sk": place,
    }  # fmt: skip
    if "owner_id" in item:
        stored |= {"gsi3pk": table.key("deal", "OWNER", item["owner_id"]), "gsi3sk": place}
    if "team_id" in item:
        stored |= {"gsi4pk": table.key("deal", "TEAM", item["team_id"]), "gsi4sk": place}
    aws.client("dynamodb").put_item(TableName=NAME, Item=marshal_item(stored))


def index(table: Table, item: Mapping[str, Any]) -> None:
    """Write a record's rows one by one: moto's transactions copy the whole table."""
    wanted = image(item, {}, PROJECTIONS)
    for step in Index(table, {}).steps(dict(item), wanted, Standing()):
        assert isinstance(step.write, Put | Update)
        table.write(step.write)


class World:
    def __init__(self) -> None:
        self.table = Table(aws.client("dynamodb"), NAME, "wsp_one")
        dice = random.Random(11)  # noqa: S311 - repeatable, not secret
        self.records = {each["id"]: each for each in (deal(dice) for _ in range(45))}
        for record in self.records.values():
            put(self.table, record)
            index(self.table, record)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with environment(), mock_aws():
        furnish()
        yield World()


def caller(visibility: Visibility, member: str | None, teams: tuple[str, ...]) -> Caller:
    return Caller(
        "wsp_one", "key_one", "admin", frozenset(), "req_1",
        member=member, teams=teams, visibility=visibility,
    )  # fmt: skip


callers = st.builds(
    caller,
    st.sampled_from(["all", "team", "own"]),
    st.sampled_from([*MEMBERS, None]),
    st.lists(st.sampled_from(TEAMS), unique=True).map(tuple),
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "stage": st.sampled_from(STAGES),
        "status": st.sampled_from(["open", "won"]),
        "company_id": st.sampled_from(COMPANIES),
        "tag": st.sampled_from(["a", "b c", "none"]),
        "currency": st.sampled_from(["EUR", "usd"]),
        "owner": st.sampled_from(MEMBERS),
        "team": st.sampled_from(TEAMS),
        "updated_since": st.sampled_from(TIMES),
        "updated_before": st.sampled_from(TIMES),
        "created_since": st.sampled_from(TIMES),
        "created_before": st.sampled_from(TIMES),
        "close_since": st.sampled_from(DAYS),
        "close_before": st.sampled_from(DAYS),
        "amount_min": st.sampled_from(["0", "5", "6"]),
        "amount_max": st.sampled_from(["0", "5", "1000000000"]),
        "sort": st.sampled_from(
            [f"{sign}{name}" for sign in ("", "-")
             for name in ("created_at", "updated_at", "name", "amount", "close_date")]
        ),
    },
)  # fmt: skip


def value_of(item: Mapping[str, Any], sort: str) -> Any:
    """What a list in this order is ordered by, as a reader of the documents would say it."""
    match sort:
        case "name":
            return folded(item["name"])
        case "amount":
            return item["amount"]["amount_minor"] if "amount" in item else None
        case _:
            return item.get(sort)


RANGES = {
    "updated": "updated_at", "created": "created_at", "close": "close_date", "amount": "amount",
}  # fmt: skip


def holds(item: Mapping[str, Any], name: str, wanted: str) -> bool:
    stem, _, end = name.partition("_")
    if stem in RANGES and end in ("since", "before", "min", "max"):
        value = value_of(item, RANGES[stem])
        if value is None:
            return False
        bound: Any = int(wanted) if stem == "amount" else wanted
        return {
            "since": value >= bound, "min": value >= bound,
            "before": value < bound, "max": value <= bound,
        }[end]  # fmt: skip
    match name:
        case "tag":
            return wanted in item.get("tags", [])
        case "currency":
            return bool(item.get("amount", {}).get("currency") == wanted.upper())
        case "owner" | "team":
            return bool(item.get(f"{name}_id") == wanted)
    return bool(item.get(name) == wanted)


def expected(world: World, who: Caller, asked: Mapping[str, str]) -> list[str]:
    """Look at every record."""
    sort = asked.get("sort")
    if sort is None:
        named = [name for name in RANGES if any(each.startswith(f"{name}_") for each in asked)]
        order = ["created", "updated", "amount", "close"]
        first = next((name for name in order if name in named), "created")
        # of several ranges, the first as the type declares its sorts
        sort = f"-{RANGES[first]}"
    found = [
        item
        for item in world.records.values()
        if who.sees(item.get("owner_id"), item.get("team_id"))
        and all(holds(item, name, wanted) for name, wanted in asked.items() if name != "sort")
    ]
    key = sort.removeprefix("-")

    def place(item: Mapping[str, Any]) -> tuple[bool, Any, str]:
        value = value_of(item, key)
        return value is not None, value if value is not None else 0, item["id"]

    found.sort(key=place, reverse=sort.startswith("-"))
    return [item["id"] for item in found]


def pages(world: World, who: Caller, asked: Mapping[str, str], limit: int) -> Iterator[list[str]]:
    store = dynamodb.CrmRecords(world.table, Deal, who)
    start: Mapping[str, Any] | None = None
    query = store.query(asked)
    for _ in range(1_000):
        page = store.listed(query, limit=limit, start=start)
        assert len(page.items) <= limit
        yield [each.id for each in page.items]
        if page.position is None:
            return
        start = page.position
    raise AssertionError("a list without end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(who=callers, asked=filters, limit=st.sampled_from([4, 15, 100]))
def test_every_filter_and_sort_gives_what_a_look_at_every_record_gives(
    world: World, who: Caller, asked: dict[str, str], limit: int
) -> None:
    found = list(itertools.chain(*pages(world, who, asked, limit)))

    assert found == expected(world, who, asked)


@pytest.mark.parametrize(
    ("asked", "visibility", "requests"),
    [
        ({"sort": "-updated_at"}, "all", ["Query", "BatchGetItem"]),
        ({"sort": "name", "owner": MEMBERS[0]}, "all", ["Query", "BatchGetItem"]),
        ({"stage": "won"}, "all", ["Query", "BatchGetItem"]),
        ({"status": "open", "sort": "close_date"}, "all", ["Query", "BatchGetItem"]),
        ({"updated_since": TIMES[0]}, "all", ["Query", "BatchGetItem"]),
        ({"created_since": TIMES[0]}, "all", ["Query"]),
        ({"owner": MEMBERS[0]}, "all", ["Query"]),
        ({"sort": "-updated_at"}, "team", ["Query", "Query", "Query", "BatchGetItem"]),
        ({"sort": "-updated_at"}, "own", ["Query", "BatchGetItem"]),
    ],
)  # fmt: skip
def test_a_page_costs_one_query_a_strand_and_one_read_of_its_records(
    world: World, asked: dict[str, str], visibility: Visibility, requests: list[str]
) -> None:
    who = caller(visibility, MEMBERS[0], tuple(TEAMS[:2]))
    with Calls("dynamodb") as calls:
        next(pages(world, who, asked, 3))

        assert calls.take() == requests


def test_who_can_see_nothing_of_a_list_asks_the_table_nothing(world: World) -> None:
    who = caller("own", MEMBERS[0], ())
    with Calls("dynamodb") as calls:
        assert list(pages(world, who, {"owner": MEMBERS[1]}, 10)) == [[]]
        assert list(pages(world, caller("own", None, ()), {"sort": "name"}, 10)) == [[]]
        assert list(pages(
            world, caller("all", None, ()),
            {"updated_since": TIMES[5], "updated_before": TIMES[2]}, 10,
        )) == [[]]  # fmt: skip

        assert calls.take() == []
