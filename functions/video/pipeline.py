"""The use cases around the state machine: arrival, another run, deletion, and the agenda.

The record is always written first and says what shall be; the act on the outside follows and may
be repeated. Where it is cut off in between, the agenda (`due_at`, λ expire) repeats it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from functions.shared.clock import iso, parse
from functions.shared.errors import NotFoundError, UnavailableError
from functions.shared.quotas import Quotas, stored
from functions.shared.writes import Also, Write, nothing_else
from functions.video import keys, retention, runs
from functions.video.broken import worthless
from functions.video.burial import KEPT, Grave
from functions.video.due import RUN_LIMIT, SWEEPS, next_due, sooner, without_sweeps
from functions.video.intake import Intake, event_of, given_up, intake_of
from functions.video.leftovers import Leftovers
from functions.video.model import From, Link, Reason, UploadState, Video
from functions.video.outcomes import fail_run, failed, release_run
from functions.video.ports import Clock, Executions, MultipartUploads, ObjectStore, Videos
from functions.video.reasons import LOST

_OPEN_UPLOAD = ("waiting", "uploading")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The videos of one workspace and all that is done to them."""

    workspace: str
    videos: Videos
    executions: Executions
    uploads: MultipartUploads
    sources: ObjectStore
    media: ObjectStore
    quotas: Quotas
    clock: Clock
    pulls: Executions | None = None  # for the agenda alone

    def arrived(self, video_id: str, number: int, size_bytes: int) -> str:
        """Begin the first run on a video's file that is there; returns what was done.

        The same arrival told a hundred times begins one run: the record is moved by a condition,
        and an execution's name can be used only once. What is told of another file than the one
        that came last is late, and of no use unless it is the video's own.
        """
        key = keys.source(self.workspace, video_id, number)
        try:
            video = self.videos.get(video_id, consistent=True)
        except NotFoundError:
            grave = self.videos.grave(video_id)
            if grave is not None and not grave.wants(number):  # by a PUT that its address outlived
                self.sources.purge_prefix(key)
            return "unknown"
        file = intake_of(video)
        if number != file.number:
            if number == video.source_number:
                return "known"
            self.sources.purge_prefix(key)
            return "stale"
        if file.is_over:
            self.sources.delete_prefix(key)
            return file.state
        if _comes(video, number) and size_bytes != file.source.size_bytes:
            return self._refuse_size(video_id, file)
        video = self.videos.change(
            video_id,
            lambda old: runs.arrived(old, self.clock()) if _comes(old, number) else old,
            event=lambda new: "uploaded" if _is_first_run(new, number) else None,
            also=lambda new: self._kept(new, number),
        )
        if not _is_first_run(video, number):
            return "waiting" if video.run_open and video.replacement is not None else "known"
        return "started" if self._start(video) else "known"

    def _refuse_size(self, video_id: str, file: Intake) -> str:
        detail = f"What arrived does not have the announced {file.source.size_bytes} bytes."
        reason = Reason(code="size_mismatch", detail=detail, step="inspect")
        self._end_upload(video_id, file.number, "failed", reason)
        self.sources.delete_prefix(keys.source(self.workspace, video_id, file.number))
        return "wrong_size"

    def _end_upload(
        self, video_id: str, number: int, state: UploadState, reason: Reason | None = None
    ) -> Video:
        """Give an upload up unless its file has arrived meanwhile, or came to nothing before; its
        bytes are free in the same transaction."""

        def edit(video: Video) -> Video:
            return given_up(video, state, reason) if _comes(video, number) else video

        def freed(video: Video) -> Sequence[Write]:
            if not _gave_up(video, number, state):
                return ()
            return self.quotas.releasing(stored(video.id, number))

        return self.videos.change(video_id, edit, event=event_of(state), also=freed)

    def run_again(self, video_id: str, start: From, also: Also[Video] = nothing_else) -> Video:
        """Begin another run. Raises ConflictError as `runs.begin_again` does; an
        UnavailableError of the state machine leaves the run to the agenda."""
        video = self.videos.change(
            video_id, lambda old: runs.begin_again(old, start, self.clock()), also=also
        )
        self._start(video)
        return video

    def cancel_run(
        self, video_id: str, if_match: str | None = None, also: Also[Video] = nothing_else
    ) -> Video:
        """End the open run: nothing that its workers still do counts from here on. Raises
        ConflictError when none is open. What cannot be stopped or deleted now ends by itself, and
        is deleted by the agenda."""
        video = self.videos.change(
            video_id,
            lambda old: runs.cancel(old, self.clock()),
            event=failed,
            if_match=if_match,
            also=also,
        )
        with suppress(UnavailableError):
            self.executions.stop(runs.execution_name(video), runs.CANCELLED.detail)
            release_run(self.quotas, video_id, video.runs)
            if video.run and worthless(video, video.run, self.clock()):
                prefix = keys.run_prefix(self.workspace, video_id, video.run.folder)
                self.media.delete_prefix(prefix)
        return video

    def delete(
        self, video_id: str, if_match: str | None = None, also: Also[Video] = nothing_else
    ) -> None:
        """Delete a video softly: what had not arrived or ended is given up, what is there is kept
        for 30 days. What cannot be stopped now is ended by itself, and swept by the agenda."""

        video = self.videos.remove(
            video_id, if_match=if_match, also=lambda gone: [*self._unsent(gone), *also(gone)]
        )
        with suppress(UnavailableError):
            self._give_up(video)

    def restore(
        self,
        video_id: str,
        links_of: Callable[[Video], list[Link]],
        if_match: str | None = None,
        also: Also[Video] = nothing_else,
    ) -> Video:
        """Undo a deletion of the last 30 days: the video is as it was, without the run or upload
        that was given up with it."""
        return self.videos.restore(video_id, links_of, if_match=if_match, also=also)

    def purge(
        self, video_id: str, if_match: str | None = None, also: Also[Video] = nothing_else
    ) -> None:
        """Delete a video, deleted before or not, with every version of every byte of it. What
        cannot be deleted now, or is still written by a worker that has not noticed, is deleted by
        the agenda 20 minutes later."""
        video = self.videos.purge(
            video_id, if_match=if_match, also=lambda old: [*self._freed(old), *also(old)]
        )
        with suppress(UnavailableError):
            self._give_up(video)
            self._erase(video_id)

    def tend(self, video_id: str, at: datetime) -> str:
        """Do what is due for a video, whatever that is; returns what was done. `at` is the
        agenda's time: an upload that had to be complete by then expires."""
        grave = self.videos.grave(video_id)
        if grave is not None:
            return self._tend_grave(video_id, grave, at)
        try:
            video = self.videos.get(video_id, consistent=True)
        except NotFoundError:
            return "unknown"
        if retention.is_over(video, at):
            self.delete(video_id, if_match=video.etag)
            return "retired"
        done = []
        video = self._retire_files(video, at)
        if self._leftovers.clear(video, at):
            done.append("cleared")
            video = self.videos.get(video_id, consistent=True)
        swept = without_sweeps(video, at)
        if video.runs and (swept is not video or not video.run_open):
            self._sweep(video, at)
        if video.run_open:
            done.append(self._tend_run(swept))
        if _comes(video, intake_of(video).number):
            done.append(self._tend_upload(self.videos.get(video_id, consistent=True), at))
        if not done or (swept is not video and done == ["cleared"]):
            self._due(swept, next_due(swept))
        return done[-1] if done else "swept"

    def _retire_files(self, video: Video, at: datetime) -> Video:
        """Let go of files whose time is over: they go as replaced ones do."""
        for without, event in (
            (retention.without_source, "source_deleted"),
            (retention.without_unused, "replacement_failed"),
        ):
            if without(video, at) is not video:
                edit = partial(without, at=at)
                video = self.videos.change(video.id, edit, event=event)
        return video

    def _sweep(self, video: Video, at: datetime) -> None:
        for run in self.videos.runs(video.id):
            if worthless(video, run, at):
                self.media.delete_prefix(keys.run_prefix(self.workspace, video.id, run.number))

    def _tend_run(self, video: Video) -> str:
        if video.run is None:
            raise LookupError(f"run {video.runs} of {video.id} has no item")
        limit = parse(video.run.started_at) + RUN_LIMIT
        if self.clock() >= limit:
            self.executions.stop(runs.execution_name(video), LOST.detail)
            fail_run(self.videos, self.media, self.workspace, video.id, video.runs, LOST, limit)
            release_run(self.quotas, video.id, video.runs)
            return "lost"
        self._start(video)  # if that did not work when the run began
        self._due(video, next_due(video))
        return "running"

    def _tend_upload(self, video: Video, at: datetime) -> str:
        file = intake_of(video)
        if not _comes(video, file.number):
            return "running"
        key = keys.source(self.workspace, video.id, file.number)
        size = self.sources.head(key)
        if size is not None:  # the event that should have told us is late or lost
            return self.arrived(video.id, file.number, size)
        if at < parse(file.upload.expires_at):
            if file.upload.method == "pull" and self.pulls is not None:
                # if that did not work when the upload was opened
                self.pulls.start(
                    runs.pull_name(video.id, file.number),
                    runs.pull_input(self.workspace, video.id, file.number),
                )
            self._due(video, sooner(file.upload.expires_at, next_due(video)))
            return "waiting"
        expired = intake_of(self._end_upload(video.id, file.number, "expired"))
        if expired.state == "expired":
            self.uploads.abort(key, expired.upload.upload_id)
        return expired.state

    def _tend_grave(self, video_id: str, grave: Grave, at: datetime) -> str:
        video = grave.video
        if video is None:
            self._erase(video_id)
            self.videos.forget(video_id)
            return "purged"
        if grave.is_over(at):
            self.purge(video_id)
            return "over"
        self._give_up(video)
        self._sweep(video, at)
        self._leftovers.clear_buried(video, at)
        self.videos.put_off(video, iso(parse(video.deleted_at or "") + KEPT))
        return "kept"

    def _unsent(self, gone: Video) -> Sequence[Write]:
        """What never arrived is not stored."""
        file = intake_of(gone)
        if file.has_arrived and not file.is_over:
            return ()
        return self.quotas.releasing(stored(gone.id, file.number))

    def _freed(self, video: Video) -> Sequence[Write]:
        """The bytes are, or will be, gone: they count no more."""
        numbers = {video.source_number, intake_of(video).number, *video.left_sources}
        return self.quotas.releasing(*(stored(video.id, each) for each in sorted(numbers)))

    def _kept(self, video: Video, number: int) -> Sequence[Write]:
        """The bytes have arrived: what was reserved is used."""
        if not _is_first_run(video, number):
            return ()
        size = intake_of(video).source.size_bytes
        return self.quotas.settling(stored(video.id, number), size)

    def _due(self, video: Video, due_at: str | None) -> None:
        def edit(old: Video) -> Video:
            if (old.version, old.due_at) != (video.version, video.due_at):
                return old
            left = {name: getattr(video, name) for name in SWEEPS}
            return old.model_copy(update={"due_at": due_at, **left})

        self.videos.change(video.id, edit)

    def _start(self, video: Video) -> bool:
        return self.executions.start(
            runs.execution_name(video), runs.execution_input(self.workspace, video)
        )

    def _give_up(self, video: Video) -> None:
        """Stop what went on when a video was deleted, and throw away what has not arrived."""
        if video.run_open or (video.runs and video.deleted_at):
            self.executions.stop(runs.execution_name(video), "The video was deleted.")
            release_run(self.quotas, video.id, video.runs)
        file = intake_of(video)
        if not file.has_arrived:
            key = keys.source(self.workspace, video.id, file.number)
            self.uploads.abort(key, file.upload.upload_id)
            self.sources.purge_prefix(key)
        if video.run_open and video.artefacts.renditions.state != "ready":
            folder = video.run.folder if video.run else video.runs
            self.media.delete_prefix(keys.run_prefix(self.workspace, video.id, folder))

    def _erase(self, video_id: str) -> None:
        prefix = keys.video_prefix(self.workspace, video_id)
        self.sources.purge_prefix(prefix)
        self.media.purge_prefix(prefix)

    @property
    def _leftovers(self) -> Leftovers:
        return Leftovers(self.workspace, self.videos, self.sources, self.media, self.quotas)


def _comes(video: Video, number: int) -> bool:
    """Say whether this is the file that came last, no run has begun on it, and it may still be of
    use."""
    file = intake_of(video)
    if file.number != number or file.is_over:
        return False
    new = video.replacement
    return video.state in _OPEN_UPLOAD if new is None else new.run is None


def _gave_up(video: Video, number: int, state: UploadState) -> bool:
    """Say whether this file came to nothing in this way; of a video's own, that is the video's
    state, which a run that failed on a file that is there has too."""
    new = video.replacement
    if new is not None:
        return (new.number, new.state) == (number, state)
    return (video.source_number, video.state) == (number, state) and not video.runs


def _is_first_run(video: Video, number: int) -> bool:
    run = video.run
    return video.run_open and run is not None and run.new_source and run.source == number
