"""Playback: signed links, and the playlists behind them.

A link names workspace, video and viewer, ends by itself and dies with `revoke`. Playlists are
written when they are asked for, with addresses of segments that live an hour: a revoked link
gives no further playlist at once, and no segment after that hour.

A link shows what its viewer may see: a viewer of only some records is in it with member and
teams, and each request holds these against the video as it is then. When the video is given to
others, the viewer's links end as if they were revoked. What the viewer itself may do is that of
the moment the link was made: a role or team that is lost later ends no link before its time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.shared.audit import act
from functions.shared.caller import Caller
from functions.shared.clock import iso
from functions.shared.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthenticatedError,
)
from functions.shared.ids import new_id
from functions.shared.policy import Visibility
from functions.shared.signing import Signer
from functions.shared.writes import Also, Put
from functions.video import keys, playlist
from functions.video.attachment import attachment
from functions.video.media import AudioRendition, EncodePlan, Manifest
from functions.video.model import Video
from functions.video.ports import Addresses, ObjectStore, RunLog, Videos
from functions.video.storyboard import cues as storyboard_cues
from functions.video.tracks import tracks

PURPOSE = "playback"
SESSION = "pse"  # of the ids of sessions
SHARE_LINK = "share_link"  # the kind of a viewer who came by a share
# A playlist of more bytes than this might outgrow a Lambda's reply (6 MB, as a JSON string): its
# segments' addresses are paths that redirect.
MAX_PLAYLIST_BYTES = 4_700_000
SEGMENT_PATH = "segments"
_LINE_BYTES = 40  # what stands around a segment's address
_RETRY_SECONDS = 2
_CAPTIONS = keys.captions_name("")  # what names of caption tracks begin with


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may watch which video; `issued_at` as iso() writes it."""

    viewer: Caller
    video: str
    issued_at: str
    session: str | None = None  # what is watched by this link is told as one viewing
    share: str | None = None  # the share that this link was opened by


def issue(signer: Signer, viewer: Caller, video: str, at: datetime, lifetime: timedelta) -> str:
    """Return a signed link's token; that of a session where the viewer came by a share."""
    claims: dict[str, Any] = {
        "w": viewer.workspace,
        "v": video,
        "p": viewer.principal,
        "i": iso(at),
        "x": int((at + lifetime).timestamp()),
        "n": new_id(SESSION),
    }
    if viewer.kind == SHARE_LINK:
        claims["k"] = SHARE_LINK
    if viewer.visibility != "all":
        claims["s"] = [viewer.visibility, viewer.member, *viewer.teams]
    return signer.sign(claims)


def sight_of(
    workspace: str, principal: str, kind: str, sight: Sequence[str | None] = ("all", None)
) -> Caller:
    """Return a viewer without scopes who sees what `sight` says: visibility, member, teams."""
    visibility, member, *teams = sight
    known: Mapping[str | None, Visibility] = {"all": "all", "team": "team"}
    return Caller(
        workspace=workspace,
        principal=principal,
        role="viewer",
        scopes=frozenset(),
        request_id="",
        kind=kind,
        member=member or None,
        teams=tuple(filter(None, teams)),
        visibility=known.get(visibility, "own"),  # what is unknown sees least
    )


def read(signer: Signer, token: str, at: datetime) -> Grant:
    """Return what a token grants; raises UnauthenticatedError when it is not ours or too old."""
    claims: dict[str, Any] | None = signer.verify(token)
    if claims is None:
        raise UnauthenticatedError("The link is not valid.", code="playback_link_invalid")
    if at.timestamp() >= claims["x"]:
        raise UnauthenticatedError("The link has expired.", code="playback_link_expired")
    kind = SHARE_LINK if claims.get("k") == SHARE_LINK else "playback_link"
    viewer = sight_of(claims["w"], claims["p"], kind, claims.get("s", ("all", None)))
    share = viewer.principal if kind == SHARE_LINK else None
    return Grant(viewer, claims["v"], claims["i"], claims.get("n"), share)


def check_playable(video: Video) -> None:
    """Raise ConflictError when the video has nothing to play and nothing is being made."""
    if video.artefacts.renditions.state not in ("ready", "processing"):
        raise ConflictError(f"A video that is {video.state} cannot be played.", code="not_playable")


