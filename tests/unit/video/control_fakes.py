"""The world of the upload desk and the pipeline, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.shared.caller import Caller
from functions.shared.check import Action, RecordName
from functions.shared.errors import NotFoundError
from functions.video.model import Run, SourceFile, Upload, Video
from functions.video.pipeline import Pipeline
from functions.video.ports import Address, Part, UploadGoneError
from functions.video.uploads import UploadDesk
from tests.unit.shared.memory_quotas import MemoryQuotas

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALLER = Caller("wsp_one", "key_one", "rep", frozenset({"videos:write"}), "req-1")
SOURCE = SourceFile(filename="call.mp4", content_type="video/mp4", size_bytes=20 * 1024 * 1024)


def video(**fields: Any) -> Video:
    """Return a waiting video of three parts that expires at noon of the next day."""
    upload = Upload(
        upload_id="up-1",
        part_size_bytes=8 * 1024 * 1024,
        part_count=3,
        expires_at="2026-11-23T12:00:00.000Z",
    )
    return Video.born(CALLER, **{"title": "Call", "source": SOURCE, "upload": upload, **fields})


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: int) -> None:
        self.time += timedelta(**by)


@dataclass
class MemoryVideos:
    """Videos without a table; `on_create` may fail as a table does."""

    kept: dict[str, Video] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    on_create: Callable[[], None] = lambda: None

    def get(self, record_id: str, *, consistent: bool = False) -> Video:
        if record_id not in self.kept:
            raise NotFoundError("There is no such video.")
        return self.kept[record_id]

    def create(self, record: Video, *, also: Any = None) -> Video:
        self.on_create()
        self.kept[record.id] = record
        return record

    def change(
        self,
        record_id: str,
        edit: Callable[[Video], Video],
        *,
        event: Any = None,
        if_match: str | None = None,
        also: Any = None,
    ) -> Video:
        old = self.get(record_id)
        new = edit(old)
        named = event(new) if callable(event) else event
        if new.version != old.version:
            self.events += (named,) if isinstance(named, str) else named or ()
        self.kept[record_id] = new
        return new

    def grave(self, record_id: str) -> None:
        """Nothing is deleted here: `tests/integration/video/test_burials.py` does."""

    def runs(self, record_id: str) -> list[Run]:
        found = self.kept[record_id]
        return [found.run] if found.run else []


@dataclass
class MemoryUploads:
    """Multipart uploads; what was presigned is remembered."""

    open: dict[str, list[Part]] = field(default_factory=dict)
    presigned: list[tuple[int, int, int]] = field(default_factory=list)
    begun: int = 0

    def begin(self, key: str, *, checksums: bool = False) -> str:
        self.begun += 1
        self.open[f"up-{self.begun}"] = []
        return f"up-{self.begun}"

    def presign(
        self,
        key: str,
        upload_id: str,
        part_number: int,
        size_bytes: int,
        lifetime_s: int,
        sha256: str | None = None,
    ) -> Address:
        self.presigned.append((part_number, size_bytes, lifetime_s))
        headers = {"x-amz-checksum-sha256": sha256} if sha256 else {}
        return Address(f"https://store/{key}?part={part_number}", headers)

    def presign_whole(self, key: str, size_bytes: int, lifetime_s: int, sha256: str) -> Address:
        self.presigned.append((1, size_bytes, lifetime_s))
        return Address(f"https://store/{key}", {"x-amz-checksum-sha256": sha256})

    def parts(self, key: str, upload_id: str) -> list[Part]:
        if upload_id not in self.open:
            raise UploadGoneError
        return self.open[upload_id]

    def page(
        self, key: str, upload_id: str, *, limit: int, after: int
    ) -> tuple[list[Part], int | None]:
        return self.parts(key, upload_id)[after : after + limit], None

    def complete(self, key: str, upload_id: str, parts: Sequence[Part], size_bytes: int) -> None:
        self.parts(key, upload_id)
        del self.open[upload_id]

    def abort(self, key: str, upload_id: str) -> None:
        self.open.pop(upload_id, None)


@dataclass
class MemoryStore:
    """A bucket that knows only sizes."""

    sizes: dict[str, int] = field(default_factory=dict)

    def head(self, key: str) -> int | None:
        return self.sizes.get(key)

    def delete_prefix(self, prefix: str) -> int:
        found = [key for key in self.sizes if key.startswith(prefix)]
        for key in found:
            del self.sizes[key]
        return len(found)


@dataclass
class MemoryExecutions:
    """Executions by name; `answer` may fail as the service does."""

    started: dict[str, Any] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    answer: Callable[[], None] = lambda: None

    def start(self, name: str, payload: Any) -> bool:
        self.answer()
        return self.started.setdefault(name, payload) is payload

    def stop(self, name: str, reason: str) -> None:
        self.answer()
        self.stopped.append(name)


class OpenDoor:
    """A CRM in which everything exists but one contact."""

    def missing(
        self, records: Sequence[RecordName], *, action: Action = "read", deleted: bool = False
    ) -> list[RecordName]:
        return [each for each in records if each.id == "con_absent"]

    def shown(self, records: Sequence[RecordName]) -> dict[str, dict[str, Any]]:
        return {}


@dataclass
class World:
    """All of it, and the use cases in it."""

    clock: Clock = field(default_factory=Clock)
    videos: MemoryVideos = field(default_factory=MemoryVideos)
    uploads: MemoryUploads = field(default_factory=MemoryUploads)
    sources: MemoryStore = field(default_factory=MemoryStore)
    media: MemoryStore = field(default_factory=MemoryStore)
    executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    quotas: MemoryQuotas = field(default_factory=MemoryQuotas)
    pulls: MemoryExecutions = field(default_factory=MemoryExecutions)
    origin: Any = None

    @property
    def desk(self) -> UploadDesk:
        return UploadDesk(
            caller=CALLER,
            videos=self.videos,
            uploads=self.uploads,
            sources=self.sources,  # type: ignore[arg-type]
            crm=OpenDoor(),
            days_kept=dict,
            quotas=self.quotas,
            clock=self.clock,
            lifetime=timedelta(hours=24),
            url_lifetime_s=3600,
            origin=lambda: self.origin,
            pulls=self.pulls,
        )

    @property
    def pipeline(self) -> Pipeline:
        return Pipeline(
            workspace="wsp_one",
            videos=self.videos,
            executions=self.executions,
            uploads=self.uploads,
            sources=self.sources,  # type: ignore[arg-type]
            media=self.media,  # type: ignore[arg-type]
            quotas=self.quotas,
            clock=self.clock,
        )

    def keep(self, record: Video) -> Video:
        self.videos.kept[record.id] = record
        return record
