"""What a merge is refused for, what it costs, and what it tells of itself."""

from typing import Any

import pytest

from functions.crm.find_api.handler import handler as find_handler
from functions.crm.merge_records.handler import handler as merge_records
from functions.crm.merging import MAX_RECORDS
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.ids import new_id
from tests.integration.cloud import Calls
from tests.integration.crm.bus import message, published
from tests.integration.crm.merge_world import (
    IN_TIME,
    TABLE,
    deliver,
    finder,
    index,
    merged,
    pair,
    picture,
)
from tests.integration.gateway import Api, Member


@pytest.fixture
def find(cloud: None) -> Api:
    return finder()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"ids": ["con_x"]}, 422, "invalid"),
        ({"ids": 1}, 422, "invalid"),
        ({"fields": {"nonsense": {"value": 1}}}, 422, "unknown_field"),
        ({"fields": {"custom": {"value": {}}}}, 422, "unknown_field"),
        ({"fields": {"name": {"from": "con_x"}}}, 422, "unknown_reference"),
        ({"fields": {"name": {}}}, 422, "invalid"),
        ({"fields": {"name": {"value": ""}}}, 422, "invalid"),
        ({"fields": {"email": {"value": "no address"}}}, 422, "invalid"),
        ({"fields": {"email": {"value": "third@a.example"}}}, 409, "duplicate_email"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    find: Api, api: Api, change: dict[str, Any], status: int, code: str
) -> None:
    ids = list(pair(api))
    api.make("/v1/contacts", {"name": "Third", "email": "third@a.example"})
    before = picture()
    reply = find.post("/v1/contacts/merge", {"ids": ids, **change})
    assert (reply.status, reply.json["code"]) == (status, code), reply.body
    assert picture() == before


def test_ids_are_of_the_type_there_once_and_not_too_many(find: Api, api: Api) -> None:
    winner, _ = pair(api)
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    for ids, status in (
        ([winner, winner], 422), ([winner, company], 422), ([winner], 422),
        ([winner, new_id("con")], 404), ([new_id("con") for _ in range(MAX_RECORDS + 1)], 422),
    ):  # fmt: skip
        assert find.post("/v1/contacts/merge", {"ids": ids}).status == status


def test_who_may_not_delete_or_does_not_see_all_merges_nothing(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    half = Api(find_handler, Member(principal="key_half", scopes=("contacts:write",)))
    reply = half.post("/v1/contacts/merge", {"ids": [winner, loser]})
    assert (reply.status, reply.json["code"]) == (403, "missing_scope")
    member = new_id("mem")
    own = Member(principal="key_own", role="rep", visibility="own", member=member)
    mine = Api(api.handler, own).make("/v1/contacts", {"name": "Mine"})["id"]
    assert Api(find_handler, own).post("/v1/contacts/merge", {"ids": [mine, loser]}).status == 404
    done = merged(find, "contacts", [winner, loser])
    assert Api(find_handler, own).get(f"/v1/merges/{done['id']}").status == 404
    other = Api(find_handler, Member(workspace="wsp_two"))
    assert other.get(f"/v1/merges/{done['id']}").status == 404
    assert other.post(f"/v1/merges/{done['id']}/undo").status == 404


def test_too_many_associations_together_are_refused_before_anything_moves(
    find: Api, api: Api
) -> None:
    winner, loser = pair(api)
    for record_id, living in ((winner, 600), (loser, 401)):
        count = {"pk": f"W#wsp_one#ASSOCIATED#{record_id}", "sk": "COUNT", "living": living}
        aws.client("dynamodb").put_item(TableName=TABLE, Item=marshal_item(count))
    before = picture()
    reply = find.post("/v1/contacts/merge", {"ids": [winner, loser]})
    assert (reply.status, reply.json["code"]) == (409, "too_many_associations")
    assert picture() == before


def test_ten_records_cost_what_two_do_and_what_moves_goes_forty_at_a_time(
    find: Api, api: Api, calls: Calls
) -> None:
    ids = [
        api.make("/v1/contacts", {"name": f"C{n}", "email": f"c{n}@a.example"})["id"]
        for n in range(MAX_RECORDS)
    ]
    for number in range(45):
        api.make("/v1/deals", {"name": f"D{number}", "contact_ids": [ids[-1]]})
    index()
    calls.clear()
    made = find.make("/v1/contacts/merge", {"ids": ids})
    assert calls.take() == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert deliver(made["id"]) == []
    taken = calls.take()
    assert taken.count("TransactWriteItems") == 3  # 40, 5, and that it is done
    assert taken.count("Query") <= 2 * len(ids)
    find.get(f"/v1/merges/{made['id']}")
    assert calls.take() == ["BatchGetItem", "GetItem"]
    assert deliver(made["id"]) == []  # again
    assert "TransactWriteItems" not in calls.take()
    find.make(
        "/v1/contacts/merge", {"ids": [ids[0], api.make("/v1/contacts", {"name": "N"})["id"]]}
    )
    assert calls.take()[1:] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    api.get(f"/v1/contacts/{ids[0]}")
    assert calls.take() == ["GetItem"]
    api.get(f"/v1/contacts/{ids[1]}")
    assert calls.take() == ["GetItem", "GetItem"]
    absent = new_id("con")
    api.get(f"/v1/contacts/{absent}")
    assert calls.take() == ["GetItem"]  # what was read says that it is not there


def test_events_tell_of_each_record_that_was_merged_and_came_back(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    made = find.make("/v1/contacts/merge", {"ids": [winner, loser]})
    assert published(made["id"])["type"] == "merge.started"
    event = published(loser)
    assert (event["type"], event["source"], event["data"]["merged_into"]) == (
        "contact.merged", "merge", winner,
    )  # fmt: skip
    deliver(made["id"])
    assert published(made["id"])["type"] == "merge.completed"
    find.post(f"/v1/merges/{made['id']}/undo")
    assert published(loser)["type"] == "contact.unmerged"
    assert published(made["id"])["type"] == "merge.undo_started"
    deliver(made["id"])
    assert published(made["id"])["type"] == "merge.undo_completed"


def test_how_many_videos_moved_is_what_their_context_told_last(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    made = find.make("/v1/contacts/merge", {"ids": [winner, loser]})["id"]
    deliver(made)

    def tell(merge_id: str, moved: int, back: int) -> Any:
        event = {"id": new_id("evt"), "type": "merge.videos_moved", "workspace": "wsp_one",
                 "occurred_at": "2026-11-25T00:00:00.000Z",
                 "subject": {"type": "merge", "id": merge_id},
                 "data": {"videos": moved, "videos_back": back}}  # fmt: skip
        assert merge_records({"Records": [message(event)]}, IN_TIME)["batchItemFailures"] == []
        merge = find.get(f"/v1/merges/{made}").json
        return merge["moved"]["videos"], merge["moved_back"]["videos"]

    assert tell(new_id("mrg"), 9, 0) == (None, None)  # of a merge that is not there
    assert tell(made, 2, 0) == (2, 0)
    assert tell(made, 3, 0) == (3, 0)
    assert tell(made, 3, 3) == (3, 3)
    for earlier in ((2, 0), (3, 0), (2, 3)):  # told before, delivered after
        assert tell(made, *earlier) == (3, 3)
