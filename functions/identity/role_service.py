"""Use cases of roles: built-in ones are shown beside a workspace's own, and nobody makes or changes
a role that exceeds themselves."""

from collections.abc import Mapping
from typing import Any

from functions.identity.ports import Store
from functions.identity.roles import BUILT_IN, Power, Role, built_in_role
from functions.identity.service import edited
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.paging import Page
from functions.shared.policy import SCOPES
from functions.shared.writes import Also


class RoleDesk:
    """One caller at the roles of their workspace."""

    def __init__(self, caller: Caller, roles: Store[Role]) -> None:
        self._caller = caller
        self._roles = roles

    def get(self, role_id: str) -> Role:
        """Return a built-in or custom role; raises NotFoundError."""
        return built_in_role(role_id) if role_id in BUILT_IN else self._roles.get(role_id)

    def page(self, limit: int, start: Mapping[str, Any] | None) -> Page[Role]:
        """Return one page: the built-in roles, then the workspace's own, newest first."""
        shown = list(BUILT_IN) if start is None else list(BUILT_IN)[start.get("built_in", 99) :]
        first = [built_in_role(name) for name in shown[:limit]]
        if len(first) == limit:
            return Page(first, {"built_in": len(BUILT_IN) - len(shown) + limit})
        own = start if start is not None and "built_in" not in start else None
        found = self._roles.page(limit=limit - len(first), start=own)
        return Page([*first, *found.items], found.position)

    def create(self, fields: Mapping[str, Any], also: Also[Role]) -> Role:
        """Store a new role; raises InvalidError, ForbiddenError and ConflictError."""
        return self._roles.create(
            self._allowed(Role.born(self._caller, **_checked(fields))), also=also
        )

    def change(
        self, role_id: str, fields: Mapping[str, Any], *, if_match: str | None, also: Also[Role]
    ) -> Role:
        """Change a role that does not exceed the caller, before and after."""
        _refuse_built_in(role_id)
        wanted = _checked(fields)
        return self._roles.change(
            role_id,
            lambda role: self._allowed(edited(self._allowed(role), wanted)),
            if_match=if_match,
            also=also,
        )

    def delete(self, role_id: str, *, if_match: str | None, also: Also[Role]) -> None:
        """Delete a role that nobody has; raises ConflictError for one in use."""
        _refuse_built_in(role_id)
        self._roles.delete(role_id, if_match=if_match, also=also)

    def _allowed(self, role: Role) -> Role:
        Power(frozenset(role.scopes), role.visibility).require_within(self._caller)
        return role


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(fields)
    if checked.get("name") in BUILT_IN:
        raise ConflictError(
            "A built-in role has this name.",
            code="duplicate_name",
            errors=[FieldProblem("/name", "duplicate", "This value is taken.")],
        )
    if "scopes" in checked:
        checked["scopes"] = sorted(set(checked["scopes"]))
        if unknown := sorted(set(checked["scopes"]) - SCOPES):
            raise InvalidError(
                "The request has invalid fields; see `errors`.",
                errors=[FieldProblem("/scopes", "unknown_scope", ", ".join(unknown))],
            )
    return checked


def _refuse_built_in(role_id: str) -> None:
    if role_id in BUILT_IN:
        raise ConflictError("A built-in role stays as it is.", code="built_in_role")
