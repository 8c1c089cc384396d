"""What a token says of its holder."""

import pytest

from functions.identity.members import Membership, current
from functions.identity.roles import BUILT_IN, Power
from functions.identity.token_claims.logic import (
    CLIENT_CREDENTIALS,
    UnknownClientError,
    entry,
    for_account,
    for_client,
)
from functions.shared.policy import ROLES


def _power(_workspace: str, role: str) -> Power:
    return BUILT_IN[role]


def _in(workspace: str, member: str, chosen_at: str = "", role: str = "rep") -> Membership:
    return Membership(workspace=workspace, member=member, role=role, chosen_at=chosen_at)


def test_a_member_s_access_token_names_workspace_member_role_and_scopes() -> None:
    said = for_account([_in("ws_1", "mem_1", role="viewer")], _power)

    assert said["accessTokenGeneration"] == {
        "claimsToAddOrOverride": {"workspace": "ws_1", "member": "mem_1", "role": "viewer"},
        "scopesToAdd": sorted(ROLES["viewer"]),
    }
    assert said["idTokenGeneration"] == {
        "claimsToAddOrOverride": {"workspace": "ws_1", "role": "viewer"}
    }


def test_who_is_in_no_workspace_gets_a_plain_token() -> None:
    assert for_account([], _power) == {}


def test_the_last_chosen_workspace_is_the_one() -> None:
    found = current(
        [
            _in("ws_1", "mem_1"),
            _in("ws_2", "mem_2", "2026-11-22T10:00:00.000Z"),
            _in("ws_3", "mem_3", "2026-11-22T11:00:00.000Z"),
        ]
    )

    assert found is not None
    assert found.workspace == "ws_3"


def test_without_a_choice_it_is_the_first_joined_whatever_the_order() -> None:
    both = [_in("ws_b", "mem_2"), _in("ws_a", "mem_1")]

    assert current(both) == current(both[::-1]) == both[1]


def test_a_client_s_token_has_its_role_narrowed_by_its_scopes() -> None:
    item = {
        "id": "cli_1", "object": "client", "created_at": "t", "updated_at": "t",
        "created_by": {}, "version": 1, "name": "Sync", "role": "rep",
        "scopes": ["contacts:read"], "client_id": "abc",
    }  # fmt: skip

    said = for_client(("ws_1", item), _power)

    assert said == {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"workspace": "ws_1", "client": "cli_1", "role": "rep"},
            "scopesToAdd": ["contacts:read"],
        }
    }


def test_a_client_without_a_record_gets_no_token() -> None:
    with pytest.raises(UnknownClientError):
        for_client(None, _power)


@pytest.mark.parametrize(
    ("trigger", "known_as"),
    [
        ("TokenGeneration_HostedAuth", "member.signed_in"),
        ("TokenGeneration_NewPasswordChallenge", "member.signed_in"),
        ("TokenGeneration_RefreshTokens", "member.token_refreshed"),
    ],
)
def test_the_audit_log_knows_a_sign_in_from_a_refresh(trigger: str, known_as: str) -> None:
    found = entry(trigger, for_account([_in("ws_1", "mem_1")], _power), "req-1")

    assert found is not None
    event_type, holder = found
    assert event_type == known_as
    assert (holder.workspace, holder.actor, holder.member, holder.request_id) == (
        "ws_1", {"type": "user", "id": "mem_1"}, "mem_1", "req-1",
    )  # fmt: skip


def test_the_audit_log_knows_a_program_by_its_client() -> None:
    said = {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"workspace": "ws_1", "client": "cli_1", "role": "rep"}
        }
    }

    found = entry(CLIENT_CREDENTIALS, said, "req-1")

    assert found is not None
    assert (found[0], found[1].actor) == ("client.signed_in", {"type": "client", "id": "cli_1"})


def test_who_is_in_no_workspace_stands_in_no_log() -> None:
    assert entry("TokenGeneration_HostedAuth", {}, "req-1") is None
