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
from functions.video.intake import Intake, begun, event_of, given_up, intake_of
from functions.video.model import Reason, Video
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
    number: int  # of the file that is fetched
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
            video = self.videos.change(video_id, self._begun)
        except NotFoundError:
            return "gone"
        file = intake_of(video)
        if file.number != self.number:
            return "gone"  # another file has been sent, or asked for, since
        if not file.is_coming:
            return file.state
        if self.clock() >= parse(file.upload.expires_at):
            return "late"  # the agenda says so to everybody
        try:
            return self._fetch(video_id, file)
        except SourceRefusedError as error:
            return self.give_up(video_id, error.code)
        except UploadGoneError:
            return self._finish(video_id, [])  # joined before, or cancelled

    def give_up(self, video_id: str, code: str) -> str:
        """End a pull that cannot go on: nothing of the file is left, and a video that has no other
        has failed."""
        reason = Reason(code=code, detail=REFUSALS[code], step=STEP)

        def edit(video: Video) -> Video:
            file = intake_of(video)
            mine = file.number == self.number and file.is_coming
            return given_up(video, "failed", reason) if mine else video

        def freed(video: Video) -> Any:
            claim = stored(video.id, self.number)
            return self.quotas.releasing(claim) if self._has_failed(video) else ()

        try:
            video = self.videos.change(video_id, edit, event=event_of("failed"), also=freed)
        except NotFoundError:
            return "gone"
        file = intake_of(video)
        if self._has_failed(video):
            self.uploads.abort(self._key(video_id), file.upload.upload_id)
        return file.state if file.number == self.number else "gone"

    def _begun(self, video: Video) -> Video:
        return begun(video) if intake_of(video).number == self.number else video

    def _has_failed(self, video: Video) -> bool:
        file = intake_of(video)
        return file.number == self.number and file.state == "failed"

    def _fetch(self, video_id: str, file: Intake) -> str:
        plan = PartPlan.cut(file)
        arrived = {part.part_number: part for part in self._parts(video_id, file)}
        missing = [number for number in range(1, plan.count + 1) if number not in arrived]
        brought = self._bring(video_id, file, plan, missing)
        if len(brought) < len(missing):
            if not brought:
                raise SourceRefusedError("source_too_slow")
            return "more"
        return self._finish(video_id, self._parts(video_id, file))

    def _parts(self, video_id: str, file: Intake) -> list[Part]:
        return self.uploads.parts(self._key(video_id), file.upload.upload_id)

    def _key(self, video_id: str) -> str:
        return keys.source(self.workspace, video_id, self.number)

    def _bring(self, video_id: str, file: Intake, plan: PartPlan, missing: list[int]) -> list[int]:
        waiting, running, brought = iter(missing), set[Future[int]](), list[int]()
        at_once = AT_ONCE if plan.part_bytes <= LARGE_BYTES else AT_ONCE // 2
        with ThreadPoolExecutor(at_once) as pool:
            while True:
                while len(running) < at_once and self._in_time():
                    number = next(waiting, None)
                    if number is None:
                        break
                    running.add(pool.submit(self._one, video_id, file, plan, number))
                if not running:
                    return brought
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    try:
                        brought.append(each.result())
                    except TooLateError:
                        continue

    def _one(self, video_id: str, file: Intake, plan: PartPlan, number: int) -> int:
        path = self.folder / f"{video_id}-{number}"
        size = plan.bytes_of(number)
        try:
            first = (number - 1) * plan.part_bytes
            sha256 = self.origin.read(file, first, size, path, self._in_time)
            self.uploads.send(self._key(video_id), file.upload.upload_id, number, path, sha256)
        finally:
            path.unlink(missing_ok=True)
        return number

    def _in_time(self) -> bool:
        return self.remaining_ms() > MARGIN_MS

    def _finish(self, video_id: str, parts: list[Part]) -> str:
        sent = [SentPart(part.part_number, part.etag, part.sha256) for part in parts]
        try:
            return intake_of(self.completion.finish(video_id, sent, pulled=self.number)).state
        except ConflictError as error:
            return error.code
        except NotFoundError:
            return "gone"
