"""A timeline by kinds: groups of entries and single kinds, from an index, never silently short."""

from typing import Any

import pytest

from functions.shared.ids import new_id
from tests.integration.cloud import Calls
from tests.integration.crm.bus import deliver, published, video_event
from tests.integration.gateway import Api


def entries(api: Api, path: str) -> list[str]:
    """Return the kinds of all entries, page after page."""
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{path}{cursor}").json
        found += [each["kind"] for each in page["data"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return found


@pytest.fixture
def story(api: Api) -> str:
    """A contact with entries of several groups; returns its timeline's path."""
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    links = [{"type": "contact", "id": contact}]
    note = api.make("/v1/activities", {"type": "note", "body": "b", "links": links})["id"]
    deal = api.make("/v1/deals", {"name": "D", "contact_ids": [contact]})["id"]
    happened = [published(contact), published(note), published(deal)]
    api.post(f"/v1/deals/{deal}/move", {"stage": "proposal"})
    happened.append(published(deal))
    happened += [video_event("video.updated", links) for _ in range(7)]
    happened.append(video_event("video.analysed", links))
    deliver(*happened)
    return f"/v1/contacts/{contact}/timeline"


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("activities", ["activity.created"]),
        ("stages", ["deal.stage_moved"]),
        ("changes", ["deal.created", "contact.created"]),
        ("insights", ["video.analysed"]),
        ("videos", ["video.updated"] * 7),
        ("insights, activities", ["video.analysed", "activity.created"]),
        ("deal.created", ["deal.created"]),
        ("stages,contact.created", ["deal.stage_moved", "contact.created"]),
        ("deal.won", []),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_timeline_by_kinds_is_the_whole_of_those_kinds(
    api: Api, story: str, kinds: str, expected: list[str], limit: int
) -> None:
    assert entries(api, f"{story}?limit={limit}&kind={kinds}") == expected


def test_a_group_costs_a_look_at_the_record_and_a_query(api: Api, story: str, calls: Calls) -> None:
    calls.clear()
    api.get(f"{story}?kind=activities")
    assert calls.take() == ["GetItem", "Query"]
    api.get(f"{story}?kind=activities,stages")
    assert calls.take() == ["GetItem", "Query", "Query"]
    api.get(f"{story}?kind=deal.won")
    assert calls.take() == ["GetItem", "Query"]


def test_a_kind_that_is_none_and_a_record_that_is_gone_are_refused(api: Api, story: str) -> None:
    reply = api.get(f"{story}?kind=everything")
    assert (reply.status, reply.json["code"]) == (400, "unknown_kind")
    assert api.get(f"/v1/contacts/{new_id('con')}/timeline?kind=stages").status == 404
    api.delete(story.removesuffix("/timeline"))
    assert api.get(f"{story}?kind=stages").status == 404


def test_a_cursor_belongs_to_its_kinds(api: Api, story: str) -> None:
    cursor: Any = api.get(f"{story}?limit=1&kind=videos").json["next_cursor"]
    assert api.get(f"{story}?limit=1&kind=stages&cursor={cursor}").status == 400
    assert api.get(f"{story}?limit=1&cursor={cursor}").status == 400


def test_few_of_a_kind_among_many_are_found_and_a_short_page_says_so(
    api: Api, calls: Calls
) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    made = published(contact)
    first = {**made, "occurred_at": "2026-01-01T00:00:00.000Z"}
    updated = {**made, "type": "contact.updated"}
    deliver(first, *[{**updated, "id": new_id("evt")} for _ in range(520)])
    path = f"/v1/contacts/{contact}/timeline?kind=contact.created"
    calls.clear()
    page = api.get(path).json
    assert page["data"] == []
    assert page["next_cursor"] is not None
    assert calls.take() == ["GetItem", *["Query"] * 5]
    assert entries(api, path + "&limit=25") == ["contact.created"]
