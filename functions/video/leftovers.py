"""What replaced files leave behind, deleted in every version: the files themselves at the agenda's
next tick, what runs made of them when no player can be in the middle of it any more."""

from dataclasses import dataclass
from datetime import datetime

from functions.shared.clock import parse
from functions.shared.quotas import Quotas, stored
from functions.video import keys
from functions.video.due import next_due
from functions.video.model import Video
from functions.video.ports import ObjectStore, Videos


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Those of one workspace's videos. Everything may be repeated."""

    workspace: str
    videos: Videos
    sources: ObjectStore
    media: ObjectStore
    quotas: Quotas

    def clear(self, video: Video, at: datetime) -> bool:
        """Delete what is due of a live video, then take it off its record; says whether there was
        anything."""
        runs_are_due = self._delete(video, at)
        if not (video.left_sources or runs_are_due):
            return False

        def edit(old: Video) -> Video:
            fields = {
                "left_sources": tuple(n for n in old.left_sources if n not in video.left_sources),
                "left_runs_at": None
                if runs_are_due and old.left_runs_at == video.left_runs_at
                else old.left_runs_at,
            }
            cleared = old.model_copy(update=fields)
            # not a version: nothing that is shown has changed
            return cleared.model_copy(update={"due_at": next_due(cleared)})

        self.videos.change(video.id, edit)
        return True

    def clear_buried(self, video: Video, at: datetime) -> None:
        """Delete what is due of a deleted video."""
        self._delete(video, at)

    def _delete(self, video: Video, at: datetime) -> bool:
        for number in video.left_sources:
            self.sources.purge_prefix(keys.source(self.workspace, video.id, number))
            self.quotas.release(stored(video.id, number))
        due = video.left_runs_at is not None and at >= parse(video.left_runs_at)
        if due:
            new = video.replacement
            comes = new.number if new is not None and new.state == "completed" else None
            for run in self.videos.runs(video.id):
                replaced = run.source not in (video.source_number, comes)
                if replaced and run.state != "processing":
                    prefix = keys.run_prefix(self.workspace, video.id, run.number)
                    self.media.purge_prefix(prefix)
        return due
