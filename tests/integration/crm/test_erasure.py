"""A purge leaves nothing of what a record was, in any table, wherever the record had been."""

import json
import zlib

import pytest

from functions.crm.index_records.handler import handler as index_records
from functions.crm.sweep.handler import handler as sweep
from functions.shared import aws
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.video.relink.handler import handler as relink
from tests.integration.cloud import TABLES, Calls
from tests.integration.crm import bus
from tests.integration.crm.bus import image, message, published
from tests.integration.crm.merge_world import (
    IN_TIME,
    TABLE,
    everything,
    finder,
    index,
    merged,
    undone,
)
from tests.integration.gateway import Api

WORDS = ("Zarathustra", "zarathustra", "5550199")


@pytest.fixture
def find(cloud: None) -> Api:
    return finder()


def dump() -> str:
    """Return all that all tables hold, what is packed unpacked."""
    texts = []
    for table in TABLES:
        pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        for item in (unmarshal_item(each) for page in pages for each in page["Items"]):
            if "standing" in item:
                item["standing"] = zlib.decompress(bytes(item["standing"])).decode()
            texts.append(json.dumps(item, default=str))
    return "\n".join(texts)


def ended(record_id: str) -> None:
    """Deliver the event of a record's end to all that hear of it, and those that follow."""
    after: set[str] = set()
    before = {each["id"] for each in everything() if "purged_at" in each}
    batch = {"Records": [message(published(record_id))]}
    for handler in (index_records, sweep, relink):
        assert handler(batch, IN_TIME) == {"batchItemFailures": []}
    after = {each["id"] for each in everything() if "purged_at" in each}
    for each in after - before:
        ended(each)


def told(*ids: str) -> None:
    for each in ids:
        assert bus.deliver(published(each)) == []


def join(api: Api, from_: tuple[str, str], to: tuple[str, str], label: str) -> str:
    ends = [{"type": kind, "id": record_id} for kind, record_id in (from_, to)]
    made = api.make("/v1/associations", {"from": ends[0], "to": ends[1], "label": label})
    return str(made["id"])


def person(api: Api, number: int, company: str) -> str:
    body = {
        "name": f"Zarathustra {number}", "email": f"zarathustra{number}@a.example",
        "phone": f"+49 30 5550199{number}", "title": "Zarathustra", "tags": ["Zarathustra"],
        "external_id": f"Zarathustra-{number}", "company_id": company,
    }  # fmt: skip
    return str(api.make("/v1/contacts", body)["id"])


def test_nothing_of_a_contact_that_had_everything_is_in_any_table(find: Api, api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    people = [person(api, n, company) for n in range(4)]
    deal = api.make("/v1/deals", {"name": "Big", "contact_ids": people})["id"]
    friend = api.make("/v1/contacts", {"name": "Friend"})["id"]
    for each in people:
        join(api, ("contact", each), ("company", company), "works_at")
        join(api, ("contact", friend), ("contact", each), "reports_to")
        join(api, ("contact", each), ("deal", deal), "champion")
    told(*people, deal)
    index()
    once = merged(find, "contacts", [people[3], people[2]])
    undone(find, once["id"])
    merged(find, "contacts", [people[1], people[2]])
    merged(find, "contacts", [people[0], people[1]])
    told(*people)
    assert all(each in dump() for each in WORDS)

    assert api.post(f"/v1/contacts/{people[0]}/purge", if_match="*").status == 204
    assert api.get(f"/v1/contacts/{people[2]}").status == 404
    ended(people[0])
    left = dump()
    for each in ("Zarathustra 0", "Zarathustra 1", "Zarathustra 2", "zarathustra1@"):
        assert each not in left
    assert "Zarathustra 3" in left, "who was merged and came back is another"
    assert api.post(f"/v1/contacts/{people[3]}/purge", if_match="*").status == 204
    ended(people[3])

    left = dump()
    assert [each for each in WORDS if each in left] == []
    assert not [each for each in everything() if each["pk"].startswith("W#wsp_one#ASSOCIATIONS#")]
    counts = {i["pk"].split("#")[-1]: i["living"] for i in everything() if i["sk"] == "COUNT"}
    assert counts == {company: 0, friend: 0, deal: 0}
    assert api.get(f"/v1/deals/{deal}/associations").json["data"] == []


def test_of_a_merged_record_the_audit_log_s_values_are_unreadable_too(find: Api, api: Api) -> None:
    ids = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(2)]
    merged(find, "contacts", ids)
    api.post(f"/v1/contacts/{ids[0]}/purge", if_match="*")
    assert all(f"AUDITKEY#{each}" in dump() for each in ids)


