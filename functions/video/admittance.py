"""Opening a share: from a link's token, and a passcode where it has one, to a playback session."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.shared.caller import Caller
from functions.shared.clock import parse
from functions.shared.errors import NotFoundError, UnauthenticatedError
from functions.shared.signing import Signer
from functions.video.passcodes import matches
from functions.video.playback import check_playable, issue, other_page, share_ended
from functions.video.ports import Videos
from functions.video.shares import Share, Shares, Ticket


@dataclass(frozen=True, slots=True)
class Admitted:
    """A session: the token of its playback link, and what its page may show."""

    token: str
    expires_at: datetime
    share: Share
    title: str
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Admittance:
    """The door of one workspace's shares. `shares_of` and `videos_of` see what their caller
    sees, `signer` signs playback links, `lifetime` is that of a session."""

    shares_of: Callable[[Caller], Shares]
    videos_of: Callable[[Caller], Videos]
    signer: Signer
    lifetime: timedelta

    def admit(
        self,
        ticket: Ticket,
        passcode: str | None,
        origin: str | None,
        at: datetime,
        **whence: Any,
    ) -> Admitted:
        """Open a share; `whence` has request_id, address, agent.

        Raises UnauthenticatedError (`share_link_ended`, `passcode_required`, `passcode_wrong`),
        ForbiddenError for a page whose domain it does not name, RateLimitedError after too many
        wrong passcodes, ConflictError when there is nothing to play.
        """
        nobody = Caller.pipeline(ticket.workspace, whence.get("request_id", ""))
        try:
            share = self.shares_of(nobody).get(ticket.share, consistent=True)
            if share.has_expired(at):
                raise share_ended()
            viewer = replace(share.bearer(ticket.workspace), **whence)
            video = self.videos_of(viewer).get(share.video_id, consistent=True)
            if not share.admits(origin):
                raise other_page()
            shares = self.shares_of(viewer)
            if share.has_passcode:
                _check(shares, share, passcode, at)
            check_playable(video)
            share = shares.opened(share, at)
        except NotFoundError as error:
            raise share_ended() from error
        lifetime = min(self.lifetime, parse(share.expires_at) - at)
        token = issue(self.signer, viewer, video.id, at, lifetime)
        return Admitted(token, at + lifetime, share, video.title, video.duration_ms)


def _check(shares: Shares, share: Share, passcode: str | None, at: datetime) -> None:
    if passcode is None:
        raise UnauthenticatedError("The link has a passcode.", code="passcode_required")
    if not matches(passcode, shares.try_passcode(share.id, at)):
        raise UnauthenticatedError("The passcode is wrong.", code="passcode_wrong")
    shares.passed(share.id)
