"""Keys: what is kept of them, who may make which, and what becomes of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.identity.authorize.logic import identify
from functions.identity.key_text import KeyText
from functions.identity.model import MAX_FORMER, NOT_IN_TEST_MODE, ApiKey, Presented, version_tags
from functions.identity.roles import RoleBook
from functions.identity.service import Order, draft_key, rotate
from functions.identity.standing import Standing
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, ForbiddenError, InvalidError
from functions.shared.ids import new_id, sandbox_of
from functions.shared.policy import ROLES, SCOPES, Visibility

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
WORKSPACE, MINE, THEIRS = new_id("ws"), new_id("mem"), new_id("mem")
BOOK = RoleBook.of({"rol_own": {"scopes": ["contacts:read", "deals:read"], "visibility": "own"}})


def caller(
    scopes: frozenset[str] = SCOPES,
    *,
    kind: str = "api_key",
    member: str | None = None,
    visibility: Visibility = "all",
) -> Caller:
    return Caller(
        WORKSPACE, "key_maker", "admin", scopes, "req-1", kind, member, visibility=visibility
    )


def active(member_id: str) -> Standing | None:
    return Standing(id=member_id, role="rep", state="active", team_ids=("tea_1",))


def draft(
    maker: Caller | None = None,
    *,
    standing: Callable[[str], Standing | None] = active,
    **wanted: Any,
) -> tuple[ApiKey, str]:
    order = Order(**{"name": "Sync", "role": "rep", **wanted})
    return draft_key(maker or caller(), NOW, order, book=BOOK, standing=standing)


class OneKey:
    """A place where one key is looked up."""

    def __init__(self, key: ApiKey | None, member: Standing | None = None) -> None:
        self.key = key
        self.member = member
        self.asked: list[KeyText] = []
        self.noted: list[str] = []

    def presented(self, text: KeyText) -> Presented | None:
        self.asked.append(text)
        return self.key and Presented(self.key, self.member, BOOK)

    def used(self, text: KeyText, hour: str) -> None:
        self.noted.append(hour)


def test_what_is_kept_does_not_hold_the_text() -> None:
    record, text = draft()

    kept = record.model_dump_json()
    assert text not in kept
    assert text[-43:] not in kept
    assert record.digest not in record.view()
    assert record.digest not in repr(record)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("missing", sorted(SCOPES))
def test_a_maker_who_lacks_one_scope_cannot_give_it(role: str, missing: str) -> None:
    maker = caller(SCOPES - {missing})

    if missing in ROLES[role]:
        with pytest.raises(ForbiddenError):
            draft(maker, role=role)
        assert draft(maker, role=role, scopes=sorted(ROLES[role] - {missing}))
    else:
        assert draft(maker, role=role)


def test_a_maker_who_sees_less_cannot_make_a_key_that_sees_more() -> None:
    maker = caller(visibility="own", member=MINE, kind="user")

    with pytest.raises(ForbiddenError):
        draft(maker, role="rep", member_id=MINE)
    assert draft(maker, role="rol_own", member_id=MINE)


def test_an_end_that_is_over_is_refused() -> None:
    assert draft(expires_at=NOW + timedelta(seconds=1))
    with pytest.raises(InvalidError):
        draft(expires_at=NOW)


@pytest.mark.parametrize(
    ("maker", "holder", "may"),
    [
        pytest.param(caller(kind="user", member=MINE), MINE, True, id="a person, for herself"),
        pytest.param(caller(kind="user", member=MINE), THEIRS, True, id="a person, for another"),
        pytest.param(caller(kind="user", member=MINE), None, True, id="a person, for nobody"),
        pytest.param(caller(kind="user", member=MINE, visibility="team"), THEIRS, False,
                     id="a person who sees less, for another"),
        pytest.param(caller(kind="user", member=MINE, visibility="team"), None, False,
                     id="a person who sees less, for nobody"),
        pytest.param(caller(), THEIRS, True, id="the workspace's key, for a member"),
        pytest.param(caller(), None, True, id="the workspace's key, for nobody"),
        pytest.param(caller(member=MINE), MINE, True, id="a member's key, for that member"),
        pytest.param(caller(member=MINE), THEIRS, False, id="a member's key, for another"),
        pytest.param(caller(member=MINE), None, False, id="a member's key, for nobody"),
    ],
)  # fmt: skip
def test_whom_a_key_may_be_made_for(maker: Caller, holder: str | None, may: bool) -> None:  # noqa: FBT001
    """A key that is bound to a member cannot make one that outlives the member."""
    if may:
        assert draft(maker, member_id=holder, role="rol_own")
    else:
        with pytest.raises(ForbiddenError):
            draft(maker, member_id=holder, role="rol_own")


def test_a_key_for_nobody_known_is_refused() -> None:
    with pytest.raises(InvalidError) as refused:
        draft(member_id=THEIRS, standing=lambda _: None)

    assert [each.pointer for each in refused.value.errors] == ["/member_id"]


def test_a_key_is_bounded_by_what_it_was_given_whatever_its_member_may_today() -> None:
    """The member is a rep and may be promoted tomorrow; the maker would know an admin's key."""
    with pytest.raises(ForbiddenError):
        draft(caller(ROLES["manager"]), role="admin", member_id=THEIRS)


