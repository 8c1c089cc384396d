"""The CRM's door for other contexts, invoked as they invoke it: plain JSON in, plain JSON out."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from functions.crm.check.handler import handler
from functions.shared.caller import Caller
from functions.shared.ids import new_id
from functions.shared.policy import ROLES
from tests.integration.cloud import Calls
from tests.integration.gateway import CONTEXT, Api


def ask(
    records: list[dict[str, str]], workspace: str = "wsp_one", role: str = "rep", **more: Any
) -> list[dict[str, str]]:
    """Ask as another context does, through JSON both ways; return what is missing."""
    question = {
        "caller": Caller(workspace, "key_one", role, ROLES[role], "req_one").passport(),
        "records": records,
        **more,
    }
    answer = json.loads(json.dumps(handler(json.loads(json.dumps(question)), CONTEXT)))
    assert set(answer) == {"missing"}
    missing: list[dict[str, str]] = answer["missing"]
    return missing


def named(api: Api, resource: str, kind: str) -> dict[str, str]:
    return {"type": kind, "id": api.make(f"/v1/{resource}", {"name": "X"})["id"]}


def test_existing_records_are_not_missing(api: Api) -> None:
    records = [
        named(api, "contacts", "contact"),
        named(api, "companies", "company"),
        named(api, "deals", "deal"),
    ]
    assert ask(records, action="read") == []
    assert ask([]) == []


def test_absent_deleted_foreign_and_mistyped_records_are_missing_alike(
    api: Api, other: Api
) -> None:
    gone = named(api, "contacts", "contact")
    api.delete(f"/v1/contacts/{gone['id']}")
    foreign = named(other, "contacts", "contact")
    here = named(api, "contacts", "contact")
    records = [
        gone,
        foreign,
        {"type": "contact", "id": new_id("con")},
        {"type": "deal", "id": here["id"]},
        {"type": "video", "id": new_id("vid")},
    ]
    assert ask([here, *records]) == records


def test_a_viewer_may_read_but_not_write(api: Api) -> None:
    contact = named(api, "contacts", "contact")
    assert ask([contact], role="viewer", action="read") == []
    assert ask([contact], role="viewer", action="write") == [contact]


def test_a_hundred_records_are_one_request(api: Api, calls: Calls) -> None:
    records = [named(api, "contacts", "contact") for _ in range(5)]
    absent = [{"type": "contact", "id": new_id("con")} for _ in range(95)]
    calls.clear()
    assert ask([*records, *absent]) == absent
    assert list(calls) == ["BatchGetItem"]


def test_a_question_of_another_shape_is_an_error_and_no_answer(cloud: None) -> None:
    with pytest.raises(ValidationError):
        handler({"records": []}, CONTEXT)