def test_a_deal_goes_with_its_lines_visits_and_associations(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    deal = api.make("/v1/deals", {"name": "Zarathustra"})["id"]
    line = {
        "description": "Zarathustra", "quantity": "2",
        "unit_price": {"amount_minor": 5, "currency": "EUR"},
    }  # fmt: skip
    api.make(f"/v1/deals/{deal}/line-items", line)
    api.post(f"/v1/deals/{deal}/move", {"stage": "lost", "loss_reason": "Zarathustra"})
    api.post(f"/v1/deals/{deal}/move", {"stage": "proposal"})
    join(api, ("deal", deal), ("company", company), "related")
    told(deal)
    index()
    api.post(f"/v1/deals/{deal}/purge", if_match="*")
    ended(deal)
    assert "Zarathustra" not in dump()
    assert deal not in dump().replace(f"AUDITKEY#{deal}", "")


def test_what_was_merged_into_a_record_that_expired_goes_with_it(find: Api, api: Api) -> None:
    winner, loser = (api.make("/v1/contacts", {"name": f"Zarathustra {n}"})["id"] for n in range(2))
    index()
    merged(find, "contacts", [winner, loser])
    api.delete(f"/v1/contacts/{winner}")
    old = image(winner)
    key = marshal_item({"pk": old["pk"], "sk": "RECORD"})
    aws.client("dynamodb").delete_item(TableName=TABLE, Key=key)  # DynamoDB's doing
    event = {**published(loser), "type": "contact.expired"}
    event["subject"] = {"type": "contact", "id": winner}
    for handler in (index_records, sweep, relink):
        assert handler({"Records": [message(event)]}, IN_TIME) == {"batchItemFailures": []}
    assert image(loser)["_events"][0]["type"] == "contact.purged"
    ended(loser)
    assert "Zarathustra" not in dump()


def test_a_record_is_not_purged_while_a_merge_of_it_is_at_work(find: Api, api: Api) -> None:
    ids = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(2)]
    find.make("/v1/contacts/merge", {"ids": ids})
    busy = api.post(f"/v1/contacts/{ids[0]}/purge", if_match="*")
    assert (busy.status, busy.json["code"]) == (409, "merge_running")


def test_a_merge_whose_winner_was_purged_cannot_be_undone(find: Api, api: Api) -> None:
    ids = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(2)]
    done = merged(find, "contacts", ids)
    api.post(f"/v1/contacts/{ids[0]}/purge", if_match="*")
    reply = find.post(f"/v1/merges/{done['id']}/undo")
    assert (reply.status, reply.json["code"]) == (409, "purged")


def test_an_association_costs_one_transaction(api: Api, calls: Calls) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    for n in range(3):
        other = api.make("/v1/companies", {"name": f"C{n}"})["id"]
        join(api, ("contact", contact), ("company", other), "works_at")
    api.post(f"/v1/contacts/{contact}/purge", if_match="*")
    calls.clear()
    sweep({"Records": [message(published(contact))]}, IN_TIME)
    taken = calls.take()
    assert taken[1:9] == [
        "GetItem", "GetItem", "Query", *["TransactWriteItems"] * 3, "Query", "Query",
    ]  # fmt: skip


def test_what_is_known_by_very_many_values_is_deleted_first_and_then_purged(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    emails = [f"ada{n}@a.example" for n in range(75)]
    item = image(contact) | {
        "aliases": {"email": emails},
        "merged_ids": [f"con_{n}" for n in range(25)],
    }
    aws.client("dynamodb").put_item(TableName=TABLE, Item=marshal_item(item))
    refused = api.post(f"/v1/contacts/{contact}/purge", if_match="*")
    assert (refused.status, refused.json["code"]) == (409, "purge_too_large")
    item |= {"deleted_at": item["updated_at"]}
    aws.client("dynamodb").put_item(TableName=TABLE, Item=marshal_item(item))
    assert api.post(f"/v1/contacts/{contact}/purge", if_match="*").status == 204
