"""A task is reminded of when it is time; an automation makes one when a deal moves; videos follow
the records that merge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.shared.clock import iso
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(600), pytest.mark.cloud]
SOON = 180.0  # seconds: everything starts cold here


def entries(tenant: Tenant, path: str) -> list[dict[str, Any]]:
    return list(tenant.api.get(f"{path}/timeline", kind="activities")["data"])


def test_a_task_is_reminded_of_and_then_overdue_each_once(tenant: Tenant) -> None:
    contact = tenant.api.post("/v1/contacts", {"name": "Mira"})["id"]
    links = [{"type": "contact", "id": contact}]
    due = iso(datetime.now(UTC) + timedelta(seconds=5))
    task = {"due_at": due, "remind_before": 0}
    tenant.api.post(
        "/v1/activities", {"type": "task", "subject": "Call", "links": links, "task": task}
    )
    told = until(
        lambda: [each["kind"] for each in entries(tenant, f"/v1/contacts/{contact}")],
        lambda seen: {"task.reminder_due", "task.overdue"} <= set(seen),
        SOON,
    )
    assert sorted(told) == ["activity.created", "task.overdue", "task.reminder_due"]


def test_an_automation_makes_a_task_when_a_deal_moves(tenant: Tenant) -> None:
    rule = tenant.api.post(
        "/v1/automations",
        {
            "name": "Prepare the offer", "record_type": "deal", "when": ["deal.stage_moved"],
            "condition": {"==": [{"var": "stage"}, "proposal"]},
            "actions": [{"type": "create_task", "subject": "Write the offer", "due_in": 60}],
        },
    )["id"]  # fmt: skip
    deal = tenant.api.post("/v1/deals", {"name": "Quay"})["id"]
    tenant.api.post(f"/v1/deals/{deal}/move", {"stage": "proposal"})
    (told,) = until(lambda: entries(tenant, f"/v1/deals/{deal}"), lambda seen: len(seen) == 1, SOON)
    assert (told["kind"], told["source"]) == ("activity.created", "automation")
    assert told["data"]["subject"] == "Write the offer"
    (run,) = tenant.api.get(f"/v1/automations/{rule}/runs")["data"]
    assert run["outcome"] == "done"
    tenant.api.client.delete(f"/v1/automations/{rule}")


def test_a_video_goes_with_its_contact_into_a_merge_and_back(tenant: Tenant) -> None:
    winner, loser = (tenant.api.post("/v1/contacts", {"name": f"Noor {n}"})["id"] for n in range(2))
    source = {"filename": "hello.mp4", "content_type": "video/mp4", "size_bytes": 1_000}
    links = [{"type": "contact", "id": loser}]
    video = tenant.api.post("/v1/videos", {**source, "links": links})["id"]

    def linked() -> list[str]:
        return [each["id"] for each in tenant.video(video)["links"]]

    merge = tenant.api.post("/v1/contacts/merge", {"ids": [winner, loser]})["id"]
    until(linked, lambda seen: seen == [winner], SOON)
    until(lambda: tenant.api.get(f"/v1/merges/{merge}")["state"], lambda seen: seen == "done", SOON)
    tenant.api.post(f"/v1/merges/{merge}/undo")
    until(linked, lambda seen: seen == [loser], SOON)
    tenant.api.client.post(f"/v1/videos/{video}/cancel")