def test_a_test_key_administers_nothing() -> None:
    record, _ = draft(role="admin", mode="test")

    assert record.granted(BOOK).scopes == ROLES["admin"] - NOT_IN_TEST_MODE
    assert {"api_keys:write", "members:read", "workspace:write"} <= NOT_IN_TEST_MODE
    with pytest.raises(InvalidError):
        draft(role="admin", mode="test", scopes=["api_keys:read"])


@pytest.mark.parametrize(
    ("ends", "lives"),
    [(None, True), ("2026-11-22T22:00:00.001Z", True), ("2026-11-22T22:00:00.000Z", False)],
)
def test_a_key_lives_until_its_end(ends: str | None, lives: bool) -> None:  # noqa: FBT001
    record, text = draft()

    identity = identify(text, OneKey(record.model_copy(update={"expires_at": ends})), NOW)

    assert (identity is not None) is lives


def test_a_key_is_looked_up_where_its_text_says() -> None:
    record, text = draft(member_id=MINE)
    place = OneKey(None)

    assert identify(text, place, NOW) is None
    (asked,) = place.asked
    assert (asked.workspace, asked.key_id, asked.member_id) == (WORKSPACE, record.id, MINE)


def test_another_text_of_the_same_key_and_member_is_refused() -> None:
    record, _ = draft(member_id=MINE)
    forged = KeyText.fresh("live", WORKSPACE, record.id, MINE)

    assert identify(forged.text, OneKey(record, active(MINE)), NOW) is None


@pytest.mark.parametrize(
    "change", [{"mode": "test"}, {"member_id": None}, {"member_id": THEIRS}, {"digest": ""}]
)
def test_a_text_that_disagrees_with_the_record_is_refused(change: dict[str, Any]) -> None:
    record, text = draft(member_id=MINE)
    place = OneKey(record.model_copy(update=change), active(MINE))

    assert identify(text, place, NOW) is None


def test_a_role_that_is_no_more_may_do_nothing() -> None:
    record, text = draft()

    identity = identify(text, OneKey(record.model_copy(update={"role": "wizard"})), NOW)

    assert identity is not None
    assert identity.scopes == frozenset()
    assert identity.visibility == "own"


def test_a_bound_key_may_what_both_it_and_its_member_may() -> None:
    record, text = draft(role="admin", scopes=["contacts:read", "api_keys:read"], member_id=MINE)
    place = OneKey(record, active(MINE))

    identity = identify(text, place, NOW)

    assert identity is not None
    assert identity.scopes == {"contacts:read"}
    assert (identity.member, identity.teams) == (MINE, ("tea_1",))
    place.member = Standing(id=MINE, role="rol_own", state="active")
    narrower = identify(text, place, NOW)
    assert narrower is not None
    assert narrower.visibility == "own"
    place.member = None
    assert identify(text, place, NOW) is None


def test_a_test_key_acts_in_the_sandbox() -> None:
    record, text = draft(mode="test")

    identity = identify(text, OneKey(record), NOW)

    assert text.startswith("rl_test_")
    assert identity is not None
    assert identity.workspace == sandbox_of(WORKSPACE) != WORKSPACE


