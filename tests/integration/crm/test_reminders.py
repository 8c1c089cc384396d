"""Reminders on a scheduler: made, moved and taken away; what they say is said once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from functions.crm.api.handler import handler as api_handler
from functions.crm.remind.handler import handler as remind
from functions.crm.schedule_reminders.handler import handler as schedule
from functions.shared import aws
from functions.shared.clock import iso, now
from tests.integration.cloud import Calls
from tests.integration.crm.bus import deliver, image, message, published
from tests.integration.gateway import CONTEXT, Api
from tests.integration.parallel import shared_cloud

PREFIX = "reelate-local-act_"


def scheduled() -> dict[str, Any]:
    """Return what each schedule would say, by its time."""
    scheduler = aws.client("scheduler")
    found = {}
    for each in scheduler.list_schedules()["Schedules"]:
        one = scheduler.get_schedule(Name=each["Name"])
        assert each["Name"].startswith(PREFIX)
        assert one["ActionAfterCompletion"] == "DELETE"
        assert one["ScheduleExpressionTimezone"] == "UTC"
        found[one["ScheduleExpression"]] = json.loads(one["Target"]["Input"])["say"]
    return found


def hear(*details: dict[str, Any]) -> None:
    records = [message(each) for each in details]
    assert schedule({"Records": records}, CONTEXT) == {"batchItemFailures": []}


def task(api: Api, **own: Any) -> str:
    body = {"type": "task", "subject": "Call", "task": own}
    made: str = api.make("/v1/activities", body)["id"]
    return made


def expression(moment: str) -> str:
    return f"at({moment[:19]})"


def test_a_tasks_schedules_follow_it(api: Api, cloud: None) -> None:
    made = task(api, due_date="2027-03-28", time_zone="Europe/Berlin", remind_before=30)
    first = published(made)
    hear(first, first)
    assert scheduled() == {
        "at(2027-03-28T22:00:00)": "overdue", "at(2027-03-28T21:30:00)": "remind",
    }  # fmt: skip
    old = image(made)
    api.patch(f"/v1/activities/{made}", {"task": {"due_time": "09:00"}})
    second = published(made, old)
    hear(second, first)  # the older one last
    assert scheduled() == {
        "at(2027-03-28T07:00:00)": "overdue", "at(2027-03-28T06:30:00)": "remind",
    }  # fmt: skip
    api.post(f"/v1/activities/{made}/complete")
    third = published(made)
    hear(third, second, first)
    assert scheduled() == {}
    api.post(f"/v1/activities/{made}/reopen")
    hear(published(made))
    assert len(scheduled()) == 2
    api.delete(f"/v1/activities/{made}")
    hear(published(made), first)
    assert scheduled() == {}


def test_what_is_no_task_costs_nothing(api: Api, cloud: None, calls: Calls) -> None:
    note = api.make("/v1/activities", {"type": "note", "body": "b"})["id"]
    event = published(note)
    calls.clear()
    with Calls("scheduler") as of_scheduler:
        hear(event)
    assert (calls.take(), of_scheduler.take()) == ([], [])


def test_following_a_task_costs_two_reads_and_a_call_for_each_schedule(
    api: Api, cloud: None, calls: Calls
) -> None:
    event = published(task(api, due_at=iso(now() + timedelta(days=1))))
    calls.clear()
    with Calls("scheduler") as of_scheduler:
        hear(event)
    assert calls.take() == ["GetItem", "GetItem"]
    assert sorted(of_scheduler.take()) == ["CreateSchedule", "DeleteSchedule"]


def payload(task_id: str, say: str, at: str) -> dict[str, str]:
    return {"workspace": "wsp_one", "task": task_id, "say": say, "at": at}


def test_a_reminder_is_said_once_and_stands_on_the_timelines(api: Api, calls: Calls) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    links = [{"type": "contact", "id": contact}]
    own = {"due_at": "2027-01-02T00:00:00Z", "remind_before": 60}
    body = {"type": "task", "subject": "Call", "links": links, "task": own}
    made = api.make("/v1/activities", body)
    due = payload(made["id"], "remind", made["remind_at"])
    calls.clear()
    for _ in range(3):
        remind(due, CONTEXT)
    assert calls.take() == ["GetItem", "TransactWriteItems", "GetItem", "GetItem"]
    event = published(made["id"])
    assert (event["type"], event["source"]) == ("task.reminder_due", "pipeline")
    assert event["subject"] == {"type": "activity", "id": made["id"]}
    deliver(event)
    (entry,) = api.get(f"/v1/contacts/{contact}/timeline").json["data"]
    assert entry["kind"] == "task.reminder_due"


@pytest.mark.parametrize("act", ["complete", "delete", "move", "foreign"])
def test_what_is_no_longer_so_is_not_said(api: Api, act: str) -> None:
    made = task(api, due_at="2027-01-02T00:00:00Z")
    due = payload(made, "overdue", "2027-01-02T00:00:00.000Z")
    if act == "complete":
        api.post(f"/v1/activities/{made}/complete")
    elif act == "delete":
        api.delete(f"/v1/activities/{made}")
    elif act == "move":
        api.patch(f"/v1/activities/{made}", {"task": {"due_at": "2027-01-03T00:00:00Z"}})
    else:
        due["workspace"] = "wsp_two"
    before = image(made)
    remind(due, CONTEXT)
    assert image(made) == before


@pytest.fixture
def shared() -> Iterator[Api]:
    with shared_cloud():
        yield Api(api_handler)


def test_a_schedule_that_fires_twenty_times_at_once_says_it_once(shared: Api) -> None:
    made = task(shared, due_at="2027-01-02T00:00:00Z")
    due = payload(made, "overdue", "2027-01-02T00:00:00.000Z")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: remind(due, CONTEXT), range(20)))
    after = image(made)
    assert (after["version"], after["overdue_at"]) == (2, "2027-01-02T00:00:00.000Z")
    assert [each["type"] for each in after["_events"]] == ["task.overdue"]
