"""A merge that is undone leaves the table as it was: compared whole, item by item, also when the
mover is killed at any of its writes and its message is delivered again."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.crm.merge_world import (
    IN_TIME,
    deliver,
    everything,
    index,
    picture,
    settle,
    world,
)
from tests.integration.gateway import Api

LABELS = {
    ("contact", "company"): ("works_at", "champion"), ("contact", "contact"): ("reports_to",),
    ("contact", "deal"): ("champion", "blocker"),
}  # fmt: skip
ENDS = st.integers(0, 3)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Contacts 0 to 3 (some of which are merged), and what has to do with them."""
    return {
        "contacts": [
            {
                "name": f"C{n}",
                **({"email": f"c{n}@a.example"} if draw(st.booleans()) else {}),
                **({"phone": f"+49 30 55501{n}"} if draw(st.booleans()) else {}),
                **({"tags": [f"t{n}", "both"]} if draw(st.booleans()) else {}),
                **({"external_id": f"x-{n}"} if draw(st.booleans()) else {}),
            }
            for n in range(4)
        ],
        "deals": draw(st.lists(st.lists(ENDS, max_size=4, unique=True), max_size=4)),
        "notes": draw(st.lists(st.lists(ENDS, min_size=1, max_size=3, unique=True), max_size=3)),
        "deleted_deals": draw(st.integers(0, 2)),
        "joins": draw(
            st.lists(
                st.tuples(
                    ENDS,
                    st.sampled_from(["company", "contact", "deal"]),
                    st.integers(0, 3),
                    st.booleans(),
                ),
                max_size=10,
                unique=True,
            )
        ),
        "merged": draw(st.lists(ENDS, min_size=2, max_size=4, unique=True)),
        "deaths": draw(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=4)),
        "choose": draw(st.booleans()),
    }


def build(api: Api, graph: dict[str, Any]) -> list[str]:
    """Make what a graph says; returns the contacts' ids."""
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    people = [api.make("/v1/contacts", {**c, "company_id": company})["id"]
              for c in graph["contacts"]]  # fmt: skip
    deals = [
        api.make("/v1/deals", {"name": f"D{n}", "contact_ids": [people[i] for i in ids]})["id"]
        for n, ids in enumerate([*graph["deals"], []])
    ]
    for ids in graph["notes"]:
        links = [{"type": "contact", "id": people[i]} for i in ids]
        api.make("/v1/activities", {"type": "note", "body": "Called.", "links": links})
    for here, kind, there, first in graph["joins"]:
        to = {"company": company, "contact": people[there], "deal": deals[there % len(deals)]}[kind]
        if to == people[here]:
            continue
        known = LABELS["contact", kind]
        label = known[0 if first else -1]
        ends = [{"type": "contact", "id": people[here]}, {"type": kind, "id": to}]
        reply = api.post("/v1/associations", {"from": ends[0], "to": ends[1], "label": label})
        assert reply.status in (200, 201), reply.body
    for deal in deals[: graph["deleted_deals"]]:
        assert api.delete(f"/v1/deals/{deal}").status == 204
    index()
    return people


