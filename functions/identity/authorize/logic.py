"""Turns an Authorization header into an identity, or into a refusal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from functions.identity.key_text import KeyText
from functions.identity.model import Presented
from functions.shared.clock import iso
from functions.shared.ids import sandbox_of
from functions.shared.policy import Visibility

# one space, as RFC 9110 wants it: what is written in another way is not this credential
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([!-~]+)")


class Keys(Protocol):
    """Where keys are looked up."""

    def presented(self, text: KeyText) -> Presented | None: ...

    def used(self, text: KeyText, hour: str) -> None:
        """Note that a key was used in an hour (RFC 3339)."""


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


def bearer(event: Mapping[str, Any]) -> str | None:
    """Return the one bearer credential of an authorizer's event; None when there is none, more
    than one header to choose from, or anything but `Bearer <visible ASCII>` in it."""
    several: Mapping[str, Sequence[str]] = event.get("multiValueHeaders") or {
        name: [value] for name, value in (event.get("headers") or {}).items()
    }
    sent = [
        value
        for name, values in several.items()
        if name.lower() == "authorization"
        for value in values
    ]
    match = _BEARER.fullmatch(sent[0]) if len(sent) == 1 else None
    return match[1] if match else None


def identify(credential: str | None, keys: Keys, now: datetime) -> Identity | None:
    """Return the identity of an API key's text, or None for anything that is not a living key
    with its member, if it is bound to one, active."""
    text = KeyText.read(credential) if credential else None
    found = keys.presented(text) if text else None
    if text is None or found is None or not found.key.opens_to(text, now):
        return None
    power = found.key.power(found.book, found.member)
    if power is None:
        return None
    hour = iso(now.replace(minute=0, second=0, microsecond=0))
    if found.key.last_used_at is None or found.key.last_used_at < hour:
        keys.used(text, hour)
    member = found.member
    return Identity(
        workspace=text.workspace if found.key.mode == "live" else sandbox_of(text.workspace),
        principal=found.key.id,
        role=found.key.role,
        scopes=power.scopes,
        member=member.id if member else None,
        teams=member.team_ids if member else (),
        visibility=power.visibility,
        version=found.key.api_version,
    )