def started(grant: Grant, name: str, at: datetime, **origin: Any) -> Put:
    """Return what the audit log is told when a link's bearer begins to watch, or fetches the whole
    file; `origin` has request_id, address, agent. Once an hour for each link and address: players
    ask again."""
    bearer = replace(grant.viewer, **origin)
    link = f"{grant.video} {bearer.principal} {grant.issued_at}"
    return act(
        "video.playback_started",
        bearer,
        {"type": "video", "id": grant.video},
        detail={"file": name, "link_issued_at": grant.issued_at},
        once=f"{link} {name} {bearer.address} {iso(at)[:13]}",
        at=at,
    )


def revoke(videos: Videos, video_id: str, at: datetime, also: Also[Video]) -> Video:
    """End all links issued until now."""
    return videos.change(
        video_id, lambda video: video.changed(playback_revoked_at=iso(at)), also=also
    )


class Invitation(Protocol):
    """What playback asks of a share."""

    @property
    def allow_download(self) -> bool: ...

    def admits(self, origin: str | None) -> bool:
        """Say whether a page of this origin may show the video."""


def share_ended() -> UnauthenticatedError:
    """Return what is said of a share that is revoked, expired, or whose video is gone."""
    return UnauthenticatedError("The link does not work any more.", code="share_link_ended")


def other_page() -> ForbiddenError:
    """Return what a page hears that a share does not name among its domains."""
    return ForbiddenError("The video may not be shown on this page.", code="origin_not_allowed")


