"""Who is asking: taken from the authorizer's context and nowhere else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.shared.errors import ForbiddenError
from functions.shared.policy import Visibility


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated principal of one request, inside one workspace."""

    workspace: str  # empty for a person who is signed in and in no workspace yet
    principal: str  # an API key, a member or an OAuth2 client
    role: str
    scopes: frozenset[str]
    request_id: str
    kind: str = "api_key"  # api_key, user, client, system
    member: str | None = None  # the member behind it: a person, or whom a key is bound to
    teams: tuple[str, ...] = ()  # the member's teams, the first being the main one
    visibility: Visibility = "all"  # whose records it sees
    subject: str | None = None  # the account's `sub`, of a signed-in person
    version: str | None = None  # the API version that its credential is pinned to
    address: str | None = None  # where the request came from, for the audit log
    agent: str | None = None
    source: str = "api"  # how what it does comes about, as events say
    cause: Mapping[str, Any] | None = None  # what that follows from

    def require(self, scope: str) -> None:
        """Raise ForbiddenError unless the caller holds `scope`, such as `contacts:write`."""
        if scope not in self.scopes:
            raise ForbiddenError(
                f"This credential lacks the scope '{scope}'.", code="missing_scope"
            )

    def sees(self, owner: str | None, team: str | None) -> bool:
        """Say whether a record of this owner and team is visible to the caller."""
        if self.visibility == "all":
            return True
        if owner is not None and owner == self.member:
            return True
        return self.visibility == "team" and team in self.teams

    @classmethod
    def of(
        cls,
        context: Mapping[str, str],
        request_id: str,
        address: str | None = None,
        agent: str | None = None,
    ) -> "Caller":
        """Return the caller that an authorizer's context (strings only) names."""
        return cls(
            workspace=context["workspace"],
            principal=context["principal"],
            role=context["role"],
            scopes=frozenset(context["scopes"].split()),
            request_id=request_id,
            kind=context.get("kind", "api_key"),
            member=context.get("member") or None,
            teams=tuple(context.get("teams", "").split()),
            visibility=_VISIBILITIES.get(context.get("visibility", "all"), "own"),
            subject=context.get("subject") or None,
            version=context.get("version") or None,
            address=address,
            agent=agent,
        )

    def passport(self) -> dict[str, str]:
        """Return the caller as one context shows it to another: in the authorizer's own form,
        strings only."""
        carried = {
            "workspace": self.workspace,
            "principal": self.principal,
            "kind": self.kind,
            "role": self.role,
            "scopes": " ".join(sorted(self.scopes)),
            "visibility": self.visibility,
            "member": self.member,
            "teams": " ".join(self.teams),
            "subject": self.subject,
            "version": self.version,
            "request_id": self.request_id,
        }
        return {name: value for name, value in carried.items() if value is not None}

    @classmethod
    def bearing(cls, passport: Any) -> "Caller":
        """Return the caller whose passport this is; raises ValueError for what is none."""
        if not isinstance(passport, Mapping):
            raise ValueError("a passport is an object")  # noqa: TRY004 - pydantic's convention
        # above all a visibility that was forgotten, which must not become `all`
        if not all(isinstance(passport.get(name), str) for name in _CARRIED):
            raise ValueError(f"a passport has {', '.join(_CARRIED)}")
        if not _WORKSPACE.fullmatch(passport["workspace"]):
            raise ValueError("a passport names a workspace")
        return cls.of(passport, passport["request_id"])

    @classmethod
    def pipeline(cls, workspace: str, request_id: str) -> "Caller":
        """Return the system itself, as it works on a workspace's records on nobody's request."""
        return cls(
            workspace=workspace,
            principal="pipeline",
            role="system",
            scopes=frozenset(),
            request_id=request_id,
            kind="system",
        )

    @property
    def sight(self) -> str:
        """Whose records the caller sees, as a text: who has the same sees the same."""
        if self.visibility == "all":
            return "all"
        teams = sorted(self.teams) if self.visibility == "team" else []
        return " ".join([self.visibility, self.member or "nobody", *teams])

    @property
    def actor(self) -> dict[str, str]:
        """The caller as events and records name it."""
        return {"type": self.kind, "id": self.principal}


_WORKSPACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CARRIED = ("workspace", "principal", "role", "scopes", "visibility", "request_id")
# what is unknown sees least
_VISIBILITIES: dict[str, Visibility] = {"all": "all", "team": "team", "own": "own"}
