"""Workspaces and API keys: what they are, and how a key's text is made and read."""

import hashlib
import re
import secrets
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.record import Record

_TOKEN = re.compile(r"rl_live_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})")


class Workspace(Record):
    """A tenant: everything else lives inside one."""

    PREFIX: ClassVar[str] = "ws"
    OBJECT: ClassVar[str] = "workspace"

    name: str


class ApiKey(Record):
    """A credential for programs. Its secret is shown once; only a SHA-256 of it is kept.

    The secret has 256 random bits, so a plain hash cannot be reversed by guessing.
    """

    PREFIX: ClassVar[str] = "key"
    OBJECT: ClassVar[str] = "api_key"

    name: str
    role: str
    scopes: list[str] | None = None  # None: all that the role allows
    hint: str  # the last four characters, to tell keys apart
    expires_at: str | None = None  # RFC 3339
    digest: str = Field(repr=False)

    def view(self, token: str | None = None) -> str:
        """Return the key as JSON for its owner, with its text only right after it was made."""
        shown = self.model_copy(update={"digest": ""}).model_dump_json(exclude={"digest"})
        if token is None:
            return shown
        return shown[:-1] + f',"key":"{token}"}}'


class Credential(BaseModel):
    """What the authorizer knows of a key."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key_id: str
    role: str
    scopes: list[str] | None = None
    expires_at: str | None = None


def new_token(workspace: str) -> str:
    """Return the text of a fresh key: `rl_live_<workspace>_<43 characters>`.

    The workspace in it is no secret; it lets the authorizer look in that tenant's partition only.
    """
    return f"rl_live_{workspace.removeprefix('ws_')}_{secrets.token_urlsafe(32)}"


def workspace_of(token: str) -> str | None:
    """Return the workspace a key's text names, None when it has not the shape of a key."""
    match = _TOKEN.fullmatch(token)
    return f"ws_{match[1]}" if match else None


def digest(token: str) -> str:
    """Return what is stored of a key's text."""
    return hashlib.sha256(token.encode()).hexdigest()
