"""The use cases around the state machine: arrival, another run, deletion, and the agenda.

The record is always written first and says what shall be; the act on the outside follows and may
be repeated. Where it is cut off in between, the agenda (`due_at`, λ expire) repeats it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from functions.shared.clock import iso, parse
from functions.shared.errors import NotFoundError, UnavailableError
from functions.shared.quotas import Quotas, stored
from functions.shared.writes import Also, Write, nothing_else
from functions.video import keys, runs
from functions.video.burial import KEPT, Grave
from functions.video.model import Artefact, Artefacts, From, Link, Reason, State, Video
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

    def arrived(self, video_id: str, size_bytes: int) -> str:
        """Begin run 1 of a video whose source is there; returns what was done.

        The same arrival told a hundred times begins one run: the record is moved by a condition,
        and an execution's name can be used only once.
        """
        try:
            video = self.videos.get(video_id, consistent=True)
        except NotFoundError:
            grave = self.videos.grave(video_id)
            if grave is not None and not grave.wants_source:  # by a PUT that its address outlived
                self.sources.purge_prefix(keys.source(self.workspace, video_id))
            return "unknown"
        if video.state in ("cancelled", "expired"):
            self.sources.delete_prefix(self._source(video))
            return video.state
        if video.state in _OPEN_UPLOAD and size_bytes != video.source.size_bytes:
            self.videos.change(video_id, _wrong_size, event="failed", also=self._freed_if("failed"))
            self.sources.delete_prefix(self._source(video))
            return "wrong_size"
        video = self.videos.change(
            video_id,
            lambda old: runs.begin_first(old, self.clock()),
            event="uploaded",
            also=self._kept,
        )
        if not (video.run_open and video.runs == 1):
            return "known"
        return "started" if self._start(video) else "known"

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
            if video.run and runs.worthless(video, video.run):
                prefix = keys.run_prefix(self.workspace, video_id, video.runs)
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
        if video.run_open:
            return self._tend_run(video)
        if video.state in _OPEN_UPLOAD:
            return self._tend_upload(video, at)
        for run in self.videos.runs(video_id):
            if runs.worthless(video, run):
                self.media.delete_prefix(keys.run_prefix(self.workspace, video_id, run.number))
        self._due(video, None)
        return "swept"

    def _tend_run(self, video: Video) -> str:
        if video.run is None:
            raise LookupError(f"run {video.runs} of {video.id} has no item")
        limit = parse(video.run.started_at) + runs.RUN_LIMIT
        if self.clock() >= limit:
            self.executions.stop(runs.execution_name(video), LOST.detail)
            fail_run(self.videos, self.media, self.workspace, video.id, video.runs, LOST, limit)
            release_run(self.quotas, video.id, video.runs)
            return "lost"
        self._start(video)  # if that did not work when the run began
        self._due(video, iso(limit))
        return "running"

    def _tend_upload(self, video: Video, at: datetime) -> str:
        size = self.sources.head(self._source(video))
        if size is not None:  # the event that should have told us is late or lost
            return self.arrived(video.id, size)
        if at < parse(video.upload.expires_at):
            if video.upload.method == "pull" and self.pulls is not None:
                # if that did not work when the upload was opened
                self.pulls.start(video.id, runs.pull_input(self.workspace, video.id))
            self._due(video, video.upload.expires_at)
            return "waiting"
        expired = self.videos.change(
            video.id, _expire, event="expired", also=self._freed_if("expired")
        )
        if expired.state == "expired":
            self.uploads.abort(self._source(video), video.upload.upload_id)
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
        for run in self.videos.runs(video_id):
            if runs.worthless(video, run):
                self.media.delete_prefix(keys.run_prefix(self.workspace, video_id, run.number))
        self.videos.put_off(video, iso(parse(video.deleted_at or "") + KEPT))
        return "kept"

    def _unsent(self, gone: Video) -> Sequence[Write]:
        """What never arrived is not stored."""
        return self._freed(gone) if gone.upload.completed_at is None else ()

    def _freed(self, video: Video) -> Sequence[Write]:
        """The bytes are, or will be, gone: they count no more."""
        return self.quotas.releasing(stored(video.id))

    def _freed_if(self, state: State) -> Also[Video]:
        """Free them in the transaction that takes a video without any run to this state."""
        return lambda new: self._freed(new) if new.state == state and not new.runs else ()

    def _kept(self, video: Video) -> Sequence[Write]:
        """The bytes have arrived: what was reserved is used."""
        if video.runs != 1 or not video.run_open:
            return ()
        return self.quotas.settling(stored(video.id), video.source.size_bytes)

    def _due(self, video: Video, due_at: str | None) -> None:
        def edit(old: Video) -> Video:
            unchanged = old.version == video.version and old.due_at == video.due_at
            return old.model_copy(update={"due_at": due_at}) if unchanged else old

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
        if video.upload.completed_at is None:
            self.uploads.abort(self._source(video), video.upload.upload_id)
            self.sources.purge_prefix(self._source(video))
        if video.run_open and video.artefacts.renditions.state != "ready":
            self.media.delete_prefix(keys.run_prefix(self.workspace, video.id, video.runs))

    def _erase(self, video_id: str) -> None:
        prefix = keys.video_prefix(self.workspace, video_id)
        self.sources.purge_prefix(prefix)
        self.media.purge_prefix(prefix)

    def _source(self, video: Video) -> str:
        return keys.source(self.workspace, video.id)


def _expire(video: Video) -> Video:
    if video.state not in _OPEN_UPLOAD:
        return video
    return video.changed(state="expired", due_at=None)


def _wrong_size(video: Video) -> Video:
    if video.state not in _OPEN_UPLOAD:
        return video
    reason = Reason(
        code="size_mismatch",
        detail=f"What arrived does not have the announced {video.source.size_bytes} bytes.",
        step="inspect",
    )
    nothing = Artefact(state="failed", reason=reason)
    return video.changed(
        state="failed",
        reason=reason,
        due_at=None,
        artefacts=Artefacts(renditions=nothing, transcript=nothing, analysis=nothing),
    )
