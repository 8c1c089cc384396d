"""The use cases of caption tracks: read one, send one, change it, remove it, take the automatic
one back.

A track's cues are a file of its own beside the runs' (written before the record that names it,
never twice under one name), so a reader finds what the record says, whole. A file whose record
was not written is swept with its video.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from functions.shared.clock import iso
from functions.shared.entity_tags import check_match
from functions.shared.errors import (
    ConflictError,
    FieldProblem,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from functions.shared.ids import new_id
from functions.shared.writes import Also, nothing_else
from functions.video import keys, subrip, tracks, webvtt
from functions.video.caption_track import CaptionTrack
from functions.video.captions import CaptionsRefusedError, Cue, checked
from functions.video.model import Video
from functions.video.ports import Clock, Videos
from functions.video.store import MediaStore
from functions.video.tracks import Shown

# More than fifteen hours of talk: what is longer is not read at once.
MAX_READ_BYTES = 4_000_000
_TYPE = "text/vtt"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a track shall be; None: as it is. `cues` (with `file`, where they came as one) are
    not checked yet."""

    label: str | None = None
    kind: Any = None
    default: bool | None = None
    file: str | None = None
    cues: Sequence[Cue] | None = None

    def read(self) -> list[Cue] | None:
        """Return the cues, as they are kept; None when there are none. Raises InvalidError."""
        try:
            if self.file is not None:
                parse = webvtt.parse if webvtt.is_webvtt(self.file) else subrip.parse
                return parse(self.file)
            return None if self.cues is None else checked(list(enumerate(self.cues)))
        except CaptionsRefusedError as error:
            raise self._refused(error) from error

    def check_length(self, cues: Sequence[Cue], duration_ms: int | None) -> None:
        """Raise InvalidError when a cue begins after the video's end."""
        if duration_ms is not None and cues[-1].start_ms >= duration_ms:
            pointer = "/file" if self.file is not None else f"/cues/{len(cues) - 1}"
            sentence = f"The last cue begins after the video's end, at {duration_ms} ms."
            raise InvalidError(
                "The captions are not those of this video.",
                code="captions_invalid",
                errors=[FieldProblem(pointer, "after_end", sentence)],
            )

    def _refused(self, error: CaptionsRefusedError) -> InvalidError:
        return InvalidError(
            "The captions were not understood; see `errors`.",
            code="captions_invalid",
            errors=[
                FieldProblem("/file", each.code, f"Line {each.at}: {each.message}")
                if self.file is not None
                else FieldProblem(f"/cues/{each.at}", each.code, each.message)
                for each in error.faults
            ],
        )


