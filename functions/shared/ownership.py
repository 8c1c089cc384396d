"""Whose a record is: the fields that say so, and to whom a caller may give it.

- Whoever sees everything gives a record to any member and any team, or to nobody.
- Whoever sees only some records (their own, their teams') gives them to members of their own
  teams and to those teams, and to nobody else: what one has could otherwise be pushed, or lost,
  beyond everybody's sight. A record given away is out of its giver's sight from then on.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.record import OwnedRecord

OWNERSHIP = ("owner_id", "team_id")

MemberId = Annotated[
    str,
    StringConstraints(pattern=r"^mem_[0-9a-hjkmnp-tv-z]{26}$"),
    Field(description="The member whose record it is; null: nobody's. New records are yours."),
]
TeamId = Annotated[
    str,
    StringConstraints(pattern=r"^tea_[0-9a-hjkmnp-tv-z]{26}$"),
    Field(description="The team whose record it is. New records are your first team's."),
]


def check_ownership(
    caller: Caller, new: OwnedRecord, old: OwnedRecord | None, people: Door | None
) -> None:
    """Raise InvalidError when `caller` may not make a record (or change `old` to) `new`'s owner's
    and team's. Asks `people` (1 request) only about others than the caller's own; the system
    itself is not asked."""
    was = (old.owner_id, old.team_id) if old else (caller.member, None)
    if was == (new.owner_id, new.team_id) or caller.kind == "system":
        return
    if new.owner_id is None and was[0] is not None and caller.visibility != "all":
        raise _refused("owner_id", "owner_required", "Name yourself or a member of your teams.")
    asked = {}
    if new.owner_id not in (None, caller.member, was[0]):
        asked["owner_id"] = RecordName(type="member", id=str(new.owner_id))
    if new.team_id not in (None, *caller.teams, was[1]):
        asked["team_id"] = RecordName(type="team", id=str(new.team_id))
    if not asked:
        return
    if people is None:
        raise RuntimeError("a record changes hands where nobody can say who is a member")
    missing = people.missing(list(asked.values()))
    for field, name in asked.items():
        if name in missing:
            raise _refused(field, f"unknown_{name.type}", f"There is no such {name.type}.")


def _refused(field: str, code: str, sentence: str) -> InvalidError:
    return InvalidError(
        "The record cannot be given to them; see `errors`.",
        code=code,
        errors=[FieldProblem(f"/{field}", code, sentence)],
    )
