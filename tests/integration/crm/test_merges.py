"""Merging: several records become one, with everything that named them; and several again."""

from typing import Any

import pytest

from functions.crm import dynamodb_definitions
from functions.shared import aws
from functions.shared.attributes import marshal_item
from tests.integration.crm.merge_world import (
    TABLE,
    deliver,
    everything,
    finder,
    index,
    merged,
    pair,
    picture,
    undone,
)
from tests.integration.gateway import Api


@pytest.fixture
def find(cloud: None, setup: Api) -> Api:
    for name, kind in (("size", "number"), ("vip", "boolean"), ("old", "boolean")):
        body = {"record_type": "contact", "name": name, "label": name, "type": kind}
        setup.make("/v1/fields", body)
    dynamodb_definitions.forget()
    return finder()


def join(api: Api, from_: tuple[str, str], to: tuple[str, str], label: str) -> Any:
    ends = [{"type": kind, "id": record_id} for kind, record_id in (from_, to)]
    return api.make("/v1/associations", {"from": ends[0], "to": ends[1], "label": label})


def test_the_winner_is_filled_up_and_known_by_what_the_others_were_known_by(
    find: Api, api: Api
) -> None:
    winner, loser = pair(api, custom={"size": 1}, phone="+49 30 5550142")
    api.patch(f"/v1/contacts/{loser}", {"custom": {"size": 2, "vip": True}, "phone": "+49 89 1"})

    done = merged(find, "contacts", [winner, loser])

    assert (done["state"], done["winner_id"], done["loser_ids"]) == ("done", winner, [loser])
    record = api.get(f"/v1/contacts/{winner}").json
    assert (record["name"], record["email"], record["title"]) == (
        "Ada",
        "ada@a.example",
        "Countess",
    )
    assert record["custom"] == {"size": 1, "vip": True}
    assert record["merged_ids"] == [loser]
    assert record["aliases"]["email"] == ["ada@b.example"]
    taken = api.post("/v1/contacts", {"name": "Eve", "email": "ada@b.example"})
    assert (taken.status, taken.json["code"]) == (409, "duplicate_email")
    assert [each["id"] for each in api.get("/v1/contacts").json["data"]] == [winner]


def test_fields_are_chosen_from_a_record_or_given(find: Api, api: Api) -> None:
    winner, loser = pair(api, custom={"size": 1, "old": True})
    fields = {
        "name": {"value": "Ada Lovelace"}, "email": {"from": loser},
        "custom.size": {"value": 7}, "custom.old": {"value": None}, "title": {"from": winner},
    }  # fmt: skip

    merged(find, "contacts", [winner, loser], fields=fields)

    record = api.get(f"/v1/contacts/{winner}").json
    assert (record["name"], record["email"], record["title"]) == (
        "Ada Lovelace", "ada@b.example", None,
    )  # fmt: skip
    assert record["custom"] == {"size": 7}
    assert record["aliases"]["email"] == ["ada@a.example"]


