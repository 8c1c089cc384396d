"""Turns an Authorization header into an identity, or into a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.identity.model import Credential, digest, workspace_of
from functions.shared.clock import parse
from functions.shared.policy import VISIBILITY, Visibility, effective


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential stands for; the fields are those of `functions.shared.caller.Caller`."""

    workspace: str
    principal: str
    role: str
    scopes: frozenset[str]
    kind: str = "api_key"
    member: str | None = None
    teams: tuple[str, ...] = ()
    visibility: Visibility = "all"
    subject: str | None = None
    version: str | None = None

    def context(self) -> dict[str, str]:
        """Return the authorizer's context: strings only, as API Gateway wants them."""
        context = {
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
        }
        return {name: value for name, value in context.items() if value is not None}


def identify(
    header: str | None, lookup: Callable[[str, str], Credential | None], now: datetime
) -> Identity | None:
    """Return the identity of `Bearer <key>`, or None for anything that is not a living key.

    `lookup` gets the workspace and the key's digest. Comparing digests leaks nothing by its
    timing: an attacker cannot choose a digest's prefix.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = token.strip()
    workspace = workspace_of(token)
    if workspace is None:
        return None
    found = lookup(workspace, digest(token))
    if found is None or (found.expires_at is not None and parse(found.expires_at) <= now):
        return None
    return Identity(
        workspace,
        found.key_id,
        found.role,
        effective(found.role, found.scopes),
        visibility=VISIBILITY.get(found.role, "own"),
    )
