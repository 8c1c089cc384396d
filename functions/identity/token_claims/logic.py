"""What Cognito writes into a token of ours: whose workspace it is for, and what it may do there.

An access token gets `workspace`, `member` or `client`, `role`, and the role's scopes. They tell
the program that holds it what to expect; what holds is looked up by the authorizer.
"""

from collections.abc import Callable, Mapping
from typing import Any

from functions.identity.machines import MachineClient
from functions.identity.members import Membership, current
from functions.identity.roles import Power
from functions.shared.caller import Caller

CLIENT_CREDENTIALS = "TokenGeneration_ClientCredentials"
_REFRESH = "TokenGeneration_RefreshTokens"
PowerOf = Callable[[str, str], Power]  # of a role in a workspace


class UnknownClientError(Exception):
    """A program signs in whose client is not on record: it gets no token."""


def for_account(memberships: list[Membership], power_of: PowerOf) -> dict[str, Any]:
    """Return the overrides for a person; for one who is in no workspace there are none."""
    membership = current(memberships)
    if membership is None:
        return {}
    named = {"workspace": membership.workspace, "role": membership.role}
    power = power_of(membership.workspace, membership.role)
    return {
        "idTokenGeneration": {"claimsToAddOrOverride": named},
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {**named, "member": membership.member},
            "scopesToAdd": sorted(power.scopes),
        },
    }


def for_client(found: tuple[str, Mapping[str, Any]] | None, power_of: PowerOf) -> dict[str, Any]:
    """Return the overrides for a program. Raises UnknownClientError for one that has no record:
    its making or its deletion has stopped half-way."""
    if found is None:
        raise UnknownClientError
    workspace, client = found[0], MachineClient.model_validate(found[1])
    power = power_of(workspace, client.role).narrowed(client.scopes)
    return {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {
                "workspace": workspace, "client": client.id, "role": client.role,
            },
            "scopesToAdd": sorted(power.scopes),
        }
    }  # fmt: skip


def entry(trigger: str, said: Mapping[str, Any], request_id: str) -> tuple[str, Caller] | None:
    """Return what the audit log shall know of a token with these overrides, and whose it is;
    None for a person who is in no workspace: there is no log that it would stand in."""
    claims = said.get("accessTokenGeneration", {}).get("claimsToAddOrOverride")
    if claims is None:
        return None
    machine = trigger == CLIENT_CREDENTIALS
    holder = Caller(
        workspace=claims["workspace"],
        principal=claims["client" if machine else "member"],
        role=claims["role"],
        scopes=frozenset(),
        request_id=request_id,
        kind="client" if machine else "user",
        member=None if machine else claims["member"],
    )
    if machine:
        return "client.signed_in", holder
    return ("member.token_refreshed" if trigger == _REFRESH else "member.signed_in"), holder
