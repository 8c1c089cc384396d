"""What the video context needs from the world, as Protocols; adapters implement them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from functions.shared.writes import Also
from functions.video.burial import Grave
from functions.video.due import Due
from functions.video.facts import MediaFacts
from functions.video.media import Choice, SegmentInfo
from functions.video.model import Link, Reason, Run, Video


class RunLog(Protocol):
    """The progress of one run of one video. Every method may be repeated without effect, and
    none has an effect once the run is closed.

    Raises UnavailableError when the database does not answer.
    """

    def step_started(self, step: str) -> None:
        """Record that a step has begun; a repeat keeps the first time."""

    def step_done(self, step: str, outputs: Mapping[str, Any] | None = None) -> None:
        """Record that a step is done, with small JSON for later steps (keys, counts)."""

    def step_skipped(self, step: str, reason: Reason) -> None:
        """Record that there is nothing for a step to do."""

    def step_failed(self, step: str, reason: Reason) -> None:
        """Record that a step cannot be done."""

    def chunks_planned(self, total: int, choice: Choice | None = None) -> None:
        """Record how many chunks `encode` has, for its percentage, and which engine does it."""

    def chunk_done(self, index: int, segments: Mapping[str, Sequence[SegmentInfo]]) -> bool:
        """Record a finished chunk: rung -> its segments. False when it was recorded before."""

    def wanted(self, chunks: Sequence[int]) -> list[int]:
        """Return which of some (99 at most) chunks are still to be encoded: those not recorded,
        and none when the run is over."""

    def batch_failed(self, reason: Reason) -> None:
        """Record why a batch of chunks was given up, for now; the last word counts."""

    def chunks(self) -> dict[int, dict[str, list[SegmentInfo]]]:
        """Return the finished chunks: index -> rung -> segments."""

    def outputs(self, step: str) -> dict[str, Any]:
        """Return what `step_done` kept for a step, empty when it is not done."""


class ObjectStore(Protocol):
    """One bucket. Raises UnavailableError when it does not answer."""

    def get_json(self, key: str) -> Any:
        """Return a JSON object's value; raises NotFoundError."""

    def put_json(self, key: str, value: Any) -> None:
        """Write a JSON object."""

    def upload_file(self, path: Path, key: str, content_type: str) -> int:
        """Write a file as an object; returns its size in bytes."""

    def download_file(self, key: str, path: Path) -> None:
        """Write an object to a file; raises NotFoundError."""

    def presign_get(self, key: str, lifetime_s: int) -> str:
        """Return a URL that reads one object for `lifetime_s` seconds."""

    def exists(self, key: str) -> bool:
        """Say whether there is such an object."""

    def head(self, key: str) -> int | None:
        """Return an object's size in bytes, None when there is none."""

    def delete_prefix(self, prefix: str) -> int:
        """Delete every object under a prefix; returns how many. What a versioned bucket keeps of
        them goes by the bucket's own rule."""

    def purge_prefix(self, prefix: str) -> int:
        """Delete every version of every object under a prefix, deleted ones too; returns how many
        there were."""


class Addresses(Protocol):
    """Where those who watch read the objects of the media bucket, each address for a limited time.
    Raises UnavailableError."""

    def of(self, key: str) -> str:
        """Return the address of one object."""

    def download(self, key: str, disposition: str) -> str:
        """Return the address of an object that a browser saves and does not show; `disposition`
        is the header that names it, for stores that can be told one."""

    def below(self, folder: str) -> Callable[[str], str]:
        """Return what maps the keys of a folder's objects to their addresses."""


class ReadyMark(Protocol):
    """What `package` tells the record."""

    def mark_ready(self, video_id: str, run: int, media: MediaFacts) -> None:
        """Make the run's renditions the video's (event `video.ready`); a repeat does nothing.

        Raises NotFoundError when the video was deleted meanwhile and ConflictError when the run
        is not the open one.
        """


@dataclass(frozen=True, slots=True)
class Part:
    """A part that S3 has received."""

    part_number: int
    size_bytes: int
    etag: str  # without quotes
    sha256: str | None = None  # base64, where the upload has checksums


@dataclass(frozen=True, slots=True)
class Address:
    """Where bytes are PUT, and the headers that must come with them."""

    url: str
    headers: Mapping[str, str]


