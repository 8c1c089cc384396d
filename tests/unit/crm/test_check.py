"""The CRM's answer to other contexts: which records a caller may not act on."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from functions.crm.check.logic import answer
from functions.shared.caller import Caller
from functions.shared.check import Question, RecordName
from functions.shared.ids import new_id

# written out: they name tests, and every worker must give a test the same name
BODY = "01m82w1qmze42t2y2smsnt8yx9"
CON, COM, DEA = f"con_{BODY}", f"com_{BODY}", f"dea_{BODY}"


def passport(workspace: str, scopes: list[str]) -> dict[str, str]:
    return Caller(workspace, "key_one", "rep", frozenset(scopes), "req_one").passport()


def ask(records: list[tuple[str, str]], scopes: list[str], action: str = "read") -> Any:
    """Ask with CON, COM and DEA alive; return the missing ids."""
    question = Question.model_validate(
        {
            "caller": passport("wsp_one", scopes),
            "records": [{"type": kind, "id": record_id} for kind, record_id in records],
            "action": action,
        }
    )
    return [each.id for each in answer(question, lambda _question, _asked: {CON, COM, DEA}).missing]


READ = ["contacts:read", "companies:read", "deals:read"]


def test_what_exists_and_may_be_read_is_not_missing() -> None:
    assert ask([("contact", CON), ("company", COM), ("deal", DEA)], READ) == []


def test_what_does_not_exist_is_missing() -> None:
    gone = new_id("con")
    assert ask([("contact", CON), ("contact", gone)], READ) == [gone]


def test_what_the_caller_may_not_read_is_missing() -> None:
    assert ask([("contact", CON), ("deal", DEA)], ["contacts:read"]) == [DEA]
    assert ask([("contact", CON)], READ, "write") == [CON]
    assert ask([("contact", CON)], ["contacts:write"], "write") == []


@pytest.mark.parametrize(
    ("kind", "record_id"), [("deal", CON), ("video", CON), ("contact", "con_x"), ("", "")]
)
def test_a_name_that_is_no_record_is_missing_and_never_looked_up(kind: str, record_id: str) -> None:
    looked_up: list[RecordName] = []

    def look(_question: Question, asked: Sequence[RecordName]) -> set[str]:
        looked_up.extend(asked)
        return {CON}

    question = Question.model_validate(
        {
            "caller": passport("w", READ),
            "records": [{"type": kind, "id": record_id}],
        }
    )
    assert [each.id for each in answer(question, look).missing] == [record_id]
    assert looked_up == []


def test_a_name_given_twice_is_answered_once() -> None:
    gone = new_id("con")
    assert ask([("contact", gone), ("contact", gone)], READ) == [gone]


@pytest.mark.parametrize("workspace", ["", "a#b", "a b", "x" * 65])
def test_a_workspace_that_could_not_be_a_key_is_refused(workspace: str) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate({"caller": passport(workspace, []), "records": []})


@pytest.mark.parametrize("field", ["principal", "role", "scopes", "visibility", "request_id"])
def test_a_passport_that_lacks_something_is_refused(field: str) -> None:
    whole = passport("wsp_one", READ)

    with pytest.raises(ValidationError):
        Question.model_validate({"caller": whole | {field: None}, "records": []})
    del whole[field]
    with pytest.raises(ValidationError):
        Question.model_validate({"caller": whole, "records": []})


def test_more_than_a_hundred_records_are_refused() -> None:
    with pytest.raises(ValidationError):
        ask([("contact", CON)] * 101, READ)
