"""Pull: a file is fetched from an address, part by part, and arrives as if it had been sent.

What has arrived is what S3 lists. So a pull that was cut off, at whatever point, goes on with the
missing parts; one that does not fit into a function's time goes on in the next invocation.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.shared.clock import parse
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.quotas import Quotas, stored
from functions.video import keys
from functions.video.completion import Completion
from functions.video.model import Artefact, Artefacts, Reason, Video
from functions.video.origin import REFUSALS, Origin, SourceRefusedError, TooLateError
from functions.video.part_plan import PartPlan, SentPart
from functions.video.ports import Clock, MultipartUploads, Part, UploadGoneError, Videos

STEP = "pull"
MARGIN_MS = 45_000  # left over when no further part is begun
AT_ONCE = 4
LARGE_BYTES = 128 * 1024 * 1024  # of parts of this size only two fit on the disk


@dataclass(frozen=True, slots=True)
class Pull:
    """The pulls of one workspace."""

    workspace: str
    videos: Videos
    uploads: MultipartUploads
    origin: Origin
    completion: Completion
    quotas: Quotas
    clock: Clock
    folder: Path  # where parts lie between their coming and their going
    remaining_ms: Callable[[], int]

    def go_on(self, video_id: str) -> str:
        """Fetch as many of the missing parts as there is time for. Returns `more` when some are
        still missing, else what became of the upload; raises UnavailableError."""
        try:
            video = self.videos.change(video_id, _begun)
        except NotFoundError:
            return "gone"
        if video.upload_state != "uploading":
            return video.upload_state
        if self.clock() >= parse(video.upload.expires_at):
            return "late"  # the agenda says so to everybody
        try:
            return self._fetch(video)
        except SourceRefusedError as error:
            return self.give_up(video_id, error.code)
        except UploadGoneError:
            return self._finish(video, [])  # joined before, or cancelled

    def give_up(self, video_id: str, code: str) -> str:
        """End a pull that cannot go on: the video has failed, nothing of the file is left."""
        reason = Reason(code=code, detail=REFUSALS[code], step=STEP)

        def edit(video: Video) -> Video:
            going_on = video.upload_state in ("waiting", "uploading")
            return _failed(video, reason) if going_on else video

        def freed(video: Video) -> Any:
            failed = video.upload_state == "failed"
            return self.quotas.releasing(stored(video.id)) if failed else ()

        try:
            video = self.videos.change(video_id, edit, event="failed", also=freed)
        except NotFoundError:
            return "gone"
        if video.upload_state == "failed":
            self.uploads.abort(self._key(video), video.upload.upload_id)
        return video.upload_state

    def _fetch(self, video: Video) -> str:
        plan = PartPlan.cut(video)
        arrived = {part.part_number: part for part in self._parts(video)}
        missing = [number for number in range(1, plan.count + 1) if number not in arrived]
        brought = self._bring(video, plan, missing)
        if len(brought) < len(missing):
            if not brought:
                raise SourceRefusedError("source_too_slow")
            return "more"
        return self._finish(video, self._parts(video))

    def _parts(self, video: Video) -> list[Part]:
        return self.uploads.parts(self._key(video), video.upload.upload_id)

    def _key(self, video: Video) -> str:
        return keys.source(self.workspace, video.id)

    def _bring(self, video: Video, plan: PartPlan, missing: list[int]) -> list[int]:
        waiting, running, brought = iter(missing), set[Future[int]](), list[int]()
        at_once = AT_ONCE if plan.part_bytes <= LARGE_BYTES else AT_ONCE // 2
        with ThreadPoolExecutor(at_once) as pool:
            while True:
                while len(running) < at_once and self._in_time():
                    number = next(waiting, None)
                    if number is None:
                        break
                    running.add(pool.submit(self._one, video, plan, number))
                if not running:
                    return brought
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    try:
                        brought.append(each.result())
                    except TooLateError:
                        continue

    def _one(self, video: Video, plan: PartPlan, number: int) -> int:
        path = self.folder / f"{video.id}-{number}"
        size = plan.bytes_of(number)
        try:
            first = (number - 1) * plan.part_bytes
            sha256 = self.origin.read(video, first, size, path, self._in_time)
            self.uploads.send(self._key(video), video.upload.upload_id, number, path, sha256)
        finally:
            path.unlink(missing_ok=True)
        return number

    def _in_time(self) -> bool:
        return self.remaining_ms() > MARGIN_MS

    def _finish(self, video: Video, parts: list[Part]) -> str:
        sent = [SentPart(part.part_number, part.etag, part.sha256) for part in parts]
        try:
            return self.completion.finish(video.id, sent, pulled=True).upload_state
        except ConflictError as error:
            return error.code
        except NotFoundError:
            return "gone"


def _begun(video: Video) -> Video:
    return video.changed(state="uploading") if video.state == "waiting" else video


def _failed(video: Video, reason: Reason) -> Video:
    nothing = Artefact(state="failed", reason=reason)
    return video.changed(
        state="failed",
        upload=video.upload.model_copy(update={"source_url": None}),
        reason=reason,
        due_at=None,
        artefacts=Artefacts(renditions=nothing, transcript=nothing, analysis=nothing),
    )
