"""Identity's answer to other contexts: to whom a caller may give a record."""

from typing import Any

import pytest

from functions.identity.check.logic import answer
from functions.shared.caller import Caller
from functions.shared.check import Question

# written out: they name tests, and every worker must give a test the same name
ME, MATE, STRANGER, LEFT, NEW = (f"mem_01m82w1qmze42t2y2smsnt8yx{n}" for n in range(5))
MINE, OTHER, GONE = (f"tea_01m82w1qmze42t2y2smsnt8yx{n}" for n in range(3))
ITEMS: dict[str, dict[str, Any]] = {
    ME: {"object": "member", "state": "active", "team_ids": [MINE]},
    MATE: {"object": "member", "state": "active", "team_ids": [OTHER, MINE]},
    STRANGER: {"object": "member", "state": "active", "team_ids": [OTHER]},
    LEFT: {"object": "member", "state": "deactivated", "team_ids": [MINE]},
    NEW: {"object": "member", "state": "invited"},
    MINE: {"object": "team"},
    OTHER: {"object": "team"},
    GONE: {"object": "team", "deleted_at": "2026-11-22T21:59:17.123Z"},
}


def missing(visibility: str, *ids: str) -> list[str]:
    passport = Caller(
        "wsp_one", "key", "rep", frozenset(), "r", member=ME, teams=(MINE,)
    ).passport()
    kinds = {"mem": "member", "tea": "team"}
    question = Question.model_validate(
        {
            "caller": passport | {"visibility": visibility},
            "records": [{"type": kinds.get(each[:3], "key"), "id": each} for each in ids],
        }
    )

    def items(names: Any) -> list[dict[str, Any]]:
        return [{"id": x.id, **ITEMS[x.id]} for x in names if x.id in ITEMS]

    return [each.id for each in answer(question, items).missing]


def test_who_sees_everything_reaches_every_member_and_team_that_is_there() -> None:
    assert missing("all", *ITEMS) == [LEFT, GONE]


@pytest.mark.parametrize("visibility", ["own", "team"])
def test_who_sees_some_reaches_its_teams_and_their_members(visibility: str) -> None:
    assert missing(visibility, *ITEMS) == [STRANGER, LEFT, NEW, OTHER, GONE]


def test_what_is_no_member_or_team_is_missing() -> None:
    absent = "mem_" + "0" * 26

    assert missing("all", absent, "mem_x", "key_1", ME) == [absent, "mem_x", "key_1"]
