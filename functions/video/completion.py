"""The end of an upload: what arrived is held against what was announced, and becomes the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.shared.clock import iso, parse
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.writes import Also, nothing_else
from functions.video import keys
from functions.video.intake import Intake, completed, intake_of, with_upload
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
        pulled: int | None = None,
    ) -> Video:
        """Check the parts against what S3 received and join them; a repeat changes nothing.
        Raises as `UploadDesk.complete` does; only who fetches a file (number `pulled`) ends its
        upload."""
        video = self.videos.get(video_id, consistent=True)
        file = intake_of(video)
        if pulled is None:
            check_sent(video)
        elif pulled != file.number:
            raise _gone()
        _check_not_over(video)
        if not file.has_arrived:
            check_in_time(video, self.clock())
            self._join(video, file, parts)

        def arrived(now: Video) -> Video:
            return self._arrived(now, file.number)

        try:
            return self.videos.change(video_id, arrived, also=also)
        except ConflictError as error:
            if error.code in ("upload_cancelled", "upload_expired"):
                # Cancelled while S3 joined the parts: the cancellation stands.
                self.sources.delete_prefix(self._key(video, file))
            raise

    def _join(self, video: Video, file: Intake, parts: Sequence[SentPart]) -> None:
        key, upload_id = self._key(video, file), file.upload.upload_id
        if not upload_id:
            self._check_whole(key)
            return
        try:
            arrived = self.uploads.parts(key, upload_id)
            PartPlan.cut(file).check_arrived(parts, arrived)
            self._keep_checksum(video, file, arrived)
            self.uploads.complete(key, upload_id, arrived, file.source.size_bytes)
        except UploadGoneError as error:
            # Joined by an earlier attempt that could not say so, unless it was aborted.
            if self.sources.head(key) == file.source.size_bytes:
                return
            _check_not_over(self.videos.get(video.id, consistent=True))
            raise _gone() from error
        except PartsRefusedError as error:
            raise InvalidError(
                "The store refused to join the parts.", code="parts_mismatch"
            ) from error

    def _keep_checksum(self, video: Video, file: Intake, arrived: Sequence[Part]) -> None:
        """Write the file's checksum down before the file is there: what begins with the file
        begins with what is known of it."""
        known = [part.sha256 for part in arrived if part.sha256 is not None]
        if file.upload.checksums is None or len(known) < len(arrived):
            return
        checksum = composite(known)

        def edit(old: Video) -> Video:
            _check_not_over(old)
            now = intake_of(old)
            if now.number != file.number or now.upload.sha256 == checksum:
                return old
            return with_upload(old, sha256=checksum)

        self.videos.change(video.id, edit)

    def _check_whole(self, key: str) -> None:
        """Raise InvalidError unless the one PUT has been made; it could only be of this file."""
        if self.sources.head(key) is None:
            problem = FieldProblem("/parts", "part_not_received", "The file has not arrived.")
            raise InvalidError(
                "The file has not arrived; send it and complete again.",
                code="parts_mismatch",
                errors=[problem],
            )

    def _arrived(self, video: Video, number: int) -> Video:
        file = intake_of(video)
        if file.number != number:  # given up, and followed by another
            raise _gone()
        _check_not_over(video)
        if file.has_arrived:
            return video
        moment = self.clock()
        return completed(video, iso(moment), iso(moment + EVENT_GRACE))

    def _key(self, video: Video, file: Intake) -> str:
        return keys.source(self.workspace, video.id, file.number)


def check_in_time(video: Video, moment: datetime) -> None:
    """Raise ConflictError when the upload's time is over."""
    if moment >= parse(intake_of(video).upload.expires_at):
        code, sentence = _OVER["expired"]
        raise ConflictError(sentence, code=code)


def check_sent(video: Video) -> None:
    """Raise ConflictError when the file is fetched, and nobody sends it."""
    if intake_of(video).upload.method == "pull":
        raise ConflictError("This file is fetched from its address.", code="upload_is_pulled")


def _check_not_over(video: Video) -> None:
    state = intake_of(video).state
    if state in _OVER:
        code, sentence = _OVER[state]
        raise ConflictError(sentence, code=code)


def check_unfinished(video: Video) -> None:
    """Raise ConflictError when there is nothing (more) to send."""
    _check_not_over(video)
    if not intake_of(video).is_coming:
        raise complete_already()


def _gone() -> ConflictError:
    return ConflictError("The upload is no longer there; open a new one.", code="upload_gone")


def complete_already() -> ConflictError:
    """Return the refusal of what comes after the last part."""
    return ConflictError("All parts have arrived already.", code="upload_complete")
