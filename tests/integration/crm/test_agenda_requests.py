"""Tasks by their day over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.crm.test_list_requests import indexed
from tests.integration.gateway import Api, problem


def test_tasks_are_asked_for_by_their_day_over_http(api: Api) -> None:
    hour = datetime.now(UTC).hour
    # where it is noon now, so that no midnight comes between
    zone = f"Etc/GMT{hour - 12:+}" if hour != 12 else "UTC"
    today = (datetime.now(UTC) + timedelta(hours=12 - hour)).date()
    made = {}
    for name, own in {
        "late": {"due_at": "2026-01-01T00:00:00Z"},
        "today": {"due_date": today.isoformat(), "time_zone": zone},
        "later": {"due_date": (today + timedelta(days=1)).isoformat(), "time_zone": zone},
        "never": {},
    }.items():
        body = {"type": "task", "subject": name, "task": own}
        made[name] = api.make("/v1/activities", body)["id"]
    indexed(*made.values())

    def subjects(query: str) -> list[str]:
        page = api.get(f"/v1/activities?{query}")
        return [each["subject"] for each in page.json["data"]]

    spelled = zone.replace("+", "%2B")
    assert subjects("type=task&due=overdue") == ["late"]
    assert subjects(f"due=today&tz={spelled}") == ["today"]
    assert subjects(f"due=upcoming&tz={spelled}&status=open") == ["later"]
    api.post(f"/v1/activities/{made['late']}/complete")
    assert subjects("due=overdue") == [], "at once, before the index knows"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("due=yesterday", "/query/due"),
        ("due=today&tz=Mars/Base", "/query/tz"),
        ("tz=Europe/Berlin", "/query/tz"),
        ("due=today&status=done", "/query/status"),
        ("due=today&type=call", "/query/type"),
        ("due=today&sort=-updated_at", "/query/sort"),
        ("due=today&due_before=2026-11-22T00:00:00Z", "/query/due_before"),
    ],
)
def test_what_does_not_go_with_a_day_is_refused(api: Api, query: str, pointer: str) -> None:
    refusal = problem(api.get(f"/v1/activities?{query}"))

    assert refusal["status"] == 422
    assert [each["pointer"] for each in refusal["errors"]] == [pointer]