@dataclass(frozen=True, slots=True)
class Screening:
    """One viewer's view of one video; `log_of` gives the progress of a run, `share_of` a share
    that is not revoked. `origin` is the page's, where the browser names it."""

    grant: Grant
    videos: Videos
    share_of: Callable[[str], Invitation]
    origin: str | None
    media: ObjectStore
    addresses: Addresses
    log_of: Callable[[int], RunLog]
    tell: Callable[[Put], object]  # the audit log

    def master(self) -> str:
        """Return the master playlist; its entries are relative to it."""
        video = self._video()
        content, _ = self._content(video)
        return playlist.master(content, lambda name: f"{name}.m3u8", tracks(video))

    def track(self, name: str) -> str:
        """Return one rung's playlist, that of the sound (`audio`) or of captions (`captions-de`);
        raises NotFoundError."""
        video = self._video()
        content, run = self._content(video)
        if name.startswith(_CAPTIONS):
            file = self._captions(video, name.removeprefix(_CAPTIONS))
            return playlist.captions_playlist(content.duration_ms, file)
        write: Callable[..., str] = playlist.media_playlist
        track = self._track(content, run, name)
        if track is None and isinstance(content, Manifest):
            write, track = playlist.intra_playlist, playlist.intra_track(content, name)
        if track is None:
            raise NotFoundError("The video has no such rendition.")
        prefix = self._prefix(run)
        address = self.addresses.below(prefix + track.folder)
        longest = len(address(prefix + keys.segment(track.folder, 0))) + _LINE_BYTES
        if longest * (len(track.segments) + 1) > MAX_PLAYLIST_BYTES:
            return write(track, lambda key: f"{SEGMENT_PATH}/{run}/{key}")
        return write(track, lambda key: address(prefix + key))

    def storyboard(self) -> str:
        """Return the storyboard's cues (WebVTT), which name parts of `storyboard.jpg` beside it."""
        content, _ = self._content(self._video())
        board = content.storyboard if isinstance(content, Manifest) else None
        if board is None:
            raise NotFoundError("The video has no such file.", code="not_playable_yet")
        return storyboard_cues(board, content.duration_ms, keys.STORYBOARD)

    def captions(self, language: str | None = None) -> str:
        """Return the address of a language's captions as one WebVTT file, of the first track's
        without one; raises NotFoundError."""
        return self._captions(self._video(), language)

    def _captions(self, video: Video, language: str | None) -> str:
        for each in tracks(video):
            if language in (None, each.language):
                prefix = keys.video_prefix(self.grant.viewer.workspace, self.grant.video)
                return self._address(prefix + each.key)
        raise NotFoundError("The video has no such captions.", code="not_playable_yet")

    def segment(self, run: int, path: str) -> str:
        """Return the address of one segment; raises NotFoundError for what is none."""
        video = self._video()
        if run not in (video.artefacts.renditions.run, video.runs) or not _is_segment(path):
            raise NotFoundError("The video has no such segment.")
        return self._address(self._prefix(run) + path)

    def file(self, name: str) -> str:
        """Return the address of a finished file: keys.POSTER, STORYBOARD, WAVEFORM, MP4 or M4A."""
        video = self._video(whole=name in (keys.MP4, keys.M4A))
        content, run = self._content(video)
        there = isinstance(content, Manifest) and {
            keys.POSTER: content.poster,
            keys.MP4: content.mp4,
            keys.M4A: content.audio is not None,
            keys.STORYBOARD: content.storyboard is not None,
            keys.WAVEFORM: content.audio is not None and content.audio.waveform,
        }.get(name, False)
        if not there:
            raise NotFoundError("The video has no such file.", code="not_playable_yet")
        key = self._prefix(run) + name
        if name in (keys.MP4, keys.M4A):
            return self.addresses.download(key, attachment(video.title, name.rpartition(".")[2]))
        return self._address(key)

    def _video(self, *, whole: bool = False) -> Video:
        """Return the video as it is now, if the link still holds; `whole` where all of it is
        handed out as one file."""
        if self.grant.share is not None:
            self._check_share(self.grant.share, whole=whole)
        # Strongly consistent: a revocation holds from the moment it was acknowledged.
        video = self.videos.get(self.grant.video, consistent=True)
        revoked = video.playback_revoked_at
        if revoked is not None and self.grant.issued_at <= revoked:
            raise UnauthenticatedError("The link was revoked.", code="playback_link_revoked")
        return video

    def _check_share(self, share: str, *, whole: bool) -> None:
        try:
            invitation = self.share_of(share)
        except NotFoundError as error:
            raise share_ended() from error
        # a player of the system's own names no page
        if self.origin is not None and not invitation.admits(self.origin):
            raise other_page()
        if whole and not invitation.allow_download:
            raise ForbiddenError("This link is for watching.", code="download_not_allowed")

    def _content(self, video: Video) -> tuple[Manifest | EncodePlan, int]:
        made = video.artefacts.renditions
        if made.state == "ready" and made.run is not None:
            stored = self.media.get_json(self._prefix(made.run) + keys.MANIFEST)
            return Manifest.model_validate(stored), made.run
        if made.state != "processing":
            raise NotFoundError("The video cannot be played.", code="not_playable")
        try:
            folder = video.run.folder if video.run else video.runs
            plan = self.media.get_json(self._prefix(folder) + keys.PLAN)
        except NotFoundError as error:
            raise NotFoundError(
                "There is nothing to play yet.",
                code="not_playable_yet",
                retry_after=_RETRY_SECONDS,
            ) from error
        return EncodePlan.model_validate(plan), folder

    def _track(self, content: Manifest | EncodePlan, run: int, name: str) -> playlist.Track | None:
        if isinstance(content, Manifest):
            return playlist.finished_track(content, name)
        if name != playlist.SOUND:
            return playlist.growing_track(content, self.log_of(run).chunks(), name)
        try:
            stored = self.media.get_json(self._prefix(run) + keys.AUDIO)
        except NotFoundError:
            return playlist.growing_sound(content, None)
        return playlist.growing_sound(content, AudioRendition.model_validate(stored))

    def _prefix(self, run: int) -> str:
        return keys.run_prefix(self.grant.viewer.workspace, self.grant.video, run)

    def _address(self, key: str) -> str:
        return self.addresses.of(key)


def _is_segment(path: str) -> bool:
    """`a/init.mp4`, `a/00012.m4s`, `v/720p/init.mp4`, `v/720p/00012.m4s`, and nothing else."""
    match path.split("/"):
        case ["a", name] | ["v", _, name]:
            folder = path.rpartition("/")[0]
            number = name.removesuffix(".m4s")
            known = [keys.init(folder)]
            if number.isascii() and number.isdigit():
                known.append(keys.segment(folder, int(number)))
            return path in known and ".." not in folder
    return False
