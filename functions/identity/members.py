"""Members: the people of a workspace, and how they come in and go out."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.clock import iso, parse
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.record import Record

State = Literal["invited", "active", "deactivated"]

INVITATION_DAYS = 7
_ID = "[0-9a-hjkmnp-tv-z]{26}"
_INVITATION = re.compile(rf"rl_invite_({_ID})_({_ID})_([A-Za-z0-9_-]{{43}})")


class Member(Record):
    """A person in a workspace. Invited ones have no account yet; deactivated ones cannot come in.

    An invitation's text is shown once; only a SHA-256 of its 256 random bits is kept.
    """

    PREFIX: ClassVar[str] = "mem"
    OBJECT: ClassVar[str] = "member"

    email: str
    name: str
    role: str  # a built-in role's name or a custom role's id
    team_ids: list[str] = Field(default_factory=list)
    state: State
    invitation_expires_at: str | None = None
    subject: str | None = Field(default=None, repr=False)  # the account's `sub`
    invitation: str | None = Field(default=None, repr=False)  # digest
    reassign_to: str | None = None  # who got the records when it was last deactivated

    @property
    def is_acting_admin(self) -> bool:
        """Say whether this is one of those without whom a workspace has nobody in charge."""
        return self.state == "active" and self.role == "admin"

    def view(self, invitation: str | None = None) -> str:
        """Return the member as JSON for its workspace, with the invitation's text only right
        after it was made."""
        shown = self.model_dump_json(exclude={"subject", "invitation", "reassign_to"})
        if invitation is None:
            return shown
        return shown[:-1] + f',"invitation":"{invitation}"}}'

    def invited(self, workspace: str, at: datetime) -> tuple["Member", str]:
        """Return the member with a new invitation, which replaces any older one, and its text.

        Raises ConflictError for a member who is in already.
        """
        if self.state != "invited":
            raise ConflictError("This member has joined already.", code="already_joined")
        text = "_".join(
            ("rl_invite", workspace.removeprefix("ws_"), self.id.removeprefix("mem_"),
             secrets.token_urlsafe(32))
        )  # fmt: skip
        return self.changed(
            invitation=digest(text),
            invitation_expires_at=iso(at + timedelta(days=INVITATION_DAYS)),
        ), text

    def joined(self, invitation: str, email: str | None, subject: str, at: datetime) -> "Member":
        """Return the member as the account `subject`, whose verified address is `email`.

        Raises NotFoundError, always the same, for an invitation that is used up, replaced,
        expired, or for somebody else.
        """
        good = (
            self.state == "invited"
            and self.invitation is not None
            and hmac.compare_digest(self.invitation, digest(invitation))
            and self.invitation_expires_at is not None
            and parse(self.invitation_expires_at) > at
            and email is not None
            and email.lower() == self.email
        )
        if not good:
            raise no_invitation()
        return self.changed(
            state="active", subject=subject, invitation=None, invitation_expires_at=None
        )


class Membership(BaseModel):
    """One account in one workspace, as the table has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: str
    member: str
    role: str
    chosen_at: str = ""  # when the account last chose this workspace

    @classmethod
    def of(cls, workspace: str, item: Mapping[str, Any], chosen_at: str) -> "Membership":
        """Read a member's item."""
        return cls(workspace=workspace, member=item["id"], role=item["role"], chosen_at=chosen_at)


def current(memberships: list[Membership]) -> Membership | None:
    """Return the one whose workspace an account works in: the last chosen, else the oldest (ids
    sort by time)."""
    if not memberships:
        return None
    last = max(each.chosen_at for each in memberships)
    return min(
        (each for each in memberships if each.chosen_at == last), key=lambda each: each.member
    )


def invitation_to(text: str) -> tuple[str, str] | None:
    """Return the workspace and the member that an invitation's text names, None when it has not
    the shape of one. Neither is a secret: they say where to look."""
    match = _INVITATION.fullmatch(text)
    return (f"ws_{match[1]}", f"mem_{match[2]}") if match else None


def no_invitation() -> NotFoundError:
    """Return the one refusal of all invitations that cannot be accepted."""
    return NotFoundError("There is no such invitation for you.")


def digest(text: str) -> str:
    """Return what is stored of an invitation's text."""
    return hashlib.sha256(text.encode()).hexdigest()
