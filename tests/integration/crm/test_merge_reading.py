"""What is read of merged records from elsewhere: timelines and associations, through either id."""

from typing import Any

import pytest

from tests.integration.crm import bus
from tests.integration.crm.bus import video_event
from tests.integration.crm.joining import join
from tests.integration.crm.merge_world import finder, merged, pair, undone
from tests.integration.gateway import Api


@pytest.fixture
def find(cloud: None) -> Api:
    return finder()


def test_what_a_model_found_is_told_with_evidence_on_both_records_also_after_a_merge(
    find: Api, api: Api
) -> None:
    winner, loser = pair(api)
    deal = api.make("/v1/deals", {"name": "Big", "contact_ids": [loser]})["id"]
    told = []
    for number, contact in enumerate((loser, winner)):
        links = [{"type": "contact", "id": contact}, {"type": "deal", "id": deal}]
        words = {"quote": "We will buy.", "start_ms": 1_000, "end_ms": 2_000, "speaker": "s1"}
        analysis = {"summary": [{"text": "They will buy.", "evidence": [words]}]}
        event = video_event("video.analysed", links, analysis=analysis)
        event |= {"source": "ai", "evidence": {"video": event["subject"]["id"], "run": 1}}
        event["occurred_at"] = f"2026-11-24T00:00:0{number}.000Z"
        told.append(event)
    assert bus.deliver(told[1], told[0]) == []  # the later one first
    done = merged(find, "contacts", [winner, loser])

    def insights(path: str) -> list[Any]:
        return list(api.get(f"/v1/{path}/timeline?kind=insights").json["data"])

    for path in (f"contacts/{winner}", f"contacts/{loser}", f"deals/{deal}"):
        assert [each["id"] for each in insights(path)] == [told[1]["id"], told[0]["id"]]
        for entry, event in zip(insights(path), told[::-1], strict=True):
            assert (entry["source"], entry["evidence"]) == ("ai", event["evidence"])
            assert entry["data"]["analysis"]["summary"][0]["evidence"][0]["quote"] == "We will buy."
    undone(find, done["id"])
    assert [each["id"] for each in insights(f"contacts/{winner}")] == [told[1]["id"]]
    assert [each["id"] for each in insights(f"contacts/{loser}")] == [told[0]["id"]]


def test_associations_are_read_and_made_through_an_old_id_as_the_winner_s(
    find: Api, api: Api
) -> None:
    winner, loser = pair(api)
    company, deal = (
        api.make(f"/v1/{kind}", {"name": "Harbor"})["id"] for kind in ("companies", "deals")
    )
    join(api, ("contact", loser), ("company", company), "works_at")
    join(api, ("contact", winner), ("company", company), "works_at")
    before = api.get(f"/v1/contacts/{loser}/associations").json["data"]
    done = merged(find, "contacts", [winner, loser])

    through = join(api, ("contact", loser), ("deal", deal), "champion")
    assert through["from"]["id"] == winner
    again = api.post("/v1/associations", {"from": {"type": "contact", "id": loser},
                                          "to": {"type": "deal", "id": deal},
                                          "label": "champion"})  # fmt: skip
    assert (again.status, again.json["id"]) == (200, through["id"])
    turned = api.post("/v1/associations", {"from": {"type": "contact", "id": loser},
                                           "to": {"type": "contact", "id": winner}})  # fmt: skip
    assert (turned.status, turned.json["code"]) == (422, "same_record")
    here, there = (
        api.get(f"/v1/contacts/{each}/associations").json["data"] for each in (winner, loser)
    )
    assert here == there
    assert [each["label"] for each in here] == ["works_at", "champion"]

    undone(find, done["id"])
    back = api.get(f"/v1/contacts/{loser}/associations").json["data"]
    passing = {"version", "updated_at"}
    assert [{k: v for k, v in each.items() if k not in passing} for each in back] == [
        {k: v for k, v in each.items() if k not in passing} for each in before
    ]
    labels = [each["label"] for each in api.get(f"/v1/contacts/{winner}/associations").json["data"]]
    assert labels == ["works_at", "champion"]


def test_the_winner_s_timeline_is_theirs_together_page_by_page(find: Api, api: Api) -> None:
    ids = [api.make("/v1/contacts", {"name": f"C{n}"})["id"] for n in range(3)]
    expected = []
    for number in range(12):
        links = [{"type": "contact", "id": ids[number % 3]}]
        event = video_event("video.updated", links)
        event["occurred_at"] = f"2026-11-24T00:00:{number:02}.000Z"
        expected.insert(0, event["id"])
        assert bus.deliver(event) == []
    merged(find, "contacts", ids)
    for record_id in ids:
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = api.get(f"/v1/contacts/{record_id}/timeline?limit=5"
                           + (f"&cursor={cursor}" if cursor else "")).json  # fmt: skip
            seen += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]
        assert seen == expected


def test_an_association_parted_since_stays_parted_and_is_reported(find: Api, api: Api) -> None:
    winner, loser = pair(api)
    company = api.make("/v1/companies", {"name": "Harbor"})["id"]
    made = join(api, ("contact", loser), ("company", company), "works_at")
    done = merged(find, "contacts", [winner, loser])
    assert api.delete(f"/v1/associations/{made['id']}").status == 204
    back = undone(find, done["id"])
    assert [(each["id"], each["reason"]) for each in back["left"]] == [(made["id"], "edited_since")]
    assert api.get(f"/v1/contacts/{loser}/associations").json["data"] == []
