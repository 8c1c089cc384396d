"""What leaves signed comes back unchanged or not at all; cursors above all."""

import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.shared.errors import MalformedError
from functions.shared.paging import Cursors
from functions.shared.signing import Signer

_positions = st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53), max_size=4)


def signer(purpose: str = "cursor", secret: bytes = b"a secret") -> Signer:
    return Signer(lambda: secret, purpose)


@given(_positions)
def test_a_signed_payload_comes_back(payload: dict[str, Any]) -> None:
    assert signer().verify(signer().sign(payload)) == payload


@given(_positions, st.data())
def test_a_token_with_any_character_changed_is_refused(
    payload: dict[str, Any], data: st.DataObject
) -> None:
    token = signer().sign(payload)
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("ABCXYZabcxyz0189-_.=+/ ~"))
    changed = token[:place] + character + token[place + 1 :]
    assume(changed != token)
    assert signer().verify(changed) is None


def test_no_other_last_character_passes_though_base64_ignores_some_of_its_bits() -> None:
    token = signer().sign({"a": 1})
    others = [each for each in string.ascii_letters + string.digits + "-_=" if each != token[-1]]
    assert [each for each in others if signer().verify(token[:-1] + each)] == []
    assert [each for each in "=+ \n" if signer().verify(token + each)] == []


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b", "é.é", "a", "====.====", "\x00", "\ud800.\ud800", "a" * 9999]
)
def test_what_was_never_signed_is_refused(token: str) -> None:
    assert signer().verify(token) is None


def test_a_token_of_another_purpose_or_another_deployment_is_refused() -> None:
    token = signer().sign({"a": 1})
    assert signer("playback").verify(token) is None
    assert signer(secret=b"another").verify(token) is None


def test_tokens_fit_into_urls_as_they_are() -> None:
    token = signer().sign({"a": "ÿ" * 50})
    assert all(each.isascii() and (each.isalnum() or each in "-_.") for each in token)


@given(_positions)
def test_a_cursor_leads_back_to_its_position(position: dict[str, Any]) -> None:
    cursors = Cursors(signer(), "wsp_one", "contacts")
    assert cursors.decode(cursors.encode(position)) == position


def test_the_end_has_no_cursor_and_no_cursor_is_the_beginning() -> None:
    cursors = Cursors(signer(), "wsp_one", "contacts")
    assert cursors.encode(None) is None
    assert cursors.decode(None) is None


@pytest.mark.parametrize(
    "foreign",
    [
        Cursors(signer(), "wsp_two", "contacts"),
        Cursors(signer(), "wsp_one", "deals"),
        Cursors(signer(secret=b"another"), "wsp_one", "contacts"),
        Cursors(signer("playback"), "wsp_one", "contacts"),
    ],
)
def test_a_cursor_of_another_workspace_query_or_key_is_refused(foreign: Cursors) -> None:
    with pytest.raises(MalformedError, match="not one that this list has given out"):
        Cursors(signer(), "wsp_one", "contacts").decode(foreign.encode({"sk": "x"}))


def test_a_position_is_not_readable_as_another_binding() -> None:
    """Workspace and query are bound as a pair: no shift of a border makes one of another."""
    made = Cursors(signer(), "wsp_one", "contacts").encode({"sk": "x"})
    with pytest.raises(MalformedError):
        Cursors(signer(), "wsp_", "onecontacts").decode(made)
