"""The end of an upload: what arrived is held against what was announced, and becomes the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.shared.clock import iso, parse
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.writes import Also, nothing_else
from functions.video import keys
from functions.video.model import Video
from functions.video.part_plan import PartPlan, SentPart, composite
from functions.video.ports import (
    Clock,
    MultipartUploads,
    ObjectStore,
    Part,
    PartsRefusedError,
    UploadGoneError,
    Videos,
)

# How long the S3 event may take after a completion before λ expire looks for the object itself.
EVENT_GRACE = timedelta(minutes=5)
_OVER = {
    "cancelled": ("upload_cancelled", "The upload was cancelled; open a new one."),
    "expired": ("upload_expired", "The upload did not complete in time; open a new one."),
}


@dataclass(frozen=True, slots=True)
class Completion:
    """The completions of one workspace's uploads."""

    workspace: str
    videos: Videos
    uploads: MultipartUploads
    sources: ObjectStore
    clock: Clock

    def finish(
        self,
        video_id: str,
        parts: Sequence[SentPart],
        also: Also[Video] = nothing_else,
        *,
        pulled: bool = False,
    ) -> Video:
        """Check the parts against what S3 received and join them; a repeat changes nothing.
        Raises as `UploadDesk.complete` does; only who fetches a file (`pulled`) ends its upload."""
        video = self.videos.get(video_id, consistent=True)
        if not pulled:
            check_sent(video)
        _check_not_over(video)
        if not _has_arrived(video):
            check_in_time(video, self.clock())
            self._join(video, parts)
        try:
            return self.videos.change(video_id, self._arrived, also=also)
        except ConflictError as error:
            if error.code in ("upload_cancelled", "upload_expired"):
                # Cancelled while S3 joined the parts: the cancellation stands.
                self.sources.delete_prefix(self._key(video))
            raise

    def _join(self, video: Video, parts: Sequence[SentPart]) -> None:
        key, upload_id = self._key(video), video.upload.upload_id
        if not upload_id:
            self._check_whole(video)
            return
        try:
            arrived = self.uploads.parts(key, upload_id)
            PartPlan.cut(video).check_arrived(parts, arrived)
            self._keep_checksum(video, arrived)
            self.uploads.complete(key, upload_id, arrived, video.source.size_bytes)
        except UploadGoneError as error:
            # Joined by an earlier attempt that could not say so, unless it was aborted.
            if self.sources.head(key) == video.source.size_bytes:
                return
            _check_not_over(self.videos.get(video.id, consistent=True))
            raise ConflictError(
                "The upload is no longer there; open a new one.", code="upload_gone"
            ) from error
        except PartsRefusedError as error:
            raise InvalidError(
                "The store refused to join the parts.", code="parts_mismatch"
            ) from error

    def _keep_checksum(self, video: Video, arrived: Sequence[Part]) -> None:
        """Write the file's checksum down before the file is there: what begins with the file
        begins with what is known of it."""
        known = [part.sha256 for part in arrived if part.sha256 is not None]
        if video.upload.checksums is None or len(known) < len(arrived):
            return
        checksum = composite(known)

        def edit(old: Video) -> Video:
            _check_not_over(old)
            if old.upload.sha256 == checksum:
                return old
            return old.changed(upload=old.upload.model_copy(update={"sha256": checksum}))

        self.videos.change(video.id, edit)

    def _check_whole(self, video: Video) -> None:
        """Raise InvalidError unless the one PUT has been made; it could only be of this file."""
        if self.sources.head(self._key(video)) is None:
            problem = FieldProblem("/parts", "part_not_received", "The file has not arrived.")
            raise InvalidError(
                "The file has not arrived; send it and complete again.",
                code="parts_mismatch",
                errors=[problem],
            )

    def _arrived(self, video: Video) -> Video:
        _check_not_over(video)
        if _has_arrived(video):
            return video
        moment = self.clock()
        ended = {"completed_at": iso(moment), "source_url": None}  # which may hold a secret
        upload = video.upload.model_copy(update=ended)
        return video.changed(state="uploading", upload=upload, due_at=iso(moment + EVENT_GRACE))

    def _key(self, video: Video) -> str:
        return keys.source(self.workspace, video.id)


def check_in_time(video: Video, moment: datetime) -> None:
    """Raise ConflictError when the upload's time is over."""
    if moment >= parse(video.upload.expires_at):
        code, sentence = _OVER["expired"]
        raise ConflictError(sentence, code=code)


def check_sent(video: Video) -> None:
    """Raise ConflictError when the file is fetched, and nobody sends it."""
    if video.upload.method == "pull":
        raise ConflictError("This file is fetched from its address.", code="upload_is_pulled")


def _has_arrived(video: Video) -> bool:
    return video.upload.completed_at is not None


def _check_not_over(video: Video) -> None:
    if video.state in _OVER:
        code, sentence = _OVER[video.state]
        raise ConflictError(sentence, code=code)


def check_unfinished(video: Video) -> None:
    """Raise ConflictError when there is nothing (more) to send."""
    _check_not_over(video)
    if _has_arrived(video) or video.state not in ("waiting", "uploading"):
        raise complete_already()


def complete_already() -> ConflictError:
    """Return the refusal of what comes after the last part."""
    return ConflictError("All parts have arrived already.", code="upload_complete")
