"""The caller's passport, and whose records a caller sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.caller import Caller

WORD = st.text("abcdefghij0123456789_", min_size=1, max_size=8)
CALLERS = st.builds(
    Caller,
    workspace=WORD,
    principal=WORD,
    role=WORD,
    scopes=st.frozensets(WORD, max_size=4),
    request_id=WORD,
    kind=st.sampled_from(["api_key", "user", "client", "system"]),
    member=st.none() | WORD,
    teams=st.lists(WORD, max_size=4).map(tuple),
    visibility=st.sampled_from(["own", "team", "all"]),
    subject=st.none() | WORD,
    version=st.none() | WORD,
)
REP = Caller("wsp_one", "mem_me", "rep", frozenset(), "r", member="mem_me", teams=("tea_mine",))


@given(CALLERS)
def test_a_passport_is_the_whole_caller(caller: Caller) -> None:
    assert Caller.bearing(caller.passport()) == caller


def test_what_is_no_passport_is_nobody_s() -> None:
    good = REP.passport()
    forged: list[object] = [None, [], "x", {}, good | {"workspace": "a#b"}, good | {"scopes": None}]
    for each in forged:
        with pytest.raises(ValueError, match="a passport"):
            Caller.bearing(each)


def test_a_visibility_that_nobody_knows_sees_least() -> None:
    assert Caller.bearing(REP.passport() | {"visibility": "everything"}).visibility == "own"


@pytest.mark.parametrize(
    ("owner", "team", "seen"),
    [
        ("mem_me", None, "own team all"),
        ("mem_me", "tea_other", "own team all"),
        ("mem_other", "tea_mine", "team all"),
        ("mem_other", "tea_other", "all"),
        (None, "tea_mine", "team all"),
        (None, None, "all"),
    ],
)
def test_a_caller_sees_its_own_its_teams_or_all(
    owner: str | None, team: str | None, seen: str
) -> None:
    for visibility in ("own", "team", "all"):
        caller = Caller.bearing(REP.passport() | {"visibility": visibility})
        assert caller.sees(owner, team) is (visibility in seen.split())


@pytest.mark.parametrize("visibility", ["own", "team"])
def test_who_is_no_member_sees_no_record_of_nobody(visibility: str) -> None:
    nobody = {**REP.passport(), "visibility": visibility, "teams": ""}
    del nobody["member"]

    assert not Caller.bearing(nobody).sees(None, None)


def test_equal_sights_see_the_same() -> None:
    def sight(**changes: str) -> str:
        return Caller.bearing(REP.passport() | changes).sight

    assert sight() == sight(member="mem_other", teams="") == "all"
    assert sight(visibility="own", teams="tea_a") == sight(visibility="own", teams="tea_b")
    assert sight(visibility="team", teams="tea_a tea_b") == sight(
        visibility="team", teams="tea_b tea_a"
    )
    assert sight(visibility="team", teams="tea_a") != sight(visibility="team", teams="tea_b")
    assert sight(visibility="own") != sight(visibility="own", member="mem_other")
