"""Use cases of members and clients: who may invite, change, deactivate and equip whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.identity.machines import MachineClient
from functions.identity.members import Member
from functions.identity.roles import RoleBook
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, FieldProblem, InvalidError


def draft_member(
    caller: Caller, book: RoleBook, at: datetime, *, email: str, name: str, role: str,
    team_ids: list[str],
) -> tuple[Member, str]:  # fmt: skip
    """Return an invited member, not stored yet, and the invitation's text.

    Raises InvalidError for an unknown role and ForbiddenError for one that exceeds the caller.
    """
    book.assigned(role, caller)
    drafted = Member.born(
        caller, email=email, name=name, role=role, team_ids=team_ids, state="invited"
    )
    invited, text = drafted.invited(caller.workspace, at)
    return invited.model_copy(update={"version": 1, "updated_at": drafted.updated_at}), text


def edited(old: Member, changes: Mapping[str, Any], caller: Caller, book: RoleBook) -> Member:
    """Return a member with another name, role or teams. Raises as `draft_member`; who can do
    more than the caller is not given another role by them either."""
    new = {name: value for name, value in changes.items() if getattr(old, name) != value}
    if not new:
        return old
    if "role" in new:
        book.assigned(new["role"], caller)
        book.power(old.role).require_within(caller, "Another role")
    return old.changed(**new)


def deactivated(old: Member, successor: Member | None, caller: Caller, book: RoleBook) -> Member:
    """Return a member who may not come in any more, whose records go to `successor` (None: stay
    theirs). Raises ConflictError for one who is out already, InvalidError for a successor who
    is not in, and ForbiddenError for a member who can do more than the caller."""
    if old.state == "deactivated":
        raise ConflictError("The member is deactivated already.", code="already_deactivated")
    if successor is not None and (successor.state != "active" or successor.id == old.id):
        raise no_successor()
    book.power(old.role).require_within(caller, "A stronger member's state")
    return old.changed(
        state="deactivated",
        reassign_to=successor.id if successor else None,
        invitation=None,
        invitation_expires_at=None,
    )


def no_successor() -> InvalidError:
    """Return the refusal of a successor who is not there, not in, or the one who leaves."""
    return InvalidError(
        "Records are reassigned to another, active member.",
        errors=[FieldProblem("/reassign_to", "not_active", "Name another, active member.")],
    )


def reactivated(old: Member, caller: Caller, book: RoleBook) -> Member:
    """Return a member who may come in again; one who never did needs another invitation.

    Raises ConflictError for one who is not deactivated, ForbiddenError as `deactivated`.
    """
    if old.state != "deactivated":
        raise ConflictError("The member is not deactivated.", code="not_deactivated")
    book.assigned(old.role, caller)
    state = "active" if old.subject is not None else "invited"
    return old.changed(state=state, reassign_to=None)


def check_client(caller: Caller, book: RoleBook, *, role: str, scopes: list[str] | None) -> None:
    """Raise InvalidError for an unknown role or scope, ForbiddenError for a client that could do
    more than its maker."""
    found = book.find(role)
    if found is None:
        book.assigned(role, caller)  # says so
        return
    unknown = sorted(set(scopes or ()) - found.scopes)
    if unknown:
        raise InvalidError(
            f"The role has no scope '{unknown[0]}'.",
            errors=[FieldProblem("/scopes", "unknown_scope", ", ".join(unknown))],
        )
    found.narrowed(scopes).require_within(caller, "A client")


def draft_client(
    caller: Caller, client_id: str, *, name: str, role: str, scopes: list[str] | None
) -> MachineClient:
    """Return a client's record, not stored yet."""
    return MachineClient.born(caller, name=name, role=role, scopes=scopes, client_id=client_id)
