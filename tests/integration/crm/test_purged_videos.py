"""A video that is gone for good: what the CRM held of it goes when it hears so."""

import json
from typing import Any

import pytest

from functions.crm.sweep.handler import handler as sweep
from functions.shared import aws, events
from functions.shared.attributes import marshal_item
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.record import stamp
from tests.integration.cloud import ENVIRONMENT
from tests.integration.crm.bus import deliver, message, video_event
from tests.integration.crm.joining import join, listed, people_and_company
from tests.integration.crm.test_lifecycle import of_record
from tests.integration.gateway import CONTEXT, Api


@pytest.fixture
def video(cloud: None) -> str:
    """A video, as its context keeps it."""
    made = new_id("vid")
    item = {"pk": f"W#wsp_one#{made}", "sk": "RECORD", "id": made, "object": "video"}
    aws.client("dynamodb").put_item(TableName=ENVIRONMENT["VIDEO_TABLE"], Item=marshal_item(item))
    return made


def purged(video: str, workspace: str = "wsp_one") -> dict[str, Any]:
    """Return `video.purged` as the outbox sends it: of the record only its id is left."""
    left = {"id": video, "object": "video", "version": 9, "purged_at": "2026-11-25T12:00:00.000Z"}
    caller = Caller(workspace, "key_one", "admin", frozenset(), "req_1")
    return events.envelope(workspace, stamp("video.purged", caller), left, None)


def told(detail: dict[str, Any], times: int = 1) -> None:
    for _ in range(times):
        assert sweep({"Records": [message(detail)]}, CONTEXT) == {"batchItemFailures": []}


@pytest.mark.parametrize("times", [1, 3])
def test_its_associations_go_from_both_ends(api: Api, video: str, times: int) -> None:
    contact, company = people_and_company(api)
    join(api, ("contact", contact), ("video", video))
    join(api, ("video", video), ("company", company))
    other = join(api, ("contact", contact), ("company", company), "works_at")

    told(purged(video), times)

    assert of_record(video) == []
    assert listed(api, f"/v1/contacts/{contact}/associations") == [("works_at", company)]
    assert listed(api, f"/v1/companies/{company}/associations") == [("employs", contact)]
    assert api.get(f"/v1/associations/{other['id']}").status == 200


def test_another_video_s_and_another_workspace_s_stay(api: Api, video: str) -> None:
    contact, _ = people_and_company(api)
    join(api, ("contact", contact), ("video", video))

    told(purged(new_id("vid")))
    told(purged(video, workspace="wsp_two"))

    assert listed(api, f"/v1/contacts/{contact}/associations") == [("related", video)]


def entries(api: Api, contact: str) -> list[str]:
    """Return the kinds of what a contact's timeline tells of videos and their shares."""
    reply = api.get(f"/v1/contacts/{contact}/timeline?kind=videos,views")
    return sorted(each["kind"] for each in reply.json["data"])


def test_what_timelines_told_of_it_and_its_shares_goes(api: Api, video: str) -> None:
    contact, company = people_and_company(api)
    links = [{"type": "contact", "id": contact}, {"type": "company", "id": company}]
    other = new_id("vid")
    share = {
        "object": "share", "video_id": video, "id": new_id("shr"), "video_title": "Call with Ada",
        "recipient": {"email": "ada@acme.example"}, "expires_at": "2026-12-22T21:59:17.123Z",
    }  # fmt: skip
    deliver(
        video_event("video.ready", links, id=video),
        video_event("video.failed", links[1:], id=video),
        video_event("share.opened", links[:1], **share),
        video_event("video.ready", links, id=other),
    )
    assert entries(api, contact) == ["share.opened", "video.ready", "video.ready"]

    told(purged(video), times=2)

    assert entries(api, contact) == ["video.ready"]
    items = aws.client("dynamodb").scan(TableName=ENVIRONMENT["CRM_TABLE"])["Items"]
    assert video not in json.dumps(items)
    assert other in json.dumps(items)
