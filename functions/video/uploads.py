"""The use cases of an upload: open, hand out part addresses, complete, cancel.

Completing twice, completing after a cancel and cancelling during a completion are all safe: the
record says who was first, S3 lets only one of both end the multipart upload, and each use case
can be repeated from any point at which it was interrupted.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from types import MappingProxyType

from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.clock import iso
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, UnavailableError
from functions.shared.quotas import Quotas, stored
from functions.shared.writes import Also, ConditionFailedError, Write, nothing_else
from functions.video import keys
from functions.video.addresses import IN_PARTS, Addresses, PartUrl, Way
from functions.video.completion import (
    Completion,
    check_in_time,
    check_sent,
    check_unfinished,
    complete_already,
)
from functions.video.intake import begun, event_of, given_up, intake_of
from functions.video.model import Link, SourceFile, Video, WantedContent, WantedEngine
from functions.video.origin import REFUSALS, Origin, SourceRefusedError
from functions.video.part_plan import PartPlan, SentPart
from functions.video.ports import (
    Clock,
    Executions,
    MultipartUploads,
    ObjectStore,
    Part,
    UploadGoneError,
    Videos,
)
from functions.video.retention import taken_over
from functions.video.runs import START_GRACE, pull_input, pull_name


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
    origin: Callable[[], Origin]  # made when something is pulled
    days_kept: Callable[[], Mapping[str, int | None]]  # of new videos, where none are named
    pulls: Executions

    def open(
        self,
        source: SourceFile,
        title: str | None,
        links: Sequence[Link],
        also: Callable[[Opened], Sequence[Write]] = nothing_else,
        *,
        way: Way = IN_PARTS,
        ownership: Mapping[str, str | None] = MappingProxyType({}),
        content: WantedContent = "auto",
        engine: WantedEngine = "auto",
        days_kept: Mapping[str, int | None] = MappingProxyType({}),
    ) -> Opened:
        """Make a video and its upload, and reserve the file's bytes; `ownership` is whose it
        shall be where that is not the caller's own. Raises InvalidError for links to nothing, for
        an owner or team to whom it cannot be given and for a file too large for a single PUT, and
        QuotaExceededError."""
        known = self.known_links(links)
        chosen = {**ownership, "content": content, "engine": engine}
        return self._open(source, title, known, also, way, chosen, days_kept)

    def _open(
        self,
        source: SourceFile,
        title: str | None,
        links: tuple[Link, ...],
        also: Callable[[Opened], Sequence[Write]],
        way: Way,
        chosen: Mapping[str, str | None],
        days_kept: Mapping[str, int | None],
    ) -> Opened:
        plan = planned(source, way)
        moment = self.clock()
        expires = iso(moment + self.lifetime)
        video = Video.born(
            self.caller,
            title=title or default_title(source.filename),
            links=links,
            source=source,
            upload=way.upload(plan, expires),
            sight=sight_of_uploader(self.caller),
            due_at=iso(moment + START_GRACE) if way.method == "pull" else expires,
            **chosen,
            **taken_over(self.days_kept(), days_kept),
        )
        reservation = self.quotas.reserving(stored(video.id), source.size_bytes)
        # S3 first: an upload without a record is swept by the bucket's own rule, but a record
        # without an upload would be a promise that cannot be kept.
        if way.method != "single":
            key = keys.source(self.caller.workspace, video.id)
            upload_id = self.uploads.begin(key, checksums=way.checksums)
            upload = video.upload.model_copy(update={"upload_id": upload_id})
            video = video.model_copy(update={"upload": upload})
        parts = self.addresses.first(video.id, intake_of(video), way, moment)
        opened = Opened(video, parts)
        try:
            self.videos.create(video, also=lambda _video: [*reservation, *also(opened)])
        except UnavailableError:
            raise  # it may have been written; if not, the bucket's own rule ends the upload
        except Exception as error:
            # The quota, or another request with the same Idempotency-Key was first.
            key = keys.source(self.caller.workspace, video.id)
            self.uploads.abort(key, video.upload.upload_id)
            if isinstance(error, ConditionFailedError):
                refusal = self.quotas.refusal(error)
                if refusal is not None:
                    raise refusal from error
            raise
        return opened

    def pull(
        self,
        url: str,
        title: str | None,
        links: Sequence[Link],
        also: Callable[[Opened], Sequence[Write]] = nothing_else,
        *,
        ownership: Mapping[str, str | None] = MappingProxyType({}),
        content: WantedContent = "auto",
        engine: WantedEngine = "auto",
        days_kept: Mapping[str, int | None] = MappingProxyType({}),
    ) -> Opened:
        """Make a video of the file at an address, and begin to fetch it. Raises as `open` does,
        and InvalidError for an address that gives no file to us."""
        known = self.known_links(links)
        source, way = self.described(url)
        chosen = {**ownership, "content": content, "engine": engine}
        opened = self._open(source, title, known, also, way, chosen, days_kept)
        with suppress(UnavailableError):  # then the agenda begins it
            workspace, video_id = self.caller.workspace, opened.video.id
            self.pulls.start(
                pull_name(video_id, keys.FIRST), pull_input(workspace, video_id, keys.FIRST)
            )
        return opened

    def described(self, url: str) -> tuple[SourceFile, Way]:
        """Return what there is at an address, and how it will come; raises InvalidError where it
        gives no file to us."""
        try:
            found = self.origin().describe(url)
        except SourceRefusedError as error:
            raise _refused(error.code, error.detail) from error
        except UnavailableError as error:
            code = "source_unavailable"
            raise _refused(code, REFUSALS[code]) from error
        way = Way("pull", checksums=True, source_url=url, source_etag=found.etag)
        return found.source, way

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
            check_unfinished(video)
            check_sent(video)
            check_in_time(video, moment)
            file = intake_of(video)
            plan = PartPlan.cut(file)
            plan.check_numbers(numbers)
            plan.check_checksums(numbers, sha256, file.upload)
            return begun(video)

        file = intake_of(self.videos.change(video_id, edit))
        return self.addresses.of_parts(video_id, file, numbers, sha256, moment)

    def received(self, video_id: str, *, limit: int, after: int) -> tuple[list[Part], int | None]:
        """Return parts that S3 has, and the number to go on after."""
        video = self.videos.get(video_id)
        check_unfinished(video)
        file = intake_of(video)
        if not file.upload.upload_id:
            return [], None
        key = keys.source(self.caller.workspace, video_id, file.number)
        try:
            return self.uploads.page(key, file.upload.upload_id, limit=limit, after=after)
        except UploadGoneError as error:
            raise complete_already() from error

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
        return self._completion.finish(video_id, parts, also)

    def cancel(self, video_id: str, also: Also[Video] = nothing_else) -> Video:
        """Give an upload up and throw its parts away; a repeat throws away what is left. Of a file
        that shall take another one's place, also when it has arrived and no run is on it.

        Raises ConflictError when all bytes have arrived (delete the video instead).
        """

        def edit(video: Video) -> Video:
            file = intake_of(video)
            if file.state == "cancelled":
                return video
            if not (file.replaces and file.has_arrived):
                check_unfinished(video)
            elif video.run_open and video.run and video.run.source == file.number:
                raise ConflictError(
                    "All parts have arrived, and a run is on them; cancel the run first.",
                    code="upload_complete",
                )
            return given_up(video, "cancelled")

        def freed(video: Video) -> Sequence[Write]:
            claim = stored(video.id, intake_of(video).number)
            return [*self.quotas.releasing(claim), *also(video)]

        video = self.videos.change(video_id, edit, event=event_of("cancelled"), also=freed)
        file = intake_of(video)
        key = keys.source(self.caller.workspace, video_id, file.number)
        self.uploads.abort(key, file.upload.upload_id)
        self.sources.delete_prefix(key)
        return video

    @property
    def _completion(self) -> Completion:
        return Completion(
            self.caller.workspace, self.videos, self.uploads, self.sources, self.clock
        )

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.caller.workspace, self.uploads, self.url_lifetime_s)


def planned(source: SourceFile, way: Way) -> PartPlan:
    """Return how a new file is cut; raises InvalidError for one too large for a single PUT."""
    plan = PartPlan.of(source.size_bytes)
    if way.method == "single" and plan.count > 1:
        sentence = f"A single PUT takes {plan.part_bytes} bytes."
        raise InvalidError(
            "A file this large comes in parts.",
            errors=[FieldProblem("/size_bytes", "too_large", sentence)],
        )
    return plan


def links_left(crm: Door, video: Video) -> list[Link]:
    """Return a video's links to what is there, or was deleted lately, each to what it is now."""
    names = {link: RecordName(type=link.type, id=link.id) for link in video.links}
    gone = {each.id for each in crm.missing(list(names.values()), deleted=True)}
    now = crm.shown([name for name in names.values() if name.id in gone])
    kept = [
        Link(type=link.type, id=str(now[link.id]["id"])) if link.id in now else link
        for link in video.links
        if link.id not in gone or link.id in now
    ]
    return list(dict.fromkeys(kept))


def sight_of_uploader(caller: Caller) -> tuple[str, ...]:
    """Return whose videos the caller may read, as a video keeps it."""
    if "videos:read" not in caller.scopes:
        return ()
    return (caller.visibility, caller.member or "", *caller.teams)


def _refused(code: str, detail: str) -> InvalidError:
    return InvalidError(detail, code=code, errors=[FieldProblem("/source_url", code, detail)])


def default_title(filename: str) -> str:
    """Return a title for a video that was given none: its file's name without the ending."""
    return (PurePosixPath(filename.replace("\\", "/")).stem.strip() or "Untitled")[:200]


__all__ = ["Opened", "UploadDesk", "default_title", "planned", "sight_of_uploader"]
