"""To whom a caller may give a record."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from functions.shared.caller import Caller
from functions.shared.check import Action, RecordName
from functions.shared.errors import InvalidError
from functions.shared.ownership import check_ownership
from functions.shared.record import OwnedRecord


class Thing(OwnedRecord):
    PREFIX: ClassVar[str] = "thi"
    OBJECT: ClassVar[str] = "thing"


ME = Caller(
    "wsp_one", "mem_me", "rep", frozenset(), "r", member="mem_me", teams=("tea_mine", "tea_2")
)
OWN = replace(ME, visibility="own")


class People:
    """Those who are there; it remembers whom it was asked about."""

    def __init__(self, *there: str) -> None:
        self.there = there
        self.asked: list[str] = []

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        self.asked += [each.id for each in records]
        return [each for each in records if each.id not in self.there]


def thing(owner: str | None, team: str | None = None) -> Thing:
    return Thing.born(ME, owner_id=owner, team_id=team)


def refusal(caller: Caller, new: Thing, old: Thing | None, people: People) -> str | None:
    try:
        check_ownership(caller, new, old, people)
    except InvalidError as error:
        return " ".join([each.pointer for each in error.errors] + [error.code])
    return None


def test_a_new_record_is_its_maker_s_and_the_maker_s_first_team_s() -> None:
    made = Thing.born(ME)

    assert (made.owner_id, made.team_id) == ("mem_me", "tea_mine")
    nobody = Thing.born(replace(ME, member=None, teams=()))
    assert (nobody.owner_id, nobody.team_id) == (None, None)


@pytest.mark.parametrize("caller", [ME, OWN])
def test_ones_own_and_what_stays_as_it_is_asks_nobody(caller: Caller) -> None:
    people = People()

    assert refusal(caller, thing("mem_me", "tea_2"), None, people) is None
    assert refusal(caller, thing("mem_me"), thing("mem_else", "tea_else"), people) is None
    assert (
        refusal(caller, thing("mem_else", "tea_else"), thing("mem_else", "tea_else"), people)
        is None
    )
    assert people.asked == []


def test_others_are_asked_about_together_and_must_be_there() -> None:
    people = People("mem_new", "tea_new")

    assert refusal(ME, thing("mem_new", "tea_new"), None, people) is None
    assert people.asked == ["mem_new", "tea_new"]
    assert refusal(ME, thing("mem_gone"), None, people) == "/owner_id unknown_member"
    assert refusal(ME, thing("mem_me", "tea_gone"), None, people) == "/team_id unknown_team"


def test_only_who_sees_everything_leaves_a_record_to_nobody() -> None:
    assert refusal(ME, thing(None), thing("mem_me"), People()) is None
    assert refusal(OWN, thing(None), thing("mem_me"), People()) == "/owner_id owner_required"
    assert refusal(OWN, thing(None), None, People()) == "/owner_id owner_required"
    # what is nobody's stays so, and who is nobody makes what is nobody's
    assert refusal(OWN, thing(None, "tea_2"), thing(None, "tea_mine"), People()) is None
    assert refusal(replace(OWN, member=None), thing(None), None, People()) is None


def test_the_system_is_believed() -> None:
    people = People()
    system = Caller.pipeline("wsp_one", "r")

    assert refusal(system, thing("mem_gone"), thing("mem_me"), people) is None
    assert people.asked == []


def test_a_change_of_hands_where_nobody_can_be_asked_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="changes hands"):
        check_ownership(ME, thing("mem_new"), None, None)
