"""Turns the claims of a verified access token into an identity, or into a refusal.

A token says whom to look up and no more: role, teams and state are those of the record as it is
now, so a changed role or a deactivation holds once the gateway's cached answer has run out.
"""

from collections.abc import Callable, Mapping
from typing import Any

from functions.identity.authorize.logic import Identity
from functions.identity.machines import MachineClient
from functions.identity.members import Member
from functions.identity.roles import Power, RoleBook
from functions.shared.ids import is_id

# The record of a member or client in a workspace, if it is there and not deleted, and the roles.
Look = Callable[[str, str], tuple[Mapping[str, Any] | None, RoleBook]]


def identify_claims(claims: Mapping[str, Any], look: Look, sign_in_client: str) -> Identity | None:
    """Return whom a token stands for, None when the record does not bear out what it says.

    `sign_in_client` is the app client of the hosted sign-in: its tokens are people's, all others
    are of OAuth2 clients.
    """
    workspace = claims.get("workspace")
    if claims["client_id"] != sign_in_client:
        return _machine(claims, workspace, look)
    if workspace is None:
        return _person_without_workspace(claims["sub"])
    return _person(claims, workspace, look)


def _person_without_workspace(subject: str) -> Identity:
    return Identity(
        workspace="", principal=subject, role="", scopes=frozenset(), kind="user",
        visibility="own", subject=subject,
    )  # fmt: skip


def _person(claims: Mapping[str, Any], workspace: Any, look: Look) -> Identity | None:
    item, book = _looked_up(claims.get("member"), "mem", workspace, look)
    if item is None:
        return None
    member = Member.model_validate(item)
    if member.state != "active" or member.subject != claims["sub"]:
        return None
    power = book.power(member.role)
    return Identity(
        workspace, member.id, member.role, power.scopes, kind="user", member=member.id,
        teams=tuple(member.team_ids), visibility=power.visibility, subject=member.subject,
    )  # fmt: skip


def _machine(claims: Mapping[str, Any], workspace: Any, look: Look) -> Identity | None:
    item, book = _looked_up(claims.get("client"), "cli", workspace, look)
    if item is None:
        return None
    client = MachineClient.model_validate(item)
    if client.client_id != claims["client_id"]:
        return None
    power: Power = book.power(client.role).narrowed(client.scopes)
    return Identity(
        workspace, client.id, client.role, power.scopes, kind="client",
        visibility=power.visibility,
    )  # fmt: skip


def _looked_up(
    record: Any, prefix: str, workspace: Any, look: Look
) -> tuple[Mapping[str, Any] | None, RoleBook]:
    named = isinstance(record, str) and isinstance(workspace, str)
    if not named or not is_id(record, prefix) or not is_id(workspace, "ws"):
        return None, RoleBook()
    return look(workspace, record)
