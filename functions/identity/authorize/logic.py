"""Turns an Authorization header into an identity, or into a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.identity.model import Credential, digest, workspace_of
from functions.shared.clock import parse
from functions.shared.policy import effective


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential stands for."""

    workspace: str
    principal: str
    role: str
    scopes: frozenset[str]

    def context(self) -> dict[str, str]:
        """Return the authorizer's context: strings only, as API Gateway wants them."""
        return {
            "workspace": self.workspace,
            "principal": self.principal,
            "kind": "api_key",
            "role": self.role,
            "scopes": " ".join(sorted(self.scopes)),
        }


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
    return Identity(workspace, found.key_id, found.role, effective(found.role, found.scopes))
