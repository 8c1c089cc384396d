"""The use case of another file for a video that there is: under the same id, links and shares.

The new file comes as a first one does, and is a `Replacement` of the record until a run on it is
ready (`runs.ready`): until then everything is played, read and run as it was, and if it comes to
nothing it stays so. A file has a number of its own, and its key, its quota and the run on it have
that number; so whatever is late, or comes twice, is about one file.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from functions.shared.clock import iso
from functions.shared.errors import ConflictError, UnavailableError
from functions.shared.quotas import stored
from functions.shared.writes import ConditionFailedError, Write, nothing_else
from functions.video import keys
from functions.video.addresses import IN_PARTS, Way
from functions.video.due import sooner
from functions.video.intake import Intake, intake_of
from functions.video.model import MAX_LEFT_SOURCES, MAX_SOURCES, Replacement, SourceFile, Video
from functions.video.part_plan import PartPlan
from functions.video.runs import START_GRACE, pull_input, pull_name
from functions.video.uploads import Opened, UploadDesk, planned, sight_of_uploader

OPENED = "replacement_opened"


@dataclass(frozen=True, slots=True)
class Replacing:
    """The replacements that one caller asks for. All raise NotFoundError, PreconditionFailedError
    where `if_match` names another version, QuotaExceededError, and ConflictError while the video's
    own file or another replacement is on its way."""

    desk: UploadDesk

    def open(
        self,
        video_id: str,
        source: SourceFile,
        also: Callable[[Opened], Sequence[Write]] = nothing_else,
        *,
        way: Way = IN_PARTS,
        if_match: str | None = None,
    ) -> Opened:
        """Open the upload of a file that shall take the place of the video's own, and reserve its
        bytes. Raises InvalidError for a file too large for a single PUT."""
        desk, plan = self.desk, planned(source, way)
        moment = desk.clock()
        video = desk.videos.get(video_id, consistent=True)
        check_replaceable(video)
        number = video.sources + 1
        key = keys.source(desk.caller.workspace, video_id, number)
        new = self._replacement(number, source, way, plan)
        reservation = desk.quotas.reserving(stored(video_id, number), source.size_bytes)
        if way.method != "single":  # S3 first, as for a video's first file
            upload_id = desk.uploads.begin(key, checksums=way.checksums)
            upload = new.upload.model_copy(update={"upload_id": upload_id})
            new = new.model_copy(update={"upload": upload})
        due = iso(moment + START_GRACE) if way.method == "pull" else new.upload.expires_at

        def edit(old: Video) -> Video:
            check_replaceable(old)
            if old.sources != number - 1:
                raise _on_its_way()
            return replaced_by(old, new, due)

        # Once: the reply that is kept is the one that is given.
        file = Intake(number, new.state, None, new.source, new.upload, replaces=True)
        parts = desk.addresses.first(video_id, file, way, moment)

        def more(changed: Video) -> Sequence[Write]:
            return [*reservation, *also(Opened(changed, parts))]

        try:
            changed = desk.videos.change(video_id, edit, event=OPENED, if_match=if_match, also=more)
            return Opened(changed, parts)
        except UnavailableError:
            raise  # it may have been written; if not, the bucket's own rule ends the upload
        except Exception as error:
            desk.uploads.abort(key, new.upload.upload_id)
            if isinstance(error, ConditionFailedError):
                refusal = desk.quotas.refusal(error)
                if refusal is not None:
                    raise refusal from error
            raise

    def pull(
        self,
        video_id: str,
        url: str,
        also: Callable[[Opened], Sequence[Write]] = nothing_else,
        *,
        if_match: str | None = None,
    ) -> Opened:
        """Begin to fetch such a file from an address. Raises as `open` does, and InvalidError for
        an address that gives no file to us."""
        check_replaceable(self.desk.videos.get(video_id))
        source, way = self.desk.described(url)
        opened = self.open(video_id, source, also, way=way, if_match=if_match)
        workspace, number = self.desk.caller.workspace, intake_of(opened.video).number
        with suppress(UnavailableError):  # then the agenda begins it
            self.desk.pulls.start(
                pull_name(video_id, number), pull_input(workspace, video_id, number)
            )
        return opened

    def _replacement(
        self, number: int, source: SourceFile, way: Way, plan: PartPlan
    ) -> Replacement:
        expires = iso(self.desk.clock() + self.desk.lifetime)
        return Replacement(
            number=number,
            source=source,
            upload=way.upload(plan, expires),
            sight=sight_of_uploader(self.desk.caller),
        )


def check_replaceable(video: Video) -> None:
    """Raise ConflictError unless the video's own file has arrived, or failed to, and no other one
    is on its way."""
    file = intake_of(video)
    if not file.replaces and file.is_coming:
        raise ConflictError(
            "The video's file has not arrived; complete or cancel its upload.", code="upload_open"
        )
    if video.state in ("cancelled", "expired"):
        raise ConflictError(
            f"A video that is {video.state} has no file to replace; open another video.",
            code="not_uploaded",
        )
    if file.replaces and (file.is_coming or _is_at_work(video)):
        raise _on_its_way()
    if len(video.left_sources) >= MAX_LEFT_SOURCES:
        raise ConflictError(
            "Files that were replaced are still being deleted; try again in some minutes.",
            code="sources_being_deleted",
            retry_after=300,
        )
    if video.sources >= MAX_SOURCES:
        raise ConflictError(
            f"A video can have had {MAX_SOURCES} files; open another video.",
            code="too_many_sources",
        )


def replaced_by(video: Video, new: Replacement, due_at: str) -> Video:
    """Return the video with a replacement on its way; what an earlier one has left is swept."""
    old = video.replacement
    left = (old.number,) if old is not None and old.upload.completed_at is not None else ()
    due = video.updated_at if left else due_at
    return video.changed(
        replacement=new,
        sources=new.number,
        left_sources=(*video.left_sources, *left),
        due_at=sooner(video.due_at, due),
    )


def _is_at_work(video: Video) -> bool:
    """Say whether the newest replacement has arrived and waits for its run, or is in it."""
    new = video.replacement
    if new is None or new.state != "completed":
        return False
    return new.run is None or (video.run_open and new.run == video.runs)


def _on_its_way() -> ConflictError:
    return ConflictError(
        "Another file is on its way to take this one's place; wait for it, or cancel it.",
        code="replacement_open",
    )
