"""Requests per access pattern, by recording them: the same with few records and with many."""

import pytest

from functions.crm import dynamodb_definitions, dynamodb_pipelines, dynamodb_rules
from tests.integration.cloud import Calls
from tests.integration.crm.bodies import RESOURCES, body_for
from tests.integration.crm.bus import deliver, published, video_event
from tests.integration.gateway import Api


@pytest.mark.parametrize("others", [0, 30])
@pytest.mark.parametrize("resource", RESOURCES)
def test_each_act_costs_what_the_table_of_patterns_says(
    api: Api, calls: Calls, resource: str, others: int
) -> None:
    body = body_for(api, resource)
    dynamodb_definitions.forget()  # else what an earlier test has fetched may be over right here
    dynamodb_rules.forget()
    dynamodb_pipelines.forget()
    for _ in range(1 + others):  # the first fetches what is then kept in memory
        api.make(f"/v1/{resource}", body)
    field = "subject" if resource == "activities" else "name"
    calls.clear()
    created = api.post(f"/v1/{resource}", body, idempotency_key="k1")
    path = f"/v1/{resource}/{created.json['id']}"
    assert calls.take() == ["TransactWriteItems"]
    api.get(path)
    assert calls.take() == ["GetItem"]
    api.get(f"/v1/{resource}?limit=20")
    assert calls.take() == ["Query"]
    api.patch(path, {field: "New"}, idempotency_key="k1")
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.patch(path, {field: "New"})
    assert calls.take() == ["GetItem"]
    api.post(f"/v1/{resource}", body, idempotency_key="k1")
    assert calls.take() == ["TransactWriteItems", "GetItem"]
    api.delete(path, idempotency_key="k1")
    assert calls.take() == ["GetItem", "TransactWriteItems"]


def test_a_page_of_a_timeline_is_one_query_and_an_empty_one_a_further_look(
    api: Api, calls: Calls
) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    path = f"/v1/contacts/{contact}/timeline"
    calls.clear()
    api.get(path)
    assert calls.take() == ["Query", "GetItem"]
    links = [{"type": "contact", "id": contact}]
    deliver(*[video_event("video.updated", links) for _ in range(30)])
    calls.clear()
    first = api.get(f"{path}?limit=20").json
    assert calls.take() == ["Query"]
    api.get(f"{path}?limit=20&cursor={first['next_cursor']}")
    assert calls.take() == ["Query"]


def test_an_event_costs_one_write_however_many_records_it_concerns(api: Api, calls: Calls) -> None:
    contacts = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(5)]
    alone = published(contacts[0])
    links = [{"type": "contact", "id": each} for each in contacts]
    calls.clear()
    deliver(alone)
    assert calls.take() == ["PutItem"]
    deliver(video_event("video.ready", links))
    assert calls.take() == ["TransactWriteItems"]
    deliver(video_event("video.ready", []))
    assert calls.take() == []


def test_what_is_refused_before_the_table_costs_nothing(api: Api, calls: Calls) -> None:
    api.get("/v1/contacts/con_x")
    api.post("/v1/contacts", {"nonsense": 1})
    api.get("/v1/contacts?cursor=forged")
    assert calls.take() == []