@dataclass(frozen=True, slots=True)
class Captioning:
    """The caption tracks of one workspace's videos. All raise NotFoundError."""

    workspace: str
    videos: Videos
    media: MediaStore
    clock: Clock

    def cues(self, video: Video, track: Shown) -> list[Cue]:
        """Return a track's cues; raises TooLargeError."""
        try:
            text = self.text(video, track)
        except NotFoundError:  # replaced since the video was read
            now = self.videos.get(video.id, consistent=True)
            text = self.text(now, tracks.track_of(now, track.language))
        return webvtt.parse(text)

    def text(self, video: Video, track: Shown) -> str:
        """Return a track as WebVTT; raises TooLargeError."""
        data = self.media.get_bytes(self._key(video, track.key), count=MAX_READ_BYTES + 1)
        if len(data) > MAX_READ_BYTES:
            raise TooLargeError("This track is too long to be read at once.")
        return data.decode()

    def create(
        self, video_id: str, language: str, wanted: Wanted, also: Also[Video] = nothing_else
    ) -> Video:
        """Add a track; an automatic one of its language is shown no more. Raises InvalidError,
        and ConflictError when there is one that somebody has made."""
        cues = wanted.read()
        assert cues is not None  # noqa: S101 - a new track has some: the body's model says so

        def check(video: Video) -> None:
            there = tracks.own(video, language)
            if there is not None and not there.removed:
                raise ConflictError(
                    "There is a track of this language; change or delete it.",
                    code="captions_exist",
                )

        def track(video: Video) -> CaptionTrack:
            return CaptionTrack(
                language=language,
                label=wanted.label or language,
                kind=wanted.kind or "captions",
                default=bool(wanted.default),
                source="uploaded",
                source_number=video.source_number,
                version=video.version + 1,
                updated_at=iso(self.clock()),
            )

        return self._write(video_id, language, wanted, cues, check, track, also)

    def change(
        self,
        video_id: str,
        language: str,
        wanted: Wanted,
        if_match: str | None = None,
        also: Also[Video] = nothing_else,
    ) -> Video:
        """Change a track, or make the automatic one somebody's own. Raises InvalidError,
        ConflictError and PreconditionFailedError."""
        cues = wanted.read()
        video = self.videos.get(video_id)
        shown = tracks.track_of(video, language)
        if cues is None and shown.source == "automatic":
            cues = self.cues(video, shown)

        def check(video: Video) -> None:
            check_match(tracks.track_of(video, language).etag, if_match)

        def track(video: Video) -> CaptionTrack:
            now = tracks.track_of(video, language)
            there = tracks.own(video, language)
            return CaptionTrack(
                language=language,
                label=wanted.label or now.label,
                kind=wanted.kind or now.kind,
                default=now.default if wanted.default is None else wanted.default,
                source="edited" if now.source == "automatic" else now.source,
                cues=now.cues,
                name=there.name if there else "",
                source_number=there.source_number
                if there and cues is None
                else video.source_number,
                version=video.version + 1,
                updated_at=iso(self.clock()),
            )

        return self._write(video_id, language, wanted, cues, check, track, also)

    def remove(
        self,
        video_id: str,
        language: str,
        if_match: str | None = None,
        also: Also[Video] = nothing_else,
    ) -> None:
        """Remove a track, also the automatic one. Raises PreconditionFailedError."""

        def edit(video: Video) -> Video:
            check_match(tracks.track_of(video, language).etag, if_match)
            return tracks.remove(video, language, iso(self.clock()))

        self._edit(video_id, language, edit, also)

    def revert(
        self,
        video_id: str,
        language: str,
        if_match: str | None = None,
        also: Also[Video] = nothing_else,
    ) -> Video:
        """Show the automatic track again, in place of what somebody has made of it. Raises
        ConflictError when there is none, and PreconditionFailedError."""

        def edit(video: Video) -> Video:
            shown = [each.etag for each in tracks.tracks(video) if each.language == language]
            check_match(shown[0] if shown else "", if_match)
            return tracks.revert(video, language)

        return self._edit(video_id, language, edit, also)

    def _write(
        self,
        video_id: str,
        language: str,
        wanted: Wanted,
        cues: Sequence[Cue] | None,
        check: Callable[[Video], None],
        track: Callable[[Video], CaptionTrack],
        also: Also[Video],
    ) -> Video:
        name = "" if cues is None else f"{language}-{new_id('cap')}.vtt"
        written = False

        def edit(video: Video) -> Video:
            nonlocal written
            check(video)
            made = track(video)
            if cues is None:
                return tracks.put(video, made)
            wanted.check_length(cues, video.duration_ms)
            after = tracks.put(
                video, made.model_copy(update={"cues": len(cues), "name": name})
            )  # refused before anything is written
            if not written:
                key = self._key(video, keys.captions_file(name))
                self.media.put_bytes(key, webvtt.write(cues).encode(), _TYPE)
                written = True
            return after

        return self._edit(video_id, language, edit, also)

    def _edit(
        self, video_id: str, language: str, edit: Callable[[Video], Video], also: Also[Video]
    ) -> Video:
        left: list[CaptionTrack | None] = []

        def noting(video: Video) -> Video:
            left[:] = [tracks.own(video, language)]
            return edit(video)

        video = self.videos.change(video_id, noting, event="captions_changed", also=also)
        (before,), after = left, tracks.own(video, language)
        if before is not None and before.name and (after is None or after.name != before.name):
            with suppress(UnavailableError):  # then it goes with the video
                self.media.delete_prefix(self._key(video, keys.captions_file(before.name)))
        return video

    def _key(self, video: Video, key: str) -> str:
        return keys.video_prefix(self.workspace, video.id) + key
