"""Keys: their text, what is kept of it, and who may make which."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.authorize.logic import identify
from functions.identity.model import Credential, digest, new_token, workspace_of
from functions.identity.service import draft_key
from functions.shared.caller import Caller
from functions.shared.errors import ForbiddenError, InvalidError
from functions.shared.ids import new_id
from functions.shared.policy import ROLES, SCOPES

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
WORKSPACE = new_id("ws")


def caller(scopes: frozenset[str] = SCOPES) -> Caller:
    return Caller(WORKSPACE, "key_maker", "admin", scopes, "req-1")


def test_a_key_s_text_names_its_workspace_and_holds_256_random_bits() -> None:
    texts = {new_token(WORKSPACE) for _ in range(100)}

    assert {workspace_of(text) for text in texts} == {WORKSPACE}
    assert len({text[-43:] for text in texts}) == 100
    assert len(next(iter(texts))) == len("rl_live_") + 26 + 1 + 43


@given(st.text(max_size=100))
def test_other_text_names_no_workspace(text: str) -> None:
    assert workspace_of(text) is None


@given(st.integers(0, 77), st.characters())
def test_a_changed_text_has_another_digest_or_no_workspace(at: int, character: str) -> None:
    text = new_token(WORKSPACE)
    changed = text[:at] + character + text[at + 1 :]

    if changed != text:
        try:
            other = digest(changed)
        except UnicodeEncodeError:
            other = ""
        assert workspace_of(changed) is None or other != digest(text)


def test_what_is_kept_does_not_hold_the_text() -> None:
    record, text = draft_key(caller(), NOW, name="Sync", role="rep")

    kept = record.model_dump_json()
    assert text not in kept
    assert text[-43:] not in kept
    assert record.digest == digest(text)
    assert record.digest not in record.view()
    assert record.digest not in repr(record)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("missing", sorted(SCOPES))
def test_a_maker_who_lacks_one_scope_cannot_give_it(role: str, missing: str) -> None:
    maker = caller(SCOPES - {missing})

    if missing in ROLES[role]:
        with pytest.raises(ForbiddenError):
            draft_key(maker, NOW, name="x", role=role)
        narrowed = sorted(ROLES[role] - {missing})
        assert draft_key(maker, NOW, name="x", role=role, scopes=narrowed)
    else:
        assert draft_key(maker, NOW, name="x", role=role)


def test_an_end_that_is_over_is_refused() -> None:
    assert draft_key(caller(), NOW, name="x", role="rep", expires_at=NOW + timedelta(seconds=1))
    with pytest.raises(InvalidError):
        draft_key(caller(), NOW, name="x", role="rep", expires_at=NOW)


@pytest.mark.parametrize(
    ("ends", "lives"),
    [(None, True), ("2026-11-22T22:00:00.001Z", True), ("2026-11-22T22:00:00.000Z", False)],
)
def test_a_key_lives_until_its_end(ends: str | None, lives: bool) -> None:  # noqa: FBT001
    known = Credential(key_id="key_1", role="rep", expires_at=ends)

    identity = identify(f"Bearer {new_token(WORKSPACE)}", lambda *_: known, NOW)

    assert (identity is not None) is lives


def test_a_key_is_looked_up_by_its_digest_in_the_workspace_it_names() -> None:
    asked = []
    text = new_token(WORKSPACE)

    identify(f"bearer  {text} ", lambda *where: asked.append(where), NOW)

    assert asked == [(WORKSPACE, digest(text))]


def test_a_role_that_is_no_more_may_do_nothing() -> None:
    known = Credential(key_id="key_1", role="wizard", scopes=["contacts:read"])

    identity = identify(f"Bearer {new_token(WORKSPACE)}", lambda *_: known, NOW)

    assert identity is not None
    assert identity.scopes == frozenset()
