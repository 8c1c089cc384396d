"""Tasks by their day: overdue, today, upcoming, where the caller is, as the caller sees them."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from functions.crm import dynamodb
from functions.crm.declared_lists import LISTINGS
from functions.crm.list_reading import parse
from functions.crm.model import Activity
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.clock import parse as instant
from functions.shared.ids import new_id
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT, Calls, environment, furnish
from tests.integration.crm.index_world import put_indexed

MEMBERS, TEAMS = [new_id("mem") for _ in range(2)], [new_id("tea") for _ in range(2)]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe"]
# around the night in which Berlin's clocks go back
MOMENTS = [datetime(2026, 10, 24, 12, tzinfo=UTC) + timedelta(hours=5 * n) for n in range(12)]


def task(dice: random.Random) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": new_id("act"), "object": "activity", "version": 1, "type": "task", "subject": "T",
        "created_at": iso(MOMENTS[0]), "updated_at": iso(MOMENTS[0]), "occurred_at":
        iso(MOMENTS[0]), "created_by": {"type": "api_key", "id": "key_one"}, "links": [],
        "status": dice.choice(["open", "open", "open", "done", "cancelled"]), "custom": {},
    }  # fmt: skip
    if dice.random() < 0.9:  # midnights of many zones among them
        hours = dice.randrange(-72, 96)
        item["due_at"] = iso(datetime(2026, 10, 25, tzinfo=UTC) + timedelta(hours=hours))
    for name, choices in (("owner_id", MEMBERS), ("team_id", TEAMS)):
        if dice.random() < 0.8:
            item[name] = dice.choice(choices)
    return item


class World:
    def __init__(self) -> None:
        self.table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], "wsp_one")
        dice = random.Random(7)  # noqa: S311 - repeatable, not secret
        self.tasks = [task(dice) for _ in range(80)]
        for each in self.tasks:
            put_indexed(self.table, each)

    def listed(self, who: Caller, asked: dict[str, str], moment: datetime, limit: int) -> list[str]:
        store = dynamodb.CrmRecords(self.table, Activity, who)
        query = parse(LISTINGS["activity"], asked, who, store.custom_fields, moment=moment)
        found: list[str] = []
        start = None
        while True:
            page = store.listed(query, limit=limit, start=start)
            found += [each.id for each in page.items]
            if page.position is None:
                return found
            start = page.position


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with environment(), mock_aws():
        furnish()
        yield World()


def caller(visibility: Any, member: str | None = None, teams: tuple[str, ...] = ()) -> Caller:
    return Caller(
        "wsp_one", "key_one", "admin", frozenset(), "req_1",
        member=member, teams=teams, visibility=visibility,
    )  # fmt: skip


def belongs(item: dict[str, Any], name: str, moment: datetime, zone: str) -> bool:
    """As a person with a calendar would say it."""
    if item["status"] != "open" or "due_at" not in item:
        return False
    due_at = instant(item["due_at"])
    if name == "overdue":
        return due_at <= moment
    today = moment.astimezone(ZoneInfo(zone)).date()
    # the midnight that ends a day belongs to it
    day = (due_at - timedelta(milliseconds=1)).astimezone(ZoneInfo(zone)).date()
    return day == today if name == "today" else day > today


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(["overdue", "today", "upcoming"]), zone=st.sampled_from(ZONES),
    moment=st.sampled_from(MOMENTS), visibility=st.sampled_from(["all", "team", "own"]),
    order=st.sampled_from([{}, {"sort": "due_at"}, {"sort": "-due_at"}]),
    narrow=st.sampled_from([{}, {"owner": MEMBERS[0]}, {"team": TEAMS[1]}, {"type": "task"}]),
    limit=st.sampled_from([3, 100]),
)  # fmt: skip
def test_an_agenda_is_what_a_look_at_every_task_gives(
    world: World, name: str, zone: str, moment: datetime, visibility: str,
    order: dict[str, str], narrow: dict[str, str], limit: int,
) -> None:  # fmt: skip
    who = caller(visibility, MEMBERS[0], (TEAMS[0],))
    asked = {"due": name, "tz": zone, **narrow, **order}
    wanted = [
        each
        for each in world.tasks
        if belongs(each, name, moment, zone)
        and who.sees(each.get("owner_id"), each.get("team_id"))
        and narrow.get("owner") in (None, each.get("owner_id"))
        and narrow.get("team") in (None, each.get("team_id"))
    ]
    wanted.sort(key=lambda each: (each["due_at"], each["id"]), reverse="-due_at" in order.values())

    assert world.listed(who, asked, moment, limit) == [each["id"] for each in wanted]


@pytest.mark.parametrize("name", ["overdue", "today", "upcoming"])
def test_a_page_of_an_agenda_reads_its_tasks_and_no_others(world: World, name: str) -> None:
    moment = MOMENTS[5]
    with Calls("dynamodb") as calls:
        world.listed(caller("all"), {"due": name}, moment, 100)
        mine = world.listed(caller("own", MEMBERS[0]), {"due": name, "type": "task"}, moment, 100)
        assert calls.take() == [
            "Query",
            "BatchGetItem",
            "Query",
            *(["BatchGetItem"] if mine else []),
        ]
