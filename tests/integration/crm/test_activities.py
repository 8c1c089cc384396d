"""Activities over the API: links to any records, tasks done and undone, videos asked for."""

from typing import Any

import pytest

from functions.crm import dynamodb_definitions
from functions.crm.api.handler import handler
from functions.shared import aws
from functions.shared.attributes import marshal_item
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.crm.bus import deliver, published
from tests.integration.gateway import Api, Member

AT = "2026-11-22T21:59:17Z"


@pytest.fixture
def video(cloud: None) -> str:
    """A video, as its context keeps it."""
    made = new_id("vid")
    item = {"pk": f"W#wsp_one#{made}", "sk": "RECORD", "id": made, "object": "video"}
    aws.client("dynamodb").put_item(TableName=ENVIRONMENT["VIDEO_TABLE"], Item=marshal_item(item))
    return made


def kinds(api: Api, path: str) -> list[str]:
    return [each["kind"] for each in api.get(f"{path}/timeline").json["data"]]


def test_a_call_about_many_records_stands_on_the_timeline_of_each(api: Api, video: str) -> None:
    contact, another = (api.make("/v1/contacts", {"name": name})["id"] for name in ("A", "B"))
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    deal = api.make("/v1/deals", {"name": "Rollout"})["id"]
    links = [
        {"type": "contact", "id": contact, "role": "decision_maker"},
        {"type": "company", "id": company}, {"type": "deal", "id": deal},
        {"type": "video", "id": video},
    ]  # fmt: skip
    call = {"direction": "outbound", "duration_ms": 61_000, "video_id": video}
    body = {"type": "call", "subject": "Kick-off", "links": links, "call": call}
    made = api.make("/v1/activities", body)
    assert made["call"] == {**call, "outcome": None, "phone": None}
    starts = {"starts_at": AT, "attendees": [{"contact_id": another}]}
    meeting = api.make("/v1/activities", {"type": "meeting", "meeting": starts})
    deliver(published(made["id"]), published(meeting["id"]))
    for path in (f"/v1/contacts/{contact}", f"/v1/companies/{company}", f"/v1/deals/{deal}",
                 f"/v1/contacts/{another}"):  # fmt: skip
        assert kinds(api, path) == ["activity.created"]


def test_a_video_is_asked_for_once_and_only_when_it_is_newly_named(
    api: Api, calls: Calls, video: str
) -> None:
    with Calls("lambda") as invokes:
        links = [{"type": "video", "id": video}]
        made = api.make("/v1/activities", {"type": "note", "body": "b", "links": links})
        assert invokes.take() == ["Invoke"]
        assert api.patch(f"/v1/activities/{made['id']}", {"body": "c"}).status == 200
        assert invokes.take() == []


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_unknown_video_is_an_unknown_reference(api: Api, method: str) -> None:
    made = api.make("/v1/activities", {"type": "call", "call": {"direction": "inbound"}})
    path = "/v1/activities" + (f"/{made['id']}" if method == "PATCH" else "")
    nothing = new_id("vid")
    body: dict[str, Any] = {
        "links": [{"type": "video", "id": nothing}],
        "call": {"direction": "inbound", "video_id": nothing},
    }
    reply = api.request(method, path, body | ({"type": "call"} if method == "POST" else {}))
    assert (reply.status, reply.json["code"]) == (422, "unknown_reference")
    pointers = [each["pointer"] for each in reply.json["errors"]]
    assert pointers == ["/links/0/id", "/call/video_id"]


def test_a_task_is_done_open_again_and_given_up_each_with_its_event(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    links = [{"type": "contact", "id": contact}]
    body = {"type": "task", "subject": "Call", "links": links, "task": {"due_at": AT}}
    path = f"/v1/activities/{api.make('/v1/activities', body)['id']}"
    happened = [published(path.rpartition("/")[2])]
    for act, status in (("complete", "done"), ("reopen", "open"), ("cancel", "cancelled")):
        done = api.post(f"{path}/{act}", idempotency_key=act)
        assert (done.status, done.json["status"]) == (200, status)
        assert (done.json["done_at"] is not None) is (status == "done")
        happened.append(published(path.rpartition("/")[2]))
        assert api.post(f"{path}/{act}").json["version"] == done.json["version"]
        assert api.post(f"{path}/{act}", idempotency_key=act).body == done.body
    deliver(*happened)
    assert kinds(api, f"/v1/contacts/{contact}") == [
        "activity.cancelled", "activity.reopened", "activity.completed", "activity.created",
    ]  # fmt: skip


def test_only_a_task_is_completed_and_only_by_whom_may_write(api: Api) -> None:
    note = api.make("/v1/activities", {"type": "note", "body": "b"})["id"]
    reply = api.post(f"/v1/activities/{note}/complete")
    assert (reply.status, reply.json["code"]) == (409, "not_a_task")
    task = api.make("/v1/activities", {"type": "task", "subject": "S"})
    path = f"/v1/activities/{task['id']}/complete"
    assert Api(handler, Member(role="viewer")).post(path).status == 403
    assert api.post(path, if_match='"9"').status == 412
    assert api.post(path, if_match='"1"').status == 200


def test_acts_cost_what_a_change_costs(api: Api, calls: Calls) -> None:
    task = api.make("/v1/activities", {"type": "task", "subject": "S"})
    calls.clear()
    api.post(f"/v1/activities/{task['id']}/complete")
    assert calls.take() == ["GetItem", "TransactWriteItems"]
    api.post(f"/v1/activities/{task['id']}/complete")
    assert calls.take() == ["GetItem"]


def test_a_meeting_of_many_about_many_fits_into_one_transaction(api: Api, calls: Calls) -> None:
    people = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(80)]
    links = [{"type": "contact", "id": each} for each in people[:40]]
    attendees = [{"contact_id": each} for each in people[40:]]
    body = {"type": "meeting", "links": links, "meeting": {"starts_at": AT, "attendees": attendees}}
    calls.clear()
    assert api.post("/v1/activities", body, idempotency_key="k").status == 201
    assert calls.take() == ["TransactWriteItems"]


def test_the_number_of_a_call_is_kept_as_every_phone_number_is(api: Api, setup: Api) -> None:
    def call(phone: str) -> Any:
        body = {"type": "call", "call": {"direction": "inbound", "phone": phone}}
        return api.post("/v1/activities", body)

    refused = call("030 5550142")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/call/phone")
    assert setup.patch("/v1/record-settings", {"phone_region": "DE"}).status == 200
    dynamodb_definitions.forget()
    made = call("030 5550142").json
    assert made["call"]["phone"] == "+49305550142"
    path = f"/v1/activities/{made['id']}"
    for spelled, version in (("+49 (30) 555-0142", 1), ("+44 20 7946 0000", 2)):
        changed = api.patch(path, {"call": {"phone": spelled}}).json
        assert changed["version"] == version
    assert changed["call"]["phone"] == "+442079460000"
    assert api.patch(path, {"call": {"phone": None}}).json["call"]["phone"] is None
