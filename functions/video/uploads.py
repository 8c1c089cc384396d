"""The use cases of an upload: open, hand out part addresses, complete, cancel.

Completing twice, completing after a cancel and cancelling during a completion are all safe: the
record says who was first, S3 lets only one of both end the multipart upload, and each use case
can be repeated from any point at which it was interrupted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from types import MappingProxyType

from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.clock import iso, parse
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, UnavailableError
from functions.shared.quotas import Quotas, stored
from functions.shared.writes import Also, ConditionFailedError, Write, nothing_else
from functions.video import keys
from functions.video.addresses import IN_PARTS, Addresses, PartUrl, Way
from functions.video.model import Link, SourceFile, Video
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
class Opened:
    """A new video and the addresses of its first parts."""

    video: Video
    parts: list[PartUrl]


@dataclass(frozen=True, slots=True)
class UploadDesk:
    """The uploads of one caller."""

    caller: Caller
    videos: Videos
    uploads: MultipartUploads
    sources: ObjectStore
    crm: Door
    quotas: Quotas
    clock: Clock
    lifetime: timedelta
    url_lifetime_s: int

    def open(
        self,
        source: SourceFile,
        title: str | None,
        links: Sequence[Link],
        also: Callable[[Opened], Sequence[Write]] = nothing_else,
        *,
        way: Way = IN_PARTS,
        ownership: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Opened:
        """Make a video and its upload, and reserve the file's bytes; `ownership` is whose it
        shall be where that is not the caller's own. Raises InvalidError for links to nothing, for
        an owner or team to whom it cannot be given and for a file too large for a single PUT, and
        QuotaExceededError."""
        links = self.known_links(links)
        plan = PartPlan.of(source.size_bytes)
        if way.method == "single" and plan.count > 1:
            raise InvalidError(
                "A file this large comes in parts.",
                errors=[
                    FieldProblem(
                        "/size_bytes", "too_large", f"A single PUT takes {plan.part_bytes} bytes."
                    )
                ],
            )
        moment = self.clock()
        expires = iso(moment + self.lifetime)
        video = Video.born(
            self.caller,
            title=title or default_title(source.filename),
            links=links,
            source=source,
            upload=way.upload(plan, expires),
            due_at=expires,
            **ownership,
        )
        reservation = self.quotas.reserving(stored(video.id), source.size_bytes)
        # S3 first: an upload without a record is swept by the bucket's own rule, but a record
        # without an upload would be a promise that cannot be kept.
        if way.method != "single":
            upload_id = self.uploads.begin(self._key(video), checksums=way.checksums)
            upload = video.upload.model_copy(update={"upload_id": upload_id})
            video = video.model_copy(update={"upload": upload})
        opened = Opened(video, self._addresses.first(video, way, moment))
        try:
            self.videos.create(video, also=lambda _video: [*reservation, *also(opened)])
        except UnavailableError:
            raise  # it may have been written; if not, the bucket's own rule ends the upload
        except Exception as error:
            # The quota, or another request with the same Idempotency-Key was first.
            self._abort(video)
            if isinstance(error, ConditionFailedError):
                refusal = self.quotas.refusal(error)
                if refusal is not None:
                    raise refusal from error
            raise
        return opened

    def known_links(self, links: Sequence[Link], video_id: str | None = None) -> tuple[Link, ...]:
        """Return links as they are kept: the id of a merged record becomes that of what it is now,
        each record once. Raises InvalidError unless every link names a record that the caller may
        read, or stands on the video already: a change need not drop what its maker cannot see."""
        names = {link: RecordName(type=link.type, id=link.id) for link in links}
        unseen = {each.id for each in self.crm.missing(list(names.values()))}
        if unseen and video_id is not None:
            unseen -= {link.id for link in self.videos.get(video_id).links}
        shown = self.crm.shown([name for name in names.values() if name.id in unseen])
        now = {old: str(record["id"]) for old, record in shown.items()}
        missing = {link for link in links if link.id in unseen - now.keys()}
        problems = [
            FieldProblem(f"/links/{position}", "no_such_record", f"There is no such {link.type}.")
            for position, link in enumerate(links)
            if link in missing
        ]
        if problems:
            raise InvalidError("Some links lead nowhere.", errors=problems, code="broken_link")
        return tuple(
            dict.fromkeys(Link(type=link.type, id=now.get(link.id, link.id)) for link in links)
        )

    def parts_to_send(
        self, video_id: str, numbers: Sequence[int], sha256: Sequence[str] | None = None
    ) -> list[PartUrl]:
        """Return addresses for parts, bound to their checksums (base64) where the upload has
        them; the first time moves the video to `uploading`."""
        moment = self.clock()

        def edit(video: Video) -> Video:
            _check_unfinished(video)
            _check_sent(video)
            self._check_in_time(video, moment)
            plan = PartPlan.cut(video)
            plan.check_numbers(numbers)
            plan.check_checksums(numbers, sha256, video.upload)
            return video.changed(state="uploading") if video.state == "waiting" else video

        video = self.videos.change(video_id, edit)
        return self._addresses.of_parts(video, numbers, sha256, moment)

    def received(self, video_id: str, *, limit: int, after: int) -> tuple[list[Part], int | None]:
        """Return parts that S3 has, and the number to go on after."""
        video = self.videos.get(video_id)
        _check_unfinished(video)
        if not video.upload.upload_id:
            return [], None
        try:
            return self.uploads.page(
                self._key(video), video.upload.upload_id, limit=limit, after=after
            )
        except UploadGoneError as error:
            raise _complete_already() from error

    def complete(
        self,
        video_id: str,
        parts: Sequence[SentPart],
        also: Also[Video] = nothing_else,
    ) -> Video:
        """Check the parts against what S3 received and join them; a repeat changes nothing.

        Raises InvalidError when they are not exactly the file that was announced, and
        ConflictError when the upload was cancelled or expired.
        """
        video = self.videos.get(video_id, consistent=True)
        _check_not_over(video)
        if not _has_arrived(video):
            _check_sent(video)
            self._check_in_time(video, self.clock())
            self._join(video, parts)
        try:
            return self.videos.change(video_id, self._arrived, also=also)
        except ConflictError as error:
            if error.code in ("upload_cancelled", "upload_expired"):
                # Cancelled while S3 joined the parts: the cancellation stands.
                self.sources.delete_prefix(self._key(video))
            raise

    def cancel(self, video_id: str, also: Also[Video] = nothing_else) -> Video:
        """Give an upload up and throw its parts away; a repeat throws away what is left.

        Raises ConflictError when all bytes have arrived (delete the video instead).
        """

        def edit(video: Video) -> Video:
            if video.state == "cancelled":
                return video
            _check_unfinished(video)
            return video.changed(state="cancelled", due_at=None)

        def freed(video: Video) -> Sequence[Write]:
            return [*self.quotas.releasing(stored(video.id)), *also(video)]

        video = self.videos.change(video_id, edit, event="cancelled", also=freed)
        self._abort(video)
        self.sources.delete_prefix(self._key(video))
        return video

    def _abort(self, video: Video) -> None:
        if video.upload.upload_id:
            self.uploads.abort(self._key(video), video.upload.upload_id)

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
        upload = video.upload.model_copy(update={"completed_at": iso(moment)})
        return video.changed(state="uploading", upload=upload, due_at=iso(moment + EVENT_GRACE))

    def _check_in_time(self, video: Video, moment: datetime) -> None:
        if moment >= parse(video.upload.expires_at):
            code, sentence = _OVER["expired"]
            raise ConflictError(sentence, code=code)

    @property
    def _addresses(self) -> Addresses:
        return Addresses(self.caller.workspace, self.uploads, self.url_lifetime_s)

    def _key(self, video: Video) -> str:
        return keys.source(self.caller.workspace, video.id)


def default_title(filename: str) -> str:
    """Return a title for a video that was given none: its file's name without the ending."""
    return (PurePosixPath(filename.replace("\\", "/")).stem.strip() or "Untitled")[:200]


def _check_sent(video: Video) -> None:
    if video.upload.method == "pull":
        raise ConflictError("This file is fetched from its address.", code="upload_is_pulled")


def _has_arrived(video: Video) -> bool:
    return video.upload.completed_at is not None


def _check_not_over(video: Video) -> None:
    if video.state in _OVER:
        code, sentence = _OVER[video.state]
        raise ConflictError(sentence, code=code)


def _check_unfinished(video: Video) -> None:
    _check_not_over(video)
    if _has_arrived(video) or video.state not in ("waiting", "uploading"):
        raise _complete_already()


def _complete_already() -> ConflictError:
    return ConflictError("All parts have arrived already.", code="upload_complete")


__all__ = ["Opened", "UploadDesk", "default_title"]
