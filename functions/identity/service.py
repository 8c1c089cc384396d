"""Use cases of workspaces and keys: a workspace is born with its first key; keys are made, and
given new texts, within the power of whoever does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from functions.identity.key_text import KeyText, Mode
from functions.identity.model import NOT_IN_TEST_MODE, ApiKey, Workspace
from functions.identity.ports import NewKeys, WorkspaceStore
from functions.identity.roles import RoleBook
from functions.identity.standing import Standing
from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.errors import FieldProblem, ForbiddenError, InvalidError
from functions.shared.record import Record
from functions.shared.versions import LEDGER

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Order:
    """A key that somebody wants."""

    name: str
    role: str
    scopes: list[str] | None = None
    expires_at: datetime | None = None
    member_id: str | None = None
    mode: Mode = "live"
    api_version: str | None = None  # None: the newest


def draft_key(
    caller: Caller,
    at: datetime,
    order: Order,
    *,
    book: RoleBook,
    standing: Callable[[str], Standing | None],
) -> tuple[ApiKey, str]:
    """Return a new key's record and its text, made `at` a moment, not stored yet.

    Raises InvalidError for an unknown role, scope, member or version or a time that is over, and
    ForbiddenError for a key that could do more than the caller can.
    """
    if order.expires_at is not None and order.expires_at <= at:
        raise _invalid("/expires_at", "in_the_past", "Choose a time to come.")
    _check_scopes(order, book)
    _check_holder(order.member_id, caller)
    if order.member_id is not None and standing(order.member_id) is None:
        raise _invalid("/member_id", "unknown_member", "There is no such active member.")
    record = ApiKey.born(
        caller,
        name=order.name,
        role=order.role,
        scopes=order.scopes,
        member_id=order.member_id,
        mode=order.mode,
        api_version=order.api_version or LEDGER.newest.date,
        expires_at=iso(order.expires_at) if order.expires_at else None,
        hint="",
        digest="",
    )
    # What the key was given, not what its member has today: the member may rise, and whoever
    # made the key knows its text.
    record.granted(book).require_within(caller, "A key")
    text = KeyText.fresh(order.mode, caller.workspace, record.id, order.member_id)
    return record.model_copy(update={"hint": text.hint, "digest": text.digest}), text.text


def rotate(
    key: ApiKey, caller: Caller, at: datetime, overlap: timedelta, book: RoleBook
) -> tuple[ApiKey, str]:
    """Return a key with a new text, and that text; not stored yet.

    Raises ForbiddenError for a key that whoever sees its text could not have made: else to
    rotate would be to rise. Raises ConflictError as `ApiKey.rotated` does.
    """
    key.granted(book).require_within(caller, "A key")
    _check_holder(key.member_id, caller)
    text = KeyText.fresh(key.mode, caller.workspace, key.id, key.member_id)
    return key.rotated(text, at, overlap), text.text


def edited(record: R, fields: Mapping[str, Any]) -> R:
    """Return the next version with these fields, or this very record when nothing changes."""
    if all(getattr(record, name) == value for name, value in fields.items()):
        return record
    return record.changed(**fields)


def _check_scopes(order: Order, book: RoleBook) -> None:
    power = book.known(order.role)
    if order.scopes is None:
        return
    granted = set(order.scopes)
    if unknown := sorted(granted - power.scopes):
        raise _invalid("/scopes", "unknown_scope", f"Not in the role: {', '.join(unknown)}.")
    if order.mode == "test" and (live_only := sorted(granted & NOT_IN_TEST_MODE)):
        raise _invalid("/scopes", "not_in_test_mode", f"Live only: {', '.join(live_only)}.")


def _check_holder(member_id: str | None, caller: Caller) -> None:
    """Raise ForbiddenError unless the caller may know the text of a key that acts for this
    member, or for nobody.

    A credential that is bound to a member stays so: it makes no key that outlives that member.
    A person, and a key of the workspace itself, may give keys to others when they see all records.
    """
    if member_id == caller.member:
        return
    bound = caller.kind != "user" and caller.member is not None
    if bound or caller.visibility != "all":
        raise ForbiddenError(
            "A key for another member, or for none, is not yours to hold.",
            code="privilege_escalation",
        )


def _invalid(pointer: str, code: str, message: str) -> InvalidError:
    return InvalidError(
        "The request has invalid fields; see `errors`.",
        errors=[FieldProblem(pointer, code, message)],
    )


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
    order = Order(name="First admin key", role="admin")
    record, token = draft_key(caller, at, order, book=RoleBook(), standing=lambda _: None)
    keys.create(record)
    workspaces.create(workspace)
    return token
