"""Duplicates found on demand: against a look at every record; what it costs; who finds what."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from functions.crm.blocking import keys_of
from functions.crm.duplicates import Candidate
from functions.crm.dynamodb_duplicates import DynamoDuplicates
from functions.crm.likeness import Traits
from functions.crm.rapidfuzz_texts import similarity
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.policy import Visibility
from functions.shared.table import Table
from tests.integration.cloud import Calls, environment, furnish
from tests.integration.crm.index_world import NAME, put_indexed

MEMBERS = [new_id("mem") for _ in range(2)]
TEAMS = [new_id("tea") for _ in range(2)]
COMPANY = new_id("com")
FIRST = ["Ada", "John", "Jon", "Hans"]
LAST = ["Smith", "Smyth", "Lovelace", "Meier"]


def stored(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    prefix = {"contact": "con", "company": "com", "lead": "led"}[kind]
    return {
        "id": new_id(prefix), "object": kind, "version": 1, "custom": {}, "created_by": {},
        "created_at": "2026-11-22T21:59:00.000Z", "updated_at": "2026-11-22T21:59:00.000Z",
        "name": name, **fields,
    }  # fmt: skip


class World:
    def __init__(self) -> None:
        from functions.shared import aws

        self.table = Table(aws.client("dynamodb"), NAME, "wsp_one")
        dice = random.Random(7)  # noqa: S311 - repeatable, not secret
        self.records: dict[str, dict[str, Any]] = {}
        for number in range(40):
            item = stored("contact", f"{dice.choice(FIRST)} {dice.choice(LAST)}")
            optional = {
                "email": f"a{number}+{number}@harbor.example", "phone": f"+4930{number % 9}",
                "company_id": COMPANY, "owner_id": dice.choice(MEMBERS),
                "team_id": dice.choice(TEAMS),
            }  # fmt: skip
            item |= {name: value for name, value in optional.items() if dice.random() < 0.5}
            self.add(item)

    def add(self, item: dict[str, Any]) -> dict[str, Any]:
        self.records[item["id"]] = item
        put_indexed(self.table, item)
        return item


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with environment(), mock_aws():
        furnish()
        yield World()


def caller(
    visibility: Visibility = "all", member: str | None = None, teams: tuple[str, ...] = ()
) -> Caller:
    scopes = frozenset({"contacts:read", "companies:read", "leads:read"})
    return Caller(
        "wsp_one", "key_one", "admin", scopes, "req_1",
        member=member, teams=teams, visibility=visibility,
    )  # fmt: skip


def finder(world: World, who: Caller | None = None, **bounds: int) -> DynamoDuplicates:
    return DynamoDuplicates(world.table, who or caller(), similarity, **bounds)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    visibility=st.sampled_from(["all", "team", "own"]),
    member=st.sampled_from([*MEMBERS, None]),
    teams=st.lists(st.sampled_from(TEAMS), unique=True).map(tuple),
    which=st.integers(0, 39),
)
def test_every_record_that_shares_a_key_and_may_be_seen_is_compared(
    world: World, visibility: Visibility, member: str | None, teams: tuple[str, ...], which: int
) -> None:
    record = list(world.records.values())[which]
    mine = Traits.of(record)
    who = caller(visibility, member, teams)

    found = finder(world, who).match(record)

    wanted = {}
    for other in world.records.values():
        shares = set(keys_of(mine)) & set(keys_of(Traits.of(other)))
        seen = who.sees(other.get("owner_id"), other.get("team_id"))
        if other is not record and other["object"] == "contact" and shares and seen:
            candidate = Candidate.of(mine, other, similarity)
            if candidate is not None:
                wanted[other["id"]] = candidate
    assert found.complete
    assert {each.id: each for each, _ in found.candidates} == wanted
    scores = [each.score for each, _ in found.candidates]
    assert scores == sorted(scores, reverse=True)


def test_it_costs_a_query_for_each_key_and_one_read_of_those_who_share_one(world: World) -> None:
    record = next(
        each for each in world.records.values() if {"email", "phone", "company_id"} <= each.keys()
    )
    alone = stored("contact", "Nobody Else")
    with Calls("dynamodb") as calls:
        finder(world).match(record)
        assert calls.take() == ["Query"] * len(keys_of(Traits.of(record))) + ["BatchGetItem"]
        finder(world).match(alone)
        assert calls.take() == ["Query"]
        nobody = Caller("wsp_one", "key_one", "x", frozenset(), "req_1")
        assert finder(world, nobody).match(record).candidates == ()
        assert calls.take() == []


def test_of_a_key_that_too_many_share_those_of_the_same_name_are_found_and_the_rest_is_told(
    world: World,
) -> None:
    for number in range(8):
        world.add(stored("contact", f"Aaron Clerk{number}", phone="+49555"))
    twin = world.add(stored("contact", "Zoe Zimmer", phone="+49555"))
    with Calls("dynamodb") as calls:
        found = finder(world, block=4).match(stored("contact", "Zimmer, Zoe", phone="+49555"))
        assert sorted(calls.take()) == ["BatchGetItem", "Query", "Query", "Query"]

    assert [each.id for each, _ in found.candidates] == [twin["id"]]
    assert (found.complete, found.overfull) == (False, ["phone"])


def test_no_more_are_compared_than_one_request_reads_and_those_that_share_most_come_first(
    world: World,
) -> None:
    others = [world.add(stored("contact", "Ida Quist")) for _ in range(4)]
    nearest = world.add(stored("contact", "Ida Quist", phone="+49777"))
    found = finder(world, compared=2).match(stored("contact", "Ida Quist", phone="+49777"))

    assert not found.complete
    assert [each.id for each, _ in found.candidates] == [nearest["id"], others[0]["id"]]
