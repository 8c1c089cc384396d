"""Playback links: what they say and when they end."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.errors import UnauthenticatedError
from functions.shared.ids import is_id
from functions.shared.signing import Signer
from functions.video.playback import PURPOSE, Grant, issue, read
from tests.unit.video.control_fakes import NOON

SIGNER = Signer(lambda: b"a secret of at least thirty-two bytes", PURPOSE)
HOUR = timedelta(hours=1)
VIEWER = Caller("wsp_one", "key_one", "viewer", frozenset(), "")
REP = replace(
    VIEWER, member="mem_ada", teams=("tea_sea", "tea_sky"), visibility="team", principal="mem_ada"
)
TOKEN = issue(SIGNER, VIEWER, "vid_one", NOON, HOUR)


def refusal(token: str, signer: Signer = SIGNER, after: timedelta = timedelta(0)) -> str:
    with pytest.raises(UnauthenticatedError) as refused:
        read(signer, token, NOON + after)
    return refused.value.code


def test_a_link_grants_one_video_to_one_viewer() -> None:
    grant = read(SIGNER, TOKEN, NOON)
    bearer = replace(VIEWER, kind="playback_link")

    assert grant == Grant(bearer, "vid_one", iso(NOON), grant.session)
    assert is_id(grant.session or "", "pse")


def test_a_link_of_a_share_says_which_share() -> None:
    bearer = replace(VIEWER, kind="share_link", principal="shr_one")

    grant = read(SIGNER, issue(SIGNER, bearer, "vid_one", NOON, HOUR), NOON)

    assert (grant.viewer, grant.share) == (bearer, "shr_one")


@pytest.mark.parametrize("viewer", [REP, replace(REP, visibility="own", member=None, teams=())])
def test_a_link_sees_what_its_viewer_sees(viewer: Caller) -> None:
    token = issue(SIGNER, viewer, "vid_one", NOON, HOUR)

    assert read(SIGNER, token, NOON).viewer == replace(viewer, kind="playback_link")


def test_a_link_ends_on_the_second() -> None:
    read(SIGNER, TOKEN, NOON + HOUR - timedelta(milliseconds=1))

    assert refusal(TOKEN, after=HOUR) == "playback_link_expired"


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AZaz09-_.%"))
def test_a_link_with_any_letter_changed_is_dead(position: int, letter: str) -> None:
    changed = TOKEN[:position] + letter + TOKEN[position + 1 :]
    # the last letter of base64 has bits that mean nothing: such a change changes nothing
    if SIGNER.verify(changed) != SIGNER.verify(TOKEN):
        assert refusal(changed) == "playback_link_invalid"


def test_a_link_of_another_purpose_or_deployment_is_dead() -> None:
    other_purpose = Signer(lambda: b"a secret of at least thirty-two bytes", "cursor")
    other_secret = Signer(lambda: b"another secret of at least thirty-two", PURPOSE)

    for signer in (other_purpose, other_secret):
        assert refusal(TOKEN, signer) == "playback_link_invalid"
