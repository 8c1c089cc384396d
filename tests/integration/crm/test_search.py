"""Search, against what a look at every record says; what it costs; who finds what."""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from functions.crm.dynamodb_search import DynamoSearch
from functions.crm.words import found_by, query_words, words_of
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.policy import Visibility
from functions.shared.table import Table
from tests.integration.cloud import Calls, environment, furnish
from tests.integration.crm.index_world import NAME, put_indexed

MEMBERS = [new_id("mem") for _ in range(2)]
TEAMS = [new_id("tea") for _ in range(2)]
NAMES = ["smith", "Smithson", "Anna", "annabel", "Müller", "mu", "東京", "smith smithers", "x"]
QUERIES = ["smi", "smith", "ann", "anna smith", "mul", "x", "東", "smith smithers ann", "zzz"]


class World:
    def __init__(self) -> None:
        from functions.shared import aws

        self.table = Table(aws.client("dynamodb"), NAME, "wsp_one")
        dice = random.Random(5)  # noqa: S311 - repeatable, not secret
        self.records: dict[str, dict[str, Any]] = {}
        for number in range(40):
            kind, prefix = dice.choice([("contact", "con"), ("company", "com")])
            item: dict[str, Any] = {
                "id": new_id(prefix), "object": kind, "version": 1, "custom": {},
                "name": " ".join(dice.choices(NAMES, k=2)), "created_by": {},
                "created_at": f"2026-11-22T21:59:{number:02}.000Z",
                "updated_at": "2026-11-22T21:59:17.123Z",
            }  # fmt: skip
            if dice.random() < 0.7:
                item["owner_id"] = dice.choice(MEMBERS)
            if dice.random() < 0.7:
                item["team_id"] = dice.choice(TEAMS)
            self.records[item["id"]] = item
            put_indexed(self.table, item)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with environment(), mock_aws():
        furnish()
        yield World()


def caller(visibility: Visibility, member: str | None, teams: tuple[str, ...]) -> Caller:
    return Caller(
        "wsp_one", "key_one", "admin", frozenset({"contacts:read", "companies:read"}), "req_1",
        member=member, teams=teams, visibility=visibility,
    )  # fmt: skip


def found(world: World, who: Caller, words: list[str], types: list[str], limit: int) -> list[str]:
    search = DynamoSearch(world.table, who)
    start: Mapping[str, Any] | None = None
    ids: list[str] = []
    for _ in range(200):
        page = search.page(words, types, limit=limit, start=start)
        assert len(page.items) <= limit
        ids += [each["id"] for each in page.items]
        if page.position is None:
            return ids
        start = page.position
    raise AssertionError("a search without end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    visibility=st.sampled_from(["all", "team", "own"]),
    member=st.sampled_from([*MEMBERS, None]),
    teams=st.lists(st.sampled_from(TEAMS), unique=True).map(tuple),
    query=st.sampled_from(QUERIES),
    types=st.sampled_from([["contact"], ["company"], ["contact", "company"]]),
    limit=st.sampled_from([2, 5, 100]),
)
def test_search_finds_each_record_once_that_has_all_words_and_may_be_seen(
    world: World, visibility: Visibility, member: str | None, teams: tuple[str, ...],
    query: str, types: list[str], limit: int,
) -> None:  # fmt: skip
    who, words = caller(visibility, member, teams), query_words(query)
    ids = found(world, who, words, types, limit)

    assert len(ids) == len(set(ids))
    assert set(ids) == {
        item["id"]
        for item in world.records.values()
        if item["object"] in types
        and who.sees(item.get("owner_id"), item.get("team_id"))
        and found_by(words_of(item), words)
    }


def test_whole_words_come_before_longer_ones_and_the_newest_first(world: World) -> None:
    ids = found(world, caller("all", None, ()), ["smith"], ["contact", "company"], 100)
    words = [min(each for each in words_of(world.records[i]) if each[:5] == "smith") for i in ids]
    assert words == sorted(words)
    assert words[0] == "smith"
    for _, same in itertools.groupby(zip(words, ids, strict=True), key=lambda each: each[0]):
        born = [each.partition("_")[2][:10] for _, each in same]
        assert born == sorted(born, reverse=True)


def test_a_page_costs_one_query_a_strand_and_one_read_of_its_records(world: World) -> None:
    with Calls("dynamodb") as calls:
        DynamoSearch(world.table, caller("all", None, ())).page(["smith"], ["contact"], limit=3)
        assert calls.take() == ["Query", "BatchGetItem"]
        DynamoSearch(world.table, caller("team", MEMBERS[0], tuple(TEAMS))).page(
            ["smith"], ["contact"], limit=3
        )
        assert calls.take() == ["Query", "Query", "Query", "BatchGetItem"]
        DynamoSearch(world.table, caller("all", None, ())).page(
            ["smith", "anna"], ["contact"], limit=3
        )
        assert calls.take() == ["Query", "Query", "Query", "BatchGetItem"]
        nobody = Caller("wsp_one", "key_one", "x", frozenset(), "req_1")
        assert not DynamoSearch(world.table, nobody).page(["smith"], ["contact"], limit=3).items
        assert calls.take() == []
