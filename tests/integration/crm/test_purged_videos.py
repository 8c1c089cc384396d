"""A video that is gone for good: what the CRM held of it goes when it hears so."""

from typing import Any

import pytest

from functions.crm.sweep.handler import handler as sweep
from functions.shared import aws, events
from functions.shared.attributes import marshal_item
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.record import stamp
from tests.integration.cloud import ENVIRONMENT
from tests.integration.crm.bus import message
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
