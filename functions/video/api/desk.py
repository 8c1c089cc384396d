"""What the routes work with, made by handler.py for each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from functions.shared.exchange import Exchange
from functions.shared.expansion import Find
from functions.shared.paging import Page
from functions.video.model import Video
from functions.video.pipeline import Pipeline
from functions.video.playback import Screening
from functions.video.ports import Videos
from functions.video.uploads import UploadDesk


class PagedVideos(Videos, Protocol):
    """The videos of one workspace, as lists need them too."""

    def page(self, *, limit: int, start: Mapping[str, Any] | None = None) -> Page[Video]:
        """Return one page, newest first."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller's way to its workspace's videos."""

    videos: PagedVideos
    uploads: UploadDesk
    pipeline: Pipeline
    linked: Find  # the records that a video is linked to
    playback_lifetime: timedelta


OpenDesk = Callable[[Exchange], Desk]
# From a playback link's token to what its bearer may see; raises UnauthenticatedError.
OpenScreening = Callable[[str], Screening]
