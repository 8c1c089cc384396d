"""Filters and sorts over HTTP: what they refuse, what their cursors hold, rows that do not move."""

import random
from typing import Any

import pytest

from functions.crm.index_records.handler import handler as index_records
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.crm.bus import message, published
from tests.integration.gateway import CONTEXT, Api, Member, problem


def indexed(*record_ids: str) -> None:
    """Let the index hear of records' last writes."""
    events = [message(published(each)) for each in record_ids]
    assert index_records({"Records": events}, CONTEXT) == {"batchItemFailures": []}


def names(reply: Any) -> list[str]:
    return [each["name"] for each in reply.json["data"]]


def all_of(api: Api, path: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"{path}&limit={limit}{cursor}").json
        found += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture
def people(api: Api) -> list[str]:
    company = api.make("/v1/companies", {"name": "Example"})["id"]
    made = []
    for number, name in enumerate(["Zoe", "ada", "Émile", "Bob"]):
        body = {"name": name, "tags": [f"t{number % 2}"]}
        if number < 2:
            body["company_id"] = company
        made.append(api.make("/v1/contacts", body)["id"])
    indexed(*made)
    return made


def test_lists_come_in_the_order_and_with_the_records_that_were_asked_for(
    api: Api, people: list[str]
) -> None:
    assert names(api.get("/v1/contacts?sort=name")) == ["ada", "Bob", "Émile", "Zoe"]
    assert names(api.get("/v1/contacts?sort=-name&limit=2")) == ["Zoe", "Émile"]
    assert names(api.get("/v1/contacts?tag=t0")) == ["Émile", "Zoe"]
    assert names(api.get("/v1/contacts?tag=t0&sort=name&fields=name")) == ["Émile", "Zoe"]
    company = api.get(f"/v1/contacts/{people[0]}").json["company_id"]
    assert names(api.get(f"/v1/contacts?company_id={company}&sort=name")) == ["ada", "Zoe"]
    api.patch(f"/v1/contacts/{people[0]}", {"title": "Director"})
    indexed(people[0])
    assert names(api.get("/v1/contacts?sort=-updated_at&limit=1")) == ["Zoe"]
    since = api.get(f"/v1/contacts/{people[0]}").json["updated_at"]
    assert names(api.get(f"/v1/contacts?updated_since={since}")) == ["Zoe"]


def test_a_record_that_no_longer_has_what_is_asked_for_is_not_shown_even_before_the_index_knows(
    api: Api, people: list[str]
) -> None:
    api.patch(f"/v1/contacts/{people[0]}", {"tags": []})
    api.delete(f"/v1/contacts/{people[2]}")
    assert names(api.get("/v1/contacts?tag=t0")) == []
    indexed(people[0], people[2])
    assert names(api.get("/v1/contacts?tag=t0")) == []


@pytest.mark.parametrize(
    ("query", "status", "pointer", "told"),
    [
        ("colour=red", 400, None, "updated_since"),
        ("sort=colour", 422, "/query/sort", "updated_at"),
        ("sort=", 422, "/query/sort", "name"),
        ("sort=--name", 422, "/query/sort", "name"),
        ("owner=nobody", 422, "/query/owner", "member"),
        ("owner=me", 422, "/query/owner", "me"),
        ("team=x", 422, "/query/team", "team"),
        ("company_id=con_1", 422, "/query/company_id", "com_"),
        ("updated_since=yesterday", 422, "/query/updated_since", "time"),
        ("updated_since=2026-11-22T00:00:00", 422, "/query/updated_since", "time"),
        ("tag=", 422, "/query/tag", "characters"),
        ("tag=" + "a" * 501, 422, "/query/tag", "characters"),
        ("custom.colour=red", 422, "/query/custom.colour", "custom field"),
        ("custom=red", 422, "/query/custom", "custom field"),
        ("deleted=true&sort=name", 422, "/query/sort", "deletion"),
        ("tag=a&tag=b", 400, None, "twice"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_can(
    api: Api, query: str, status: int, pointer: str | None, told: str
) -> None:
    refusal = problem(api.get(f"/v1/contacts?{query}"))

    assert refusal["status"] == status
    if pointer is None:
        assert told in refusal["detail"]
    else:
        (fault,) = refusal["errors"]
        assert fault["pointer"] == pointer
        assert told in fault["message"]


def test_a_cursor_belongs_to_its_list_its_filters_and_its_order(
    api: Api, other: Api, people: list[str]
) -> None:
    cursor = api.get("/v1/contacts?tag=t0&sort=name&limit=1").json["next_cursor"]
    assert names(api.get(f"/v1/contacts?sort=name&tag=t0&cursor={cursor}")) == ["Zoe"]
    for query in ("tag=t1&sort=name", "tag=t0&sort=-name", "tag=t0", "sort=name", "limit=5"):
        assert problem(api.get(f"/v1/contacts?{query}&cursor={cursor}"))["code"] == "invalid_cursor"
    assert api.get(f"/v1/deals?tag=t0&sort=name&cursor={cursor}").status == 400
    assert other.get(f"/v1/contacts?tag=t0&sort=name&cursor={cursor}").status == 400
    for place in range(0, len(cursor), 7):
        forged = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert api.get(f"/v1/contacts?tag=t0&sort=name&cursor={forged}").status == 400


def test_rows_that_do_not_change_are_neither_missed_nor_repeated_while_others_come_and_go(
    api: Api,
) -> None:
    dice = random.Random(3)  # noqa: S311 - repeatable, not secret
    stable = [
        api.make("/v1/contacts", {"name": f"s{dice.randrange(1000):03}", "tags": ["t"]})["id"]
        for _ in range(24)
    ]
    moving = [api.make("/v1/contacts", {"name": "m500", "tags": ["t"]})["id"] for _ in range(8)]
    indexed(*stable, *moving)
    for query in ("sort=name", "sort=-name", "tag=t", "sort=name&tag=t", "sort=-updated_at"):
        found: list[str] = []
        cursor = ""
        while True:
            page = api.get(f"/v1/contacts?{query}&limit=5{cursor}").json
            found += [each["id"] for each in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
            gone = moving.pop(dice.randrange(len(moving)))
            api.delete(f"/v1/contacts/{gone}")
            made = api.make("/v1/contacts", {"name": f"m{dice.randrange(1000)}", "tags": ["t"]})
            indexed(gone, made["id"])
            moving.append(made["id"])
        assert sorted(each for each in found if each in stable) == sorted(stable)


def test_who_sees_their_own_records_filters_and_sorts_those(api: Api) -> None:
    me, mate = new_id("mem"), new_id("mem")
    rep = Member(principal="key_rep", role="rep", visibility="own", member=me,
                 scopes=tuple(ROLES["rep"]))  # fmt: skip
    mine = Api(api.handler, rep)
    theirs = Api(api.handler, Member(principal="key_two", member=mate))
    made = [mine.make("/v1/contacts", {"name": "mine", "tags": ["t"]})["id"]]
    made.append(theirs.make("/v1/contacts", {"name": "theirs", "tags": ["t"]})["id"])
    indexed(*made)
    assert names(api.get("/v1/contacts?tag=t&sort=name")) == ["mine", "theirs"]
    for query in ("tag=t", "sort=name", "owner=me", f"owner={me}", "sort=-updated_at&tag=t"):
        assert names(mine.get(f"/v1/contacts?{query}")) == ["mine"]
    assert names(mine.get(f"/v1/contacts?owner={mate}")) == []
    assert names(api.get(f"/v1/contacts?owner={mate}&sort=name")) == ["theirs"]
