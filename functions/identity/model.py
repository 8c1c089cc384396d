"""Workspaces and API keys: what they are, and what a key is worth."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from functions.identity.key_text import KeyText, Mode
from functions.identity.roles import Power, RoleBook
from functions.identity.standing import Standing
from functions.shared.clock import iso, parse
from functions.shared.errors import ConflictError
from functions.shared.policy import ADMINISTRATION, SCOPES
from functions.shared.record import Record

# Texts of one key that rotations have left to their overlap.
MAX_FORMER = 5

# A test key acts in the sandbox, and nobody is administered from there.
NOT_IN_TEST_MODE = frozenset(
    scope for scope in SCOPES if scope.split(":")[0] in (*ADMINISTRATION, "workspace")
)


class Workspace(Record):
    """A tenant: everything else lives inside one."""

    PREFIX: ClassVar[str] = "ws"
    OBJECT: ClassVar[str] = "workspace"

    name: str
    allowed_origins: Sequence[str] = ()  # web pages that may read its replies; none: the stage's
    # Days after which new videos, and their files, are deleted by themselves; None: never.
    video_retention_days: int | None = None
    video_source_retention_days: int | None = None


class FormerText(BaseModel):
    """A text that a rotation has replaced, until its overlap ends."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    digest: str = Field(repr=False)
    ends_at: str  # RFC 3339


class ApiKey(Record):
    """A credential for programs. Its text is shown once; only a SHA-256 of it is kept.

    The record is itself what the authorizer reads, so a change of it is a change of the
    credential: no second item can disagree with it.
    """

    PREFIX: ClassVar[str] = "key"
    OBJECT: ClassVar[str] = "api_key"

    name: str
    role: str
    scopes: list[str] | None = None  # None: all that the role allows
    member_id: str | None = None  # whose power bounds the key's
    mode: Mode = "live"
    api_version: str | None = None
    hint: str  # the last four characters of the text
    expires_at: str | None = None  # RFC 3339
    rotated_at: str | None = None
    overlap_ends_at: str | None = None  # when the text before the last rotation stops working
    last_used_at: str | None = None  # to the hour
    digest: str = Field(repr=False)
    former_digests: list[FormerText] = Field(default_factory=list, repr=False)

    @property
    def view_etag(self) -> str:
        """The tag of what GET shows: being used makes no new version, but another view. As
        `If-Match` it means the version alone (see `version_tags`)."""
        if self.last_used_at is None:
            return self.etag
        hour = "".join(filter(str.isdigit, self.last_used_at[:13]))
        return f'"{self.version}.{hour}"'

    def view(self, text: str | None = None) -> str:
        """Return the key as JSON for its owner, with its text only right after it was made."""
        shown = self.model_dump_json(exclude={"digest", "former_digests"})
        if text is None:
            return shown
        return f'{shown[:-1]},"key":"{text}"}}'

    def opens_to(self, text: KeyText, at: datetime) -> bool:
        """Say whether a text is this key's, current or in its overlap, and the key is not
        expired."""
        if self.expires_at is not None and parse(self.expires_at) <= at:
            return False
        if self.mode != text.mode or self.member_id != text.member_id:
            return False
        living = [each.digest for each in self.former_digests if parse(each.ends_at) > at]
        # all are compared, so that the time tells nothing of which one it was
        return sum([text.has_digest(each) for each in (self.digest, *living)]) > 0

    def power(self, book: RoleBook, member: Standing | None) -> Power | None:
        """Return what the key may do: its role, narrowed by its scopes, within what its member
        may do now. None when it is bound to a member who is not active."""
        power = self.granted(book)
        if self.member_id is None:
            return power
        return None if member is None else power.under(book.power(member.role))

    def granted(self, book: RoleBook) -> Power:
        """Return what the key was given, whoever it is bound to."""
        power = book.power(self.role).narrowed(self.scopes)
        if self.mode == "test":
            return power.narrowed(power.scopes - NOT_IN_TEST_MODE)
        return power

    def rotated(self, text: KeyText, at: datetime, overlap: timedelta) -> "ApiKey":
        """Return the key with a new text. The one before works until the overlap ends, and no
        former one longer than that: an overlap of zero ends them all.

        Raises ConflictError for an expired key, and for one with too many texts in overlap.
        """
        if self.expires_at is not None and parse(self.expires_at) <= at:
            raise ConflictError("The key is expired; make another.", code="key_expired")
        end = at + overlap
        former = [
            *_cut(self.former_digests, at, end),
            *_cut([FormerText(digest=self.digest, ends_at=iso(end))], at, end),
        ]
        if len(former) > MAX_FORMER:
            raise ConflictError(
                f"{MAX_FORMER} former texts of this key still work; wait until one ends, or "
                "rotate with `overlap_seconds` 0, which ends them all.",
                code="too_many_rotations",
            )
        return self.changed(
            digest=text.digest,
            hint=text.hint,
            former_digests=[each.model_dump() for each in former],
            rotated_at=iso(at),
            overlap_ends_at=iso(end),
        )


@dataclass(frozen=True, slots=True)
class Presented:
    """What there is to a key's text: the key, its member if it is bound, the custom roles."""

    key: ApiKey
    member: Standing | None
    book: RoleBook


def version_tags(if_match: str | None) -> str | None:
    """Return an `If-Match` with tags of views turned into those of their versions: a key that is
    in use can still be changed by whoever has read it."""
    return if_match and re.sub(r'"(\d+)\.\d{10}"', r'"\1"', if_match)


def _cut(texts: Sequence[FormerText], at: datetime, end: datetime) -> list[FormerText]:
    """Return those texts that still work, ended at `end` at the latest."""
    return [
        FormerText(digest=each.digest, ends_at=min(each.ends_at, iso(end)))
        for each in texts
        if at < min(parse(each.ends_at), end)
    ]