def test_an_alias_becomes_the_record_s_own_value_again_and_stays_taken(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    merged(find, "contacts", [winner, loser])
    changed = api.patch(f"/v1/contacts/{winner}", {"email": "ada@b.example"})
    assert (changed.status, changed.json["aliases"]["email"]) == (200, ["ada@a.example"])
    for email in ("ada@a.example", "ada@b.example"):
        assert api.post("/v1/contacts", {"name": "Eve", "email": email}).status == 409


def test_an_old_id_leads_to_the_winner_when_read_and_named_and_is_refused_when_written(
    find: Api, api: Api
) -> None:
    winner, loser = pair(api)
    merged(find, "contacts", [winner, loser])

    shown = api.get(f"/v1/contacts/{loser}")
    assert (shown.status, shown.json["id"]) == (200, winner)
    deal = api.make("/v1/deals", {"name": "D", "contact_ids": [loser, winner]})
    assert deal["contact_ids"] == [winner]
    other = api.make("/v1/deals", {"name": "E"})["id"]
    patched = api.patch(f"/v1/deals/{other}", {"contact_ids": [loser]})
    assert (patched.status, patched.json["contact_ids"]) == (200, [winner])
    for reply in (
        api.patch(f"/v1/contacts/{loser}", {"name": "X"}), api.delete(f"/v1/contacts/{loser}")
    ):  # fmt: skip
        assert (reply.status, reply.json["code"]) == (409, "merged")
        assert winner in reply.json["detail"]


def test_old_ids_lead_on_when_the_winner_is_merged_too_and_back_when_that_is_undone(
    find: Api, api: Api
) -> None:
    one, two_ = pair(api)
    three = api.make("/v1/contacts", {"name": "Third"})["id"]
    first = merged(find, "contacts", [two_, one])
    second = merged(find, "contacts", [three, two_])

    assert api.get(f"/v1/contacts/{one}").json["id"] == three
    assert api.get(f"/v1/contacts/{three}").json["merged_ids"] == [two_, one]
    early = find.post(f"/v1/merges/{first['id']}/undo")
    assert (early.status, early.json["code"]) == (409, "merged_again")
    undone(find, second["id"])
    assert api.get(f"/v1/contacts/{one}").json["id"] == two_
    undone(find, first["id"])
    assert api.get(f"/v1/contacts/{one}").json["id"] == one


def test_deals_contacts_and_associations_move_each_once(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    deals = [
        api.make("/v1/deals", {"name": f"D{n}", "contact_ids": ids})["id"]
        for n, ids in enumerate(([loser], [winner, loser], [winner]))
    ]
    join(api, ("contact", loser), ("company", company), "works_at")
    join(api, ("contact", winner), ("company", company), "champion")
    join(api, ("contact", loser), ("company", company), "champion")
    join(api, ("contact", loser), ("contact", winner), "reports_to")
    index()

    done = merged(find, "contacts", [winner, loser])

    assert done["moved"] == {"records": 2, "associations": 3, "videos": None}
    for deal in deals:
        assert api.get(f"/v1/deals/{deal}").json["contact_ids"] == [winner]
    here = api.get(f"/v1/contacts/{winner}/associations").json["data"]
    there = api.get(f"/v1/companies/{company}/associations").json["data"]
    assert [each["label"] for each in here] == ["champion", "works_at"]
    assert [(each["label"], each["to"]["id"]) for each in there] == [
        ("championed_by", winner), ("employs", winner),
    ]  # fmt: skip
    counts = {i["pk"].split("#")[-1]: i["living"] for i in everything() if i["sk"] == "COUNT"}
    assert counts == {winner: 2, company: 2, loser: 0}


def test_companies_merge_with_their_contacts(find: Api, api: Api) -> None:
    winner, loser = (
        api.make("/v1/companies", {"name": n, "domain": f"{n}.example"})["id"] for n in "ab"
    )
    contact = api.make("/v1/contacts", {"name": "Ada", "company_id": loser})["id"]
    index()
    merged(find, "companies", [winner, loser])
    assert api.get(f"/v1/contacts/{contact}").json["company_id"] == winner
    assert api.get(f"/v1/companies/{winner}").json["aliases"] == {"domain": ["b.example"]}


def test_a_dry_run_tells_what_would_be_and_writes_nothing(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    api.make("/v1/deals", {"name": "D", "contact_ids": [loser]})
    index()
    before = picture()
    body = {"ids": [winner, loser], "fields": {"title": {"value": "Dr"}}}

    reply = find.post("/v1/contacts/merge", {**body, "dry_run": True})

    assert reply.status == 200
    assert reply.json["moves"] == {"records": 1, "associations": 0, "videos": None}
    assert picture() == before
    assert not [each for each in everything() if "#mrg_" in each["pk"]]
    done = merged(find, "contacts", **body)
    assert done["moved"] == reply.json["moves"]
    passing = {"version", "updated_at"}
    real = api.get(f"/v1/contacts/{winner}").json
    assert {k: v for k, v in real.items() if k not in passing} == {
        k: v for k, v in reply.json["record"].items() if k not in passing
    }


def test_what_was_edited_since_is_left_as_it_is_and_reported(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    deals = [
        api.make("/v1/deals", {"name": f"D{n}", "contact_ids": [loser]})["id"] for n in range(2)
    ]
    index()
    done = merged(find, "contacts", [winner, loser])
    api.patch(f"/v1/deals/{deals[0]}", {"name": "Edited"})
    api.patch(f"/v1/contacts/{winner}", {"title": "Edited"})

    back = undone(find, done["id"])

    assert (back["state"], back["left_count"]) == ("undone", 2)
    assert {(each["id"], each["reason"]) for each in back["left"]} == {
        (deals[0], "edited_since"), (winner, "edited_since"),
    }  # fmt: skip
    assert api.get(f"/v1/deals/{deals[0]}").json["contact_ids"] == [winner]
    assert api.get(f"/v1/deals/{deals[1]}").json["contact_ids"] == [loser]
    record = api.get(f"/v1/contacts/{winner}").json
    assert (record["title"], record["merged_ids"], record["aliases"]) == ("Edited", [], {})
    assert api.get(f"/v1/contacts/{loser}").json["email"] == "ada@b.example"
    assert api.patch(f"/v1/contacts/{winner}", {"email": "ada@b.example"}).status == 409


def test_a_value_that_must_be_a_loser_s_alone_goes_back_even_from_an_edited_winner(
    find: Api, api: Api
) -> None:
    winner, loser = pair(api)
    done = merged(find, "contacts", [winner, loser], fields={"email": {"from": loser}})
    api.patch(f"/v1/contacts/{winner}", {"title": "Edited"})
    undone(find, done["id"])
    assert api.get(f"/v1/contacts/{winner}").json["email"] == "ada@a.example"
    assert api.get(f"/v1/contacts/{loser}").json["email"] == "ada@b.example"
    for email in ("ada@a.example", "ada@b.example"):
        assert api.post("/v1/contacts", {"name": "Eve", "email": email}).status == 409


def test_a_deleted_winner_s_values_are_free_again(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    done = merged(find, "contacts", [winner, loser])
    assert api.delete(f"/v1/contacts/{winner}").status == 204
    for email in ("ada@a.example", "ada@b.example"):
        assert api.post("/v1/contacts", {"name": "Eve", "email": email}).status == 201
    assert api.get(f"/v1/contacts/{loser}").status == 404
    refused = find.post(f"/v1/merges/{done['id']}/undo")
    assert (refused.status, refused.json["code"]) == (409, "winner_deleted")


def test_the_same_records_are_merged_by_one_at_a_time(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    third = api.make("/v1/contacts", {"name": "Third"})["id"]
    made = find.make("/v1/contacts/merge", {"ids": [winner, loser]})

    busy = find.post("/v1/contacts/merge", {"ids": [third, winner]})
    assert (busy.status, busy.json["code"]) == (409, "merge_running")
    gone = find.post("/v1/contacts/merge", {"ids": [third, loser]})
    assert gone.status == 404
    early = find.post(f"/v1/merges/{made['id']}/undo")
    assert (early.status, early.json["code"]) == (409, "merge_running")
    assert deliver(made["id"]) == []
    assert find.post(f"/v1/merges/{made['id']}/undo", if_match='"1"').status == 412
    assert find.post(f"/v1/merges/{made['id']}/undo").status == 200
    twice = find.post(f"/v1/merges/{made['id']}/undo")
    assert (twice.status, twice.json["code"]) == (409, "merge_undone")


def test_a_merge_is_undone_within_seven_days(find: Api, api: Api) -> None:
    done = merged(find, "contacts", pair(api))
    aws.client("dynamodb").update_item(
        TableName=TABLE,
        Key=marshal_item({"pk": f"W#wsp_one#{done['id']}", "sk": "RECORD"}),
        UpdateExpression="SET undo_until = :past",
        ExpressionAttributeValues=marshal_item({":past": "2026-01-01T00:00:00.000Z"}),
    )
    late = find.post(f"/v1/merges/{done['id']}/undo")
    assert (late.status, late.json["code"]) == (409, "undo_expired")
