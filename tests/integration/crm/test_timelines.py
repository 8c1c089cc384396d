"""What happened to a record, gathered from events of both contexts."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.crm.api.handler import handler
from functions.crm.project_timeline.handler import handler as project
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.crm.bus import deliver, image, message, published, video_event
from tests.integration.gateway import CONTEXT, Api, Member
from tests.integration.parallel import shared_cloud


def kinds(api: Api, path: str) -> list[str]:
    return [each["kind"] for each in api.get(f"{path}/timeline").json["data"]]


def test_a_records_life_is_on_its_timeline_newest_first(api: Api) -> None:
    deal = api.make("/v1/deals", {"name": "Big"})["id"]
    path = f"/v1/deals/{deal}"
    happened = [published(deal)]
    old = image(deal)
    api.post(f"{path}/move", {"stage": "won"})
    happened.append(published(deal, old))
    assert deliver(*happened) == []
    moved, created = api.get(f"{path}/timeline").json["data"]
    assert moved["data"]["last_move"]["from_stage"] == "qualification"
    assert moved["previous"].pop("closed_at") is moved["previous"].pop("last_move") is None
    assert moved == {
        "id": happened[1]["id"],
        "object": "timeline_entry",
        "kind": "deal.stage_moved",
        "group": "stages",
        "occurred_at": happened[1]["occurred_at"],
        "actor": {"type": "api_key", "id": "key_one"},
        "source": "api_key",
        "subject": {"type": "deal", "id": deal},
        "data": happened[1]["data"],
        "previous": {"stage": "qualification", "status": "open"},
        "evidence": None,
    }
    assert (created["kind"], created["previous"]) == ("deal.created", None)


def test_a_deal_concerns_its_contacts_and_company_and_a_contact_its_company(api: Api) -> None:
    company = api.make("/v1/companies", {"name": "Example"})["id"]
    contact = api.make("/v1/contacts", {"name": "Ada", "company_id": company})["id"]
    deal = api.make("/v1/deals", {"name": "Big", "company_id": company, "contact_ids": [contact]})[
        "id"
    ]
    deliver(published(company), published(contact), published(deal))
    assert kinds(api, f"/v1/deals/{deal}") == ["deal.created"]
    assert kinds(api, f"/v1/contacts/{contact}") == ["deal.created", "contact.created"]
    assert kinds(api, f"/v1/companies/{company}") == [
        "deal.created", "contact.created", "company.created",
    ]  # fmt: skip


def test_a_note_is_on_the_timelines_of_all_that_it_is_about_and_was_about(api: Api) -> None:
    first, second = (api.make("/v1/contacts", {"name": name})["id"] for name in ("A", "B"))
    note = api.make(
        "/v1/activities", {"type": "note", "body": "b", "links": [{"type": "contact", "id": first}]}
    )["id"]
    happened = [published(note)]
    old = image(note)
    api.patch(f"/v1/activities/{note}", {"links": [{"type": "contact", "id": second}]})
    deliver(*happened, published(note, old))
    assert kinds(api, f"/v1/contacts/{first}") == ["activity.updated", "activity.created"]
    assert kinds(api, f"/v1/contacts/{second}") == ["activity.updated"]


def test_a_video_and_its_analysis_are_on_the_timelines_it_is_linked_to(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    deal = api.make("/v1/deals", {"name": "Big"})["id"]
    links = [{"type": "contact", "id": contact}, {"type": "deal", "id": deal}]
    analysis = {"summary": [{"text": "They will buy.", "evidence": []}], "counts": {"topics": 2}}
    analysed = video_event("video.analysed", links, analysis=analysis)
    ready = video_event("video.ready", links)
    ready["occurred_at"] = "2026-11-22T21:59:17.123Z"  # earlier than now
    deliver(analysed, ready)
    for path in (f"/v1/contacts/{contact}", f"/v1/deals/{deal}"):
        newest, ready = api.get(f"{path}/timeline").json["data"]
        assert (ready["kind"], newest["kind"]) == ("video.ready", "video.analysed")
        assert newest["data"]["analysis"] == analysis
        assert newest["data"]["title"] == "Call with Ada"
        assert ready["subject"]["type"] == "video"


def test_events_delivered_again_and_in_any_order_leave_one_timeline(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    links = [{"type": "contact", "id": contact}]
    happened = [published(contact)]
    for n in range(9):
        event = video_event("video.updated", links)
        event["occurred_at"] = f"2026-11-22T21:59:1{n}.000Z"
        happened.append(event)
    shuffled = happened * 10
    random.Random(4).shuffle(shuffled)  # noqa: S311 - repeatable, not secret
    for start in range(0, len(shuffled), 10):
        assert deliver(*shuffled[start : start + 10]) == []
    entries = api.get(f"/v1/contacts/{contact}/timeline").json["data"]
    in_order = sorted(happened, key=lambda each: (each["occurred_at"], each["id"]), reverse=True)
    assert [each["id"] for each in entries] == [each["id"] for each in in_order]


def test_an_event_delivered_a_hundred_times_twenty_at_once_is_one_entry() -> None:
    with shared_cloud():
        api = Api(handler)
        deal = api.make("/v1/deals", {"name": "Big"})["id"]
        contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
        links = [{"type": "contact", "id": contact}, {"type": "deal", "id": deal}]
        event = {"Records": [message(video_event("video.ready", links))]}
        with ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(lambda _: project(event, CONTEXT), range(100)))
        assert replies == [{"batchItemFailures": []}] * 100
        assert kinds(api, f"/v1/contacts/{contact}") == ["video.ready"]
        assert kinds(api, f"/v1/deals/{deal}") == ["video.ready"]


def test_a_poison_message_fails_alone(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    good = published(contact)
    bad: list[dict[str, Any]] = [
        {"messageId": "m1", "body": "not JSON", "attributes": {}},
        {"messageId": "m2", "body": "{}", "attributes": {}},
        {"messageId": "m3", "body": '{"detail": {"type": "contact.created"}}', "attributes": {}},
    ]
    reply = project({"Records": [*bad, message(good)]}, CONTEXT)
    assert [each["itemIdentifier"] for each in reply["batchItemFailures"]] == ["m1", "m2", "m3"]
    assert kinds(api, f"/v1/contacts/{contact}") == ["contact.created"]


def test_a_timeline_is_paged_without_loss_or_repetition(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    links = [{"type": "contact", "id": contact}]
    happened = [video_event("video.updated", links) for _ in range(8)]
    deliver(*happened)
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/contacts/{contact}/timeline?limit=3{cursor}").json
        seen += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted(each["id"] for each in happened)


def test_a_cursor_of_one_timeline_does_not_open_another(api: Api) -> None:
    first, second = (api.make("/v1/contacts", {"name": name})["id"] for name in ("A", "B"))
    links = [{"type": "contact", "id": first}, {"type": "contact", "id": second}]
    deliver(*[video_event("video.updated", links) for _ in range(2)])
    cursor = api.get(f"/v1/contacts/{first}/timeline?limit=1").json["next_cursor"]
    assert api.get(f"/v1/contacts/{second}/timeline?limit=1&cursor={cursor}").status == 400


def test_a_deleted_records_timeline_is_gone_at_once_and_whatever_comes_later(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    path = f"/v1/contacts/{contact}"
    links = [{"type": "contact", "id": contact}]
    deliver(published(contact), video_event("video.ready", links))
    api.delete(path)
    gone = api.get(f"{path}/timeline")
    never = api.get(f"/v1/contacts/{new_id('con')}/timeline")
    assert gone.status == never.status == 404
    assert gone.json["detail"] == never.json["detail"]
    late = video_event("video.analysed", links)
    late["occurred_at"] = "2999-01-01T00:00:00.000Z"
    assert deliver(published(contact), late) == []
    assert api.get(f"{path}/timeline").status == 404


def test_a_caller_sees_entries_of_what_it_may_read_only(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    links = [{"type": "contact", "id": contact}]
    note = api.make("/v1/activities", {"type": "note", "body": "secret", "links": links})["id"]
    deliver(published(contact), published(note), video_event("video.ready", links))
    path = f"/v1/contacts/{contact}"
    assert kinds(api, path) == ["video.ready", "activity.created", "contact.created"]
    reader = Api(handler, Member(scopes=("contacts:read",)))
    assert kinds(reader, path) == ["contact.created"]
    assert "secret" not in reader.get(f"{path}/timeline").body


@pytest.mark.parametrize("role", ROLES)
def test_every_role_reads_whole_timelines(api: Api, role: str) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    deliver(video_event("video.ready", [{"type": "contact", "id": contact}]))
    assert kinds(Api(handler, Member(role=role)), f"/v1/contacts/{contact}") == ["video.ready"]


def test_an_event_touches_its_own_workspaces_timelines_only(api: Api, other: Api) -> None:
    mine = api.make("/v1/contacts", {"name": "Ada"})["id"]
    theirs = other.make("/v1/contacts", {"name": "Eve"})["id"]
    deliver(video_event("video.ready", [{"type": "contact", "id": theirs}]))
    deliver(video_event("video.ready", [{"type": "contact", "id": mine}], "wsp_two"))
    assert kinds(api, f"/v1/contacts/{mine}") == []
    assert kinds(other, f"/v1/contacts/{theirs}") == []


def test_a_deal_whose_contacts_and_company_were_exchanged_concerns_both_sets(api: Api) -> None:
    people = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(4)]
    companies = [api.make("/v1/companies", {"name": name})["id"] for name in ("A", "B")]
    deal = api.make(
        "/v1/deals", {"name": "D", "company_id": companies[0], "contact_ids": people[:2]}
    )["id"]
    old = image(deal)
    patch = {"company_id": companies[1], "contact_ids": people[2:]}
    assert api.patch(f"/v1/deals/{deal}", patch).status == 200
    deliver(published(deal, old))
    for each in people:
        assert kinds(api, f"/v1/contacts/{each}") == ["deal.updated"]
    for each in companies:
        assert kinds(api, f"/v1/companies/{each}") == ["deal.updated"]
