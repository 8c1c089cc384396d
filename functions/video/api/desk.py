"""What the routes work with, made by handler.py for each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request

from functions.shared.exchange import Exchange
from functions.shared.expansion import Find
from functions.shared.paging import Page
from functions.shared.writes import Also
from functions.video.model import Link, Video
from functions.video.pipeline import Pipeline
from functions.video.playback import Screening
from functions.video.ports import Videos
from functions.video.replacing import Replacing
from functions.video.shares import Recipient, Share
from functions.video.uploads import UploadDesk
from functions.video.viewing import Session, Tally

if TYPE_CHECKING:  # it reads files of captions, which few requests do
    from functions.video.captioning import Captioning


class PagedVideos(Videos, Protocol):
    """The videos of one workspace, as lists need them too."""

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[Video]:
        """Return one page, newest first."""

    def buried(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[Video]:
        """Return one page of the deleted ones, the last deleted first."""


class ShareBook(Protocol):
    """The shares of one workspace, as their makers know them. Raises NotFoundError."""

    def of_video(
        self, video_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Share]:
        """Return one page of a video's shares that are not revoked, newest first."""

    def of(self, video_id: str, share_id: str) -> Share:
        """Return a video's share."""

    def create_locked(self, share: Share, kept: str | None, also: Also[Share]) -> Share:
        """Store a new share, with its passcode's hash where it has one."""

    def revoke(
        self,
        video_id: str,
        share_id: str,
        at: datetime,
        *,
        if_match: str | None = None,
        also: Also[Share],
    ) -> None:
        """End a share at once. Raises PreconditionFailedError."""


class ViewBook(Protocol):
    """What was watched of one workspace's videos."""

    def total(self, video_id: str, source: int) -> Tally | None:
        """Return the sums of one of a video's files; None when nobody has watched it."""

    def sessions(
        self, video_id: str, source: int, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[tuple[Session, Recipient | None]]:
        """Return one page of the sessions of one of a video's files, newest first."""

    def viewers(
        self, video_id: str, source: int, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Tally]:
        """Return one page of the viewers of one of a video's files, each with its sums."""


class CostBook(Protocol):
    """What the runs of one workspace's videos took."""

    def of_video(self, video_id: str) -> Mapping[int, Mapping[str, Mapping[str, int]]]:
        """Return run -> step -> amounts."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller's way to its workspace's videos."""

    videos: PagedVideos
    uploads: UploadDesk
    replacing: Replacing
    shares: ShareBook
    views: ViewBook
    pipeline: Pipeline
    costs: CostBook
    captioning: "Callable[[], Captioning]"
    links_left: Callable[[Video], list[Link]]  # those of its records that are still there
    linked: Find  # the records that a video is linked to
    playback_lifetime: timedelta
    encoders: int  # that one video may have at work
    mediaconvert: bool  # whether the deployment offers it


OpenDesk = Callable[[Exchange], Desk]
# From a playback link's token to what its bearer may see; raises UnauthenticatedError.
OpenScreening = Callable[[Request, str], Screening]
