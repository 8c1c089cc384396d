"""To whom may a caller give a record? Identity's synchronous door for other contexts.

Members that are active or invited and teams are there. Whoever sees only some records reaches
only its own teams and their members: the others are missing, as those that do not exist.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.shared import check
from functions.shared.caller import Caller

_KINDS = {"member": check.Kind("mem", None), "team": check.Kind("tea", None)}

Items = Callable[[Sequence[check.RecordName]], Sequence[Mapping[str, Any]]]
Members = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]


def answer(question: check.Question, items: Items) -> check.Answer:
    """Answer a question about members and teams; `items` looks their items up."""

    def look(_: check.Question, names: Sequence[check.RecordName]) -> set[str]:
        return {item["id"] for item in items(names) if _reaches(question.caller, item)}

    return check.answer(question, _KINDS, look)


def shown(question: check.Question, items: Items, members: Members) -> dict[str, dict[str, Any]]:
    """Return, by id, the teams of a question that its caller may reach, each with the ids of its
    active members."""
    missing = answer(question, items).missing
    there = [each for each in dict.fromkeys(question.records) if each not in missing]
    teams = [each.id for each in there if each.type == "team"]
    return {team: {"member_ids": ids} for team, ids in (members(teams) if teams else {}).items()}


def _reaches(caller: Caller, item: Mapping[str, Any]) -> bool:
    if "deleted_at" in item or item.get("state") == "deactivated":
        return False
    if caller.visibility == "all" or item["id"] == caller.member:
        return True
    teams = item.get("team_ids", ()) if item.get("object") == "member" else [item["id"]]
    return not set(caller.teams).isdisjoint(teams)