def test_a_use_is_noted_once_an_hour() -> None:
    record, text = draft()
    place = OneKey(record)

    identify(text, place, NOW + timedelta(minutes=59))
    assert place.noted == ["2026-11-22T22:00:00.000Z"]
    place.key = record.model_copy(update={"last_used_at": "2026-11-22T22:00:00.000Z"})
    identify(text, place, NOW + timedelta(minutes=59))
    assert place.noted == ["2026-11-22T22:00:00.000Z"]
    identify(text, place, NOW + timedelta(minutes=60))
    assert place.noted[1:] == ["2026-11-22T23:00:00.000Z"]
    place.key = record.model_copy(update={"expires_at": "2026-11-22T22:00:00.000Z"})
    identify(text, place, NOW + timedelta(hours=5))
    assert len(place.noted) == 2, "a refused text is no use"


def test_being_used_is_another_representation_of_the_same_version() -> None:
    record, _ = draft()
    used = record.model_copy(update={"last_used_at": "2026-11-22T22:00:00.000Z"})

    assert (record.view_etag, used.view_etag) == ('"1"', '"1.2026112222"')
    assert version_tags(f'"7", {used.view_etag}, *') == f'"7", {used.etag}, *'
    assert version_tags(None) is None


def test_after_a_rotation_both_texts_work_until_the_overlap_ends() -> None:
    record, old = draft()
    turned, new = rotate(record, caller(), NOW, timedelta(hours=1), BOOK)
    place = OneKey(turned)

    assert turned.version == record.version + 1
    assert turned.hint == new[-4:]
    assert turned.overlap_ends_at == "2026-11-22T23:00:00.000Z"
    just_before, after = NOW + timedelta(minutes=59), NOW + timedelta(hours=1)
    assert [identify(text, place, just_before) is None for text in (old, new)] == [False, False]
    assert [identify(text, place, after) is None for text in (old, new)] == [True, False]


def test_rotated_twice_quickly_each_text_keeps_the_earlier_of_its_ends() -> None:
    record, first = draft()
    once, second = rotate(record, caller(), NOW, timedelta(hours=1), BOOK)
    twice, third = rotate(once, caller(), NOW, timedelta(hours=5), BOOK)
    place = OneKey(twice)

    def working(hours: float) -> list[bool]:
        at = NOW + timedelta(hours=hours)
        return [identify(text, place, at) is not None for text in (first, second, third)]

    assert working(0.5) == [True, True, True]
    assert working(2) == [False, True, True]
    assert working(6) == [False, False, True]


def test_a_rotation_without_overlap_ends_all_former_texts() -> None:
    record, first = draft()
    once, second = rotate(record, caller(), NOW, timedelta(hours=1), BOOK)
    twice, third = rotate(once, caller(), NOW, timedelta(0), BOOK)

    alive = [identify(text, OneKey(twice), NOW) is not None for text in (first, second, third)]
    assert alive == [False, False, True]
    assert twice.former_digests == []


def test_only_so_many_texts_are_in_overlap() -> None:
    key, _ = draft()
    for _n in range(MAX_FORMER):
        key, _ = rotate(key, caller(), NOW, timedelta(hours=1), BOOK)

    with pytest.raises(ConflictError):
        rotate(key, caller(), NOW, timedelta(hours=1), BOOK)
    assert rotate(key, caller(), NOW, timedelta(0), BOOK)
    assert rotate(key, caller(), NOW + timedelta(hours=1), timedelta(hours=1), BOOK)


def test_an_expired_key_is_not_rotated() -> None:
    key, _ = draft(expires_at=NOW + timedelta(seconds=1))

    with pytest.raises(ConflictError):
        rotate(key, caller(), NOW + timedelta(seconds=1), timedelta(hours=1), BOOK)


def test_to_rotate_is_not_to_rise() -> None:
    """Whoever rotates sees the new text: only what they could have made is theirs to rotate."""
    admins, _ = draft(role="admin")
    bound, _ = draft(role="rol_own", member_id=THEIRS)

    with pytest.raises(ForbiddenError):
        rotate(admins, caller(SCOPES - {"audit:read"}), NOW, timedelta(0), BOOK)
    with pytest.raises(ForbiddenError):
        rotate(bound, caller(member=MINE), NOW, timedelta(0), BOOK)
    assert rotate(bound, caller(kind="user", member=MINE), NOW, timedelta(0), BOOK)