@settings(
    max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(graph=graphs())
def test_a_merge_that_is_undone_leaves_the_table_as_it_was(graph: dict[str, Any]) -> None:
    with world() as (api, find):
        people = build(api, graph)
        before = picture()
        ids = [people[n] for n in graph["merged"]]
        fields = {"name": {"from": ids[-1]}, "email": {"from": ids[-1]}} if graph["choose"] else {}

        made = find.make("/v1/contacts/merge", {"ids": ids, "fields": fields})
        index()
        settle(made["id"], graph["deaths"])
        index()
        assert find.get(f"/v1/merges/{made['id']}").json["state"] == "done"
        between = picture()
        named = " ".join(
            text for (pk, sk), text in between.items()
            if sk == "RECORD" and not ('"object": "association"' in text and '"deleted_at"' in text)
            and not any(pk.endswith(each) for each in ids)
        )  # fmt: skip
        assert not [each for each in ids[1:] if each in named]
        assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
        index()
        settle(made["id"], graph["deaths"])
        index()

        merge = find.get(f"/v1/merges/{made['id']}").json
        assert (merge["state"], merge["left"]) == ("undone", [])
        assert merge["moved"] == merge["moved_back"]
        after = picture()
        assert {key: text for key, text in after.items() if before.get(key) != text} == {}
        assert set(before) == set(after)


@pytest.mark.parametrize("after", [False, True])
def test_a_mover_killed_at_each_of_its_writes_moves_each_thing_once(after: bool) -> None:  # noqa: FBT001
    with world() as (api, find):
        people = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(3)]
        company = api.make("/v1/companies", {"name": "Harbor"})["id"]
        for number in range(42):
            ids = people[1:] if number % 2 else people[2:]
            api.make("/v1/deals", {"name": f"D{number}", "contact_ids": ids})
        for contact in people:
            ends = [{"type": "contact", "id": contact}, {"type": "company", "id": company}]
            for label in ("works_at", "billing"):
                body = {"from": ends[0], "to": ends[1], "label": label}
                api.make("/v1/associations", body)
        index()
        before = picture()
        made = find.make("/v1/contacts/merge", {"ids": people})
        index()
        deaths = [(at, after) for at in range(1, 9)]
        settle(made["id"], deaths)
        done = find.get(f"/v1/merges/{made['id']}").json
        assert (done["state"], done["moved"]) == (
            "done",
            {
                "records": 42,
                "associations": 4,
                "videos": None,
            },
        )
        index()
        assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
        index()
        settle(made["id"], deaths)
        index()
        assert picture() == before


def test_a_mover_without_time_hands_itself_on_until_everything_has_moved() -> None:
    with world() as (api, find):
        people = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(2)]
        for number in range(3):
            api.make("/v1/deals", {"name": f"D{number}", "contact_ids": people[1:]})
        index()
        made = find.make("/v1/contacts/merge", {"ids": people})
        late = SimpleNamespace(**{**vars(IN_TIME), "get_remaining_time_in_millis": lambda: 5_000})
        assert deliver(made["id"], late) == []
        between = find.get(f"/v1/merges/{made['id']}").json
        assert (between["state"], between["version"]) == ("running", 2)
        assert deliver(made["id"]) == []  # the event of the merge stamped anew
        assert find.get(f"/v1/merges/{made['id']}").json["state"] == "done"
        assert not [each for each in everything() if each["sk"] == "LOCK"]


@settings(
    max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(
    named=st.lists(st.lists(st.integers(0, 2), unique=True), min_size=1, max_size=4),
    edited=st.sets(st.integers(0, 3)),
    winner_edited=st.booleans(),
)
def test_what_was_edited_since_is_left_as_edited_and_reported_and_nothing_else(
    named: list[list[int]],
    edited: set[int],
    *,
    winner_edited: bool,
) -> None:
    with world() as (api, find):
        people = [api.make("/v1/contacts", {"name": f"C{n}", "email": f"c{n}@a.example"})["id"]
                  for n in range(3)]  # fmt: skip
        deals = [
            api.make("/v1/deals", {"name": f"D{n}", "contact_ids": [people[i] for i in ids]})["id"]
            for n, ids in enumerate(named)
        ]
        index()
        before = picture()
        made = find.make("/v1/contacts/merge", {"ids": people[:2]})
        settle(made["id"], [])
        touched = {deals[n] for n in edited if n < len(deals)}
        for each in touched:
            assert api.patch(f"/v1/deals/{each}", {"name": "Edited"}).status == 200
        if winner_edited:
            assert api.patch(f"/v1/contacts/{people[0]}", {"title": "Edited"}).status == 200
        kept = {each: api.get(f"/v1/deals/{each}").json for each in touched}
        assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
        settle(made["id"], [])
        index()

        moved = {deals[n] for n, ids in enumerate(named) if 1 in ids}
        merge = find.get(f"/v1/merges/{made['id']}").json
        expected = {(each, "edited_since") for each in touched & moved}
        expected |= {(people[0], "edited_since")} if winner_edited else set()
        assert {(each["id"], each["reason"]) for each in merge["left"]} == expected
        assert merge["left_count"] == len(expected)
        for each, record in kept.items():
            assert api.get(f"/v1/deals/{each}").json == record
        after = picture()
        own = {*touched, *([people[0]] if winner_edited else [])}
        differ = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        assert [key for key in differ if not any(each in str(key) for each in own)] == []
