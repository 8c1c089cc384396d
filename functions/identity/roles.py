"""Roles: what a credential may do and whose records it sees. The one place that turns a role's
name or id into power, for keys, members and OAuth2 clients alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from functions.shared.caller import Caller
from functions.shared.errors import FieldProblem, ForbiddenError, InvalidError
from functions.shared.policy import ROLES, VISIBILITY, Visibility
from functions.shared.record import Record

_BREADTH: dict[Visibility, int] = {"own": 0, "team": 1, "all": 2}


class Role(Record):
    """A custom role, as its workspace reads it; built-in ones are shown in the same shape."""

    PREFIX: ClassVar[str] = "rol"
    OBJECT: ClassVar[str] = "role"

    name: str
    description: str = ""
    scopes: list[str]  # `<resource>:<action>`, sorted
    visibility: Visibility
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class Power:
    """What a role, or a credential, may do, and whose records it sees."""

    scopes: frozenset[str]
    visibility: Visibility

    def narrowed(self, granted: Iterable[str] | None) -> "Power":
        """Return this power with no other scopes than those granted (None: not narrowed)."""
        if granted is None:
            return self
        return Power(self.scopes & frozenset(granted), self.visibility)

    def under(self, other: "Power") -> "Power":
        """Return what both have: the power of a key that is bound to a member."""
        visibility = min(self.visibility, other.visibility, key=_BREADTH.__getitem__)
        return Power(self.scopes & other.scopes, visibility)

    def within(self, other: "Power") -> bool:
        """Say whether `other` may do and see all that this may."""
        return (
            self.scopes <= other.scopes and _BREADTH[self.visibility] <= _BREADTH[other.visibility]
        )

    @classmethod
    def of(cls, caller: Caller) -> "Power":
        """Return a caller's power."""
        return cls(caller.scopes, caller.visibility)

    def require_within(self, caller: Caller, what: str = "A role") -> None:
        """Raise ForbiddenError when this is more than the caller has: nobody makes, assigns,
        changes or hands out what exceeds themselves."""
        if not self.within(Power.of(caller)):
            raise ForbiddenError(
                f"{what} cannot be given more than its giver may do.", code="privilege_escalation"
            )


BUILT_IN: dict[str, Power] = {name: Power(ROLES[name], VISIBILITY[name]) for name in ROLES}
NOBODY = Power(frozenset(), "own")


class RoleEntry(BaseModel):
    """A custom role in the book."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scopes: frozenset[str]
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class RoleBook:
    """All custom roles of a workspace, as they lie together in one item.

    Whoever decides about a credential reads the item in the same request as the credential, so
    a changed role holds at once: there is nothing to propagate, and nothing to go stale.
    """

    entries: Mapping[str, RoleEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> "RoleBook":
        """Read the book's item; None is a workspace without custom roles."""
        return cls(
            {
                name: RoleEntry.model_validate(entry)
                for name, entry in (item or {}).items()
                if name.startswith("rol_")
            }
        )

    def find(self, role: str) -> Power | None:
        """Return the power of a built-in role's name or a custom role's id, None for neither."""
        if role in BUILT_IN:
            return BUILT_IN[role]
        entry = self.entries.get(role)
        return None if entry is None else Power(entry.scopes, entry.visibility)

    def power(self, role: str) -> Power:
        """As `find`; a role that is no more may do nothing."""
        return self.find(role) or NOBODY

    def known(self, role: str, pointer: str = "/role") -> Power:
        """As `find`; raises InvalidError (at `pointer`) for a role that is not there."""
        found = self.find(role)
        if found is None:
            raise InvalidError(
                "There is no such role.",
                errors=[
                    FieldProblem(
                        pointer,
                        "unknown_role",
                        f"One of {', '.join(ROLES)}, or a custom role's id.",
                    )
                ],
            )
        return found

    def assigned(self, role: str, caller: Caller, pointer: str = "/role") -> Power:
        """Return the power of a role that `caller` gives to somebody.

        Raises InvalidError as `known`, and ForbiddenError for a role that exceeds the caller.
        """
        found = self.known(role, pointer)
        found.require_within(caller)
        return found


def built_in_role(name: str) -> Role:
    """Return a built-in role in the shape of a record; its id is its name."""
    return Role(
        id=name,
        object=Role.OBJECT,
        created_at="2026-11-22T00:00:00.000Z",
        updated_at="2026-11-22T00:00:00.000Z",
        created_by={"type": "system", "id": "reelate"},
        version=1,
        name=name,
        description=_DESCRIPTIONS[name],
        scopes=sorted(ROLES[name]),
        visibility=VISIBILITY[name],
        built_in=True,
    )


_DESCRIPTIONS = {
    "admin": "Everything, administration included.",
    "manager": "All records, teams, audit log and usage.",
    "rep": "All records.",
    "viewer": "Reads all records.",
}
