"""What a role is worth, and who may give it."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.roles import NOBODY, Power, RoleBook, built_in_role
from functions.shared.caller import Caller
from functions.shared.errors import ForbiddenError, InvalidError
from functions.shared.policy import ROLES, SCOPES, VISIBILITY, Visibility

VISIBILITIES = get_args(Visibility)
BOOK = RoleBook.of(
    {
        "pk": "W#ws_1#ROLES",
        "sk": "ROLES",
        "rol_reader": {"scopes": ["contacts:read"], "visibility": "own"},
    }
)
powers = st.builds(
    Power,
    st.frozensets(st.sampled_from(sorted(SCOPES)), max_size=8),
    st.sampled_from(VISIBILITIES),
)


def caller(power: Power) -> Caller:
    return Caller("ws_1", "key_1", "custom", power.scopes, "req-1", visibility=power.visibility)


@pytest.mark.parametrize("role", ROLES)
def test_a_built_in_role_is_what_the_policy_says(role: str) -> None:
    assert BOOK.find(role) == Power(ROLES[role], VISIBILITY[role])
    shown = built_in_role(role)
    assert (shown.id, shown.name, shown.built_in) == (role, role, True)
    assert set(shown.scopes) == ROLES[role]


def test_a_custom_role_is_what_the_book_says() -> None:
    assert BOOK.find("rol_reader") == Power(frozenset({"contacts:read"}), "own")


@pytest.mark.parametrize("role", ["rol_gone", "wizard", "", "pk", "ROLES"])
def test_a_role_that_is_no_more_may_do_nothing(role: str) -> None:
    assert BOOK.find(role) is None
    assert BOOK.power(role) == NOBODY
    with pytest.raises(InvalidError) as refused:
        BOOK.assigned(role, caller(Power(SCOPES, "all")), "/role")
    assert [each.pointer for each in refused.value.errors] == ["/role"]


@given(powers, powers)
def test_what_two_have_in_common_is_within_both(one: Power, other: Power) -> None:
    common = one.under(other)

    assert common == other.under(one)
    assert common.within(one)
    assert common.within(other)
    assert one.under(one) == one


@given(powers, powers)
def test_nobody_gives_more_than_they_have(given_away: Power, giver: Power) -> None:
    if given_away.scopes <= giver.scopes and VISIBILITIES.index(
        given_away.visibility
    ) <= VISIBILITIES.index(giver.visibility):
        given_away.require_within(caller(giver))
    else:
        with pytest.raises(ForbiddenError):
            given_away.require_within(caller(giver))


@pytest.mark.parametrize(("one", "other"), list(product(VISIBILITIES, repeat=2)))
def test_the_narrower_sight_wins(one: Visibility, other: Visibility) -> None:
    seen = Power(SCOPES, one).under(Power(SCOPES, other)).visibility

    assert VISIBILITIES.index(seen) == min(VISIBILITIES.index(one), VISIBILITIES.index(other))


def test_no_grant_narrows_nothing_and_an_empty_one_all() -> None:
    power = Power(SCOPES, "all")

    assert power.narrowed(None) == power
    assert power.narrowed(["contacts:read", "root"]).scopes == {"contacts:read"}
    assert power.narrowed([]).scopes == frozenset()