class UploadGoneError(Exception):
    """The multipart upload does not exist (any more): completed, aborted or never made."""


class PartsRefusedError(Exception):
    """The store refused to join the parts."""


class MultipartUploads(Protocol):
    """Multipart uploads into the uploads bucket. Raises UnavailableError."""

    def begin(self, key: str, *, checksums: bool = False) -> str:
        """Open an upload and return its id; with checksums S3 keeps a SHA-256 of every part."""

    def presign(
        self,
        key: str,
        upload_id: str,
        part_number: int,
        size_bytes: int,
        lifetime_s: int,
        sha256: str | None = None,
    ) -> Address:
        """Return where exactly this part goes, of exactly this size and (base64) checksum."""

    def send(self, key: str, upload_id: str, part_number: int, path: Path, sha256: str) -> None:
        """Send a file as one part, with its checksum (base64); raises UploadGoneError."""

    def presign_whole(self, key: str, size_bytes: int, lifetime_s: int, sha256: str) -> Address:
        """Return where a whole file goes that is not there yet, of exactly this size and
        checksum."""

    def parts(self, key: str, upload_id: str) -> list[Part]:
        """Return the received parts in order; raises UploadGoneError."""

    def page(
        self, key: str, upload_id: str, *, limit: int, after: int
    ) -> tuple[list[Part], int | None]:
        """Return some received parts and the number to go on after; raises UploadGoneError."""

    def complete(self, key: str, upload_id: str, parts: Sequence[Part], size_bytes: int) -> None:
        """Join the parts to a file of exactly this size; raises UploadGoneError and
        PartsRefusedError."""

    def abort(self, key: str, upload_id: str) -> None:
        """Throw the received parts away; nothing happens when there is no such upload, or none
        at all (``), as of a single PUT."""


class Executions(Protocol):
    """The state machine. Raises UnavailableError."""

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Start an execution; False when one of this name has been already. One that is still
        running with the same payload counts as started, as AWS has it."""

    def stop(self, name: str, reason: str) -> None:
        """Stop an execution; nothing happens when there is none running."""


Clock = Callable[[], datetime]
# The event that a change publishes, `video.<name>`, or several; it may depend on what became of the
# video.
Event = str | Callable[[Video], str | Sequence[str] | None] | None


class Videos(Protocol):
    """The videos of one workspace. Raises NotFoundError, UnavailableError."""

    def get(self, record_id: str, *, consistent: bool = False) -> Video:
        """Return a live video with its newest run."""

    def create(self, record: Video, *, also: Also[Video] = ...) -> Video:
        """Store a new video (event `video.created`)."""

    def change(
        self,
        record_id: str,
        edit: Callable[[Video], Video],
        *,
        event: Event = None,
        if_match: str | None = None,
        also: Also[Video] = ...,
    ) -> Video:
        """Apply `edit` to a video and its newest run; it is tried again when others were faster.

        Raises PreconditionFailedError when `if_match` names another version.
        """

    def remove(
        self, record_id: str, *, if_match: str | None = None, also: Also[Video] = ...
    ) -> Video:
        """Delete a video softly and return what was there (event `video.deleted`)."""

    def restore(
        self,
        record_id: str,
        links_of: Callable[[Video], list[Link]],
        *,
        if_match: str | None = None,
        also: Also[Video] = ...,
    ) -> Video:
        """Undo a deletion (event `video.restored`); a video that is not deleted stays as it is."""

    def purge(
        self, record_id: str, *, if_match: str | None = None, also: Also[Video] = ...
    ) -> Video:
        """Make a video irrecoverable and return what was there (event `video.purged`)."""

    def grave(self, record_id: str) -> Grave | None:
        """Return what lies of a deleted or purged video, None for any other."""

    def put_off(self, video: Video, due_at: str) -> None:
        """Look at a deleted video again at another time."""

    def runs(self, record_id: str) -> list[Run]:
        """Return all runs, newest first."""

    def forget(self, record_id: str) -> None:
        """Delete the runs of a purged video and take it off the agenda."""


class DueList(Protocol):
    """The agenda of all workspaces."""

    def due(self, at: datetime, limit: int) -> list[Due]:
        """Return some videos whose `due_at` has come by `at`, the longest due first."""
