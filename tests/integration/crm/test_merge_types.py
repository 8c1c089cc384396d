"""A merge that is undone leaves the table as it was, for every type that merges: whatever fields
the records have, whatever names them, and wherever the mover is killed."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.crm.merge_world import index, picture, settle, world
from tests.integration.gateway import Api

KINDS = {"contacts": "contact", "companies": "company", "deals": "deal", "leads": "lead"}
OWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "contacts": {"email": st.just("{n}@a.example"), "phone": st.just("+49 30 55501{n}")},
    "companies": {"domain": st.just("c{n}.example")},
    "deals": {
        "stage": st.sampled_from(["proposal", "won", "lost"]),
        "amount": st.fixed_dictionaries(
            {
                "amount_minor": st.integers(0, 9_999),
                "currency": st.sampled_from(["EUR", "USD", "JPY"]),
            }
        ),
        "probability": st.integers(0, 100),
        "close_date": st.just("2027-01-0{n}"),
    },
    "leads": {
        "email": st.just("{n}@a.example"),
        "phone": st.just("+49 30 55501{n}"),
        "source": st.sampled_from(["event", "web_form"]),
        "company_name": st.just("Harbor {n}"),
    },
}
ANY = {
    "external_id": st.just("x-{n}"),
    "tags": st.lists(st.sampled_from(["hot", "Hot", "cold"]), max_size=2),
}
COUNT = 3


def numbered(value: Any, number: int) -> Any:
    return value.replace("{n}", str(number + 1)) if isinstance(value, str) else value


@st.composite
def cases(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Some records of a type, what has to do with them, and what becomes of them."""
    one = st.integers(0, COUNT - 1)
    records = [draw(st.fixed_dictionaries({}, optional={**OWN[kind], **ANY}))
               for _ in range(COUNT)]  # fmt: skip
    return {
        "records": [
            {"name": f"R{n}", **{name: numbered(value, n) for name, value in each.items()}}
            for n, each in enumerate(records)
        ],
        "lines": draw(st.lists(one, max_size=3)) if kind == "deals" else [],
        "notes": draw(st.lists(st.sets(one, min_size=1), max_size=3)),
        "joins": draw(st.sets(st.tuples(one, st.integers(0, 1)), max_size=4)),
        "merged": draw(st.lists(one, min_size=2, max_size=COUNT, unique=True)),
        "choose": draw(st.booleans()),
        "deaths": draw(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=3)),
        "edited": draw(st.sets(st.integers(0, 2))),
        "moves": draw(st.booleans()) and kind in ("deals", "leads"),
    }


def build(api: Api, kind: str, case: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Make what a case says; returns the ids of the records, and of what names them."""
    ids = [api.make(f"/v1/{kind}", each)["id"] for each in case["records"]]
    for number in case["lines"]:
        price = {"amount_minor": 100 + number, "currency": "USD"}
        api.make(f"/v1/deals/{ids[number]}/line-items", {"description": "D", "unit_price": price})
    notes = [
        api.make(
            "/v1/activities",
            {"type": "note", "body": "Seen.",
             "links": [{"type": KINDS[kind], "id": ids[each]} for each in sorted(links)]},
        )["id"]
        for links in case["notes"]
    ]  # fmt: skip
    products = [api.make("/v1/products", {"name": f"P{n}"})["id"] for n in range(2)]
    for number, product in sorted(case["joins"]):
        ends = {"from": {"type": KINDS[kind], "id": ids[number]},
                "to": {"type": "product", "id": products[product]}}  # fmt: skip
        assert api.post("/v1/associations", ends).status == 201
    if case["moves"]:
        stage = api.get(f"/v1/{kind}/{ids[-1]}").json["stage"]
        to = "won" if stage != "won" else "lost"
        path = f"/v1/{kind}/{ids[-1]}/move"
        stages = {"deals": to, "leads": {"won": "qualified", "lost": "disqualified"}.get(to, to)}
        assert api.post(path, {"stage": stages[kind]}).status == 200
    index()
    return ids, notes


def examples(count: int) -> Any:
    return settings(
        max_examples=count, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@examples(3)
@given(data=st.data())
def test_a_merge_that_is_undone_leaves_the_table_as_it_was(kind: str, data: st.DataObject) -> None:
    case = data.draw(cases(kind))
    with world() as (api, find):
        ids, _ = build(api, kind, case)
        before = picture()
        chosen = [ids[each] for each in case["merged"]]
        fields = {"name": {"from": chosen[-1]}} if case["choose"] else {}
        if case["choose"] and kind == "deals":
            fields["line_items"] = {"from": chosen[-1]}

        made = find.make(f"/v1/{kind}/merge", {"ids": chosen, "fields": fields})
        index()
        settle(made["id"], case["deaths"])
        index()
        assert find.get(f"/v1/merges/{made['id']}").json["state"] == "done"
        winner = api.get(f"/v1/{kind}/{chosen[0]}").json
        for each in chosen[1:]:
            assert api.get(f"/v1/{kind}/{each}").json == winner
        listed = [each["id"] for each in api.get(f"/v1/{kind}").json["data"]]
        assert sorted(listed) == sorted({*ids} - {*chosen[1:]})
        if kind == "deals":
            lines = api.get(f"/v1/deals/{chosen[-1]}/line-items").json["data"]
            assert {each["deal_id"] for each in lines} <= {chosen[0]}
            assert len(lines) == winner["line_count"]
            if lines:
                total = sum(each["total"]["amount_minor"] for each in lines)
                assert winner["amount"] == {"amount_minor": total, "currency": "USD"}
        assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
        index()
        settle(made["id"], case["deaths"])
        index()

        merge = find.get(f"/v1/merges/{made['id']}").json
        assert (merge["state"], merge["left"]) == ("undone", [])
        assert merge["moved"] == merge["moved_back"]
        after = picture()
        assert {key: text for key, text in after.items() if before.get(key) != text} == {}
        assert set(before) == set(after)


@pytest.mark.parametrize("kind", ["deals", "leads"])
@examples(2)
@given(data=st.data())
def test_what_was_edited_since_is_reported_and_nothing_else_differs(
    kind: str, data: st.DataObject
) -> None:
    case = data.draw(cases(kind))
    with world() as (api, find):
        ids, notes = build(api, kind, case)
        before = picture()
        chosen = [ids[each] for each in case["merged"]]
        made = find.make(f"/v1/{kind}/merge", {"ids": chosen})
        settle(made["id"], [])
        touched = {notes[n] for n in case["edited"] if n < len(notes)}
        for each in touched:
            assert api.patch(f"/v1/activities/{each}", {"body": "Edited."}).status == 200
        own = {chosen[0]} if 0 in case["edited"] else set()
        for each in own:
            assert api.patch(f"/v1/{kind}/{each}", {"name": "Edited"}).status == 200
        assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
        settle(made["id"], [])
        index()

        moved = {
            note for note, links in zip(notes, case["notes"], strict=True)
            if {ids[each] for each in links} & {*chosen[1:]}
        }  # fmt: skip
        merge = find.get(f"/v1/merges/{made['id']}").json
        expected = {(each, "edited_since") for each in (touched & moved) | own}
        assert {(each["id"], each["reason"]) for each in merge["left"]} == expected
        after = picture()
        differ = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        mine = {*touched, *own}
        strange = [key for key in differ if not any(each in str(key) for each in mine)]
        assert [key for key in strange if not (own and "#TALLY#" in key[0])] == []
