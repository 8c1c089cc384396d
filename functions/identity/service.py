"""Use cases: a workspace is born with its first key; keys are made within their maker's power."""

from datetime import datetime

from functions.identity.model import ApiKey, Workspace, digest, new_token
from functions.identity.ports import NewKeys, WorkspaceStore
from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.errors import FieldProblem, ForbiddenError, InvalidError
from functions.shared.policy import ROLES, effective


def draft_key(
    caller: Caller,
    at: datetime,
    *,
    name: str,
    role: str,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Return a new key's record and its text, made `at` a moment, not stored yet.

    Raises InvalidError for an unknown role or scope or a time that is over, and ForbiddenError
    for a key that could do more than the caller can.
    """
    if expires_at is not None and expires_at <= at:
        raise InvalidError(
            "The key would be expired from the start.",
            errors=[FieldProblem("/expires_at", "in_the_past", "Choose a time to come.")],
        )
    if role not in ROLES:
        raise InvalidError(
            f"There is no role '{role}'.",
            errors=[FieldProblem("/role", "unknown_role", f"One of: {', '.join(ROLES)}.")],
        )
    unknown = sorted(set(scopes or ()) - ROLES[role])
    if unknown:
        raise InvalidError(
            f"The role '{role}' has no scope '{unknown[0]}'.",
            errors=[FieldProblem("/scopes", "unknown_scope", ", ".join(unknown))],
        )
    if not effective(role, scopes) <= caller.scopes:
        raise ForbiddenError(
            "A key cannot be given more than its maker may do.", code="privilege_escalation"
        )
    token = new_token(caller.workspace)
    record = ApiKey.born(
        caller,
        name=name,
        role=role,
        scopes=scopes,
        expires_at=iso(expires_at) if expires_at else None,
        hint=token[-4:],
        digest=digest(token),
    )
    return record, token


def found_workspace(
    workspace: Workspace,
    caller: Caller,
    at: datetime,
    workspaces: WorkspaceStore,
    keys: NewKeys,
) -> str:
    """Store a new workspace and an admin key for it; return the key's text.

    The key comes first: a workspace without a key could never be entered, a key without a
    workspace record harms nobody, and the operator runs the command again.
    """
    record, token = draft_key(caller, at, name="First admin key", role="admin")
    keys.create(record)
    workspaces.create(workspace)
    return token
