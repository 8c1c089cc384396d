"""Share links: a video for one recipient, who needs no account.

A link's token names workspace and share under our signature, and nothing else; what it opens is
what the share says at that moment. Opening gives a playback session: a playback link (`playback`)
of its own that dies with the share.

A token that we have not signed is refused before anything is looked up, so nobody learns what
exists. Whoever holds a real one, of a share that is revoked, expired or whose video is gone, hears
one and the same thing.

`domains` are held against the `Origin` (or `Referer`) that browsers send and no script in them can
forge: they keep a link from being embedded elsewhere. Other programs send what they like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Protocol
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints

from functions.shared.caller import Caller
from functions.shared.clock import parse
from functions.shared.errors import UnauthenticatedError
from functions.shared.ids import is_id
from functions.shared.record import Record
from functions.shared.signing import Signer
from functions.video.facts import Frozen
from functions.video.model import Link
from functions.video.playback import sight_of

PURPOSE = "share"
MAX_DOMAINS = 20


def _domain(text: str) -> str:
    name = text.lower().removeprefix("*.")
    if len(name) > 253 or name.startswith("-") or ".." in name:
        raise ValueError("must be a host name, such as example.com or *.example.com")
    return text.lower()


# `*.example.com` is whatever is below example.com, and not example.com itself.
Domain = Annotated[
    str,
    StringConstraints(pattern=r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$"),
    AfterValidator(_domain),
]


class Recipient(Frozen):
    """For whom a link is: a contact, or somebody who is none yet."""

    contact_id: str | None = None
    email: str | None = None
    name: str | None = None


class Share(Record):
    """A link for one recipient. Its passcode is kept apart from it."""

    PREFIX: ClassVar[str] = "shr"
    OBJECT: ClassVar[str] = "share"

    video_id: str
    video_title: str
    recipient: Recipient
    links: tuple[Link, ...] = ()  # the records on whose timelines it is told of
    expires_at: str
    has_passcode: bool = False
    domains: tuple[str, ...] = ()
    allow_download: bool = False
    # Whose videos its maker saw: when the video goes to others, the link ends.
    sight: tuple[str, ...] = ("all", "")
    opened_count: int = 0
    last_opened_at: str | None = None
    revoked_at: str | None = None

    def has_expired(self, at: datetime) -> bool:
        return at >= parse(self.expires_at)

    def admits(self, origin: str | None) -> bool:
        """Say whether a page of this origin may show the video; None where nobody says whose
        page it is."""
        if not self.domains:
            return True
        host = _host(origin or "")
        return any(
            host.endswith(each[1:]) if each.startswith("*.") else host == each
            for each in self.domains
        )

    def bearer(self, workspace: str) -> Caller:
        """Return whoever comes by this link: with its maker's sight, and no scope."""
        return sight_of(workspace, self.id, "share_link", self.sight)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link's token names."""

    workspace: str
    share: str


def issue(signer: Signer, workspace: str, share: str) -> str:
    """Return a share link's token."""
    return signer.sign({"w": workspace, "s": share})


def read(signer: Signer, token: str) -> Ticket:
    """Return what a token names; raises UnauthenticatedError for one that is not ours."""
    claims = signer.verify(token)
    if claims is None or not is_id(claims.get("s", ""), Share.PREFIX):
        raise UnauthenticatedError("The link is not valid.", code="share_link_invalid")
    return Ticket(claims["w"], claims["s"])


class Shares(Protocol):
    """The shares of one workspace. Raises NotFoundError for one that is not there (any more),
    UnavailableError."""

    def get(self, record_id: str, *, consistent: bool = False) -> Share:
        """Return a share that is not revoked."""

    def try_passcode(self, share_id: str, at: datetime) -> str:
        """Count a try and return what the passcode is kept as; raises RateLimitedError when there
        were too many, UnauthenticatedError when there may be no more."""

    def passed(self, share_id: str) -> None:
        """Forget the wrong tries."""

    def opened(self, share: Share, at: datetime) -> Share:
        """Count an opening (event `share.opened`); raises NotFoundError when the share was revoked
        meanwhile."""


def origin_of(origin: str | None, referer: str | None) -> str | None:
    """Return the origin that a browser names: its `Origin`, else the `Referer`'s host. A page
    without an origin of its own (`null`) is nobody's."""
    if origin is not None:
        return origin
    host = _host(referer or "")
    return f"https://{host}" if host else None


def _host(address: str) -> str:
    """Return an address's host in lower case; of what is no address, nothing."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def told_on(recipient: Recipient, links: Sequence[Link]) -> tuple[Link, ...]:
    """Return the records on whose timelines a share is told of: the video's, and the recipient."""
    theirs = [Link(type="contact", id=recipient.contact_id)] if recipient.contact_id else []
    return tuple(dict.fromkeys([*theirs, *links]))
