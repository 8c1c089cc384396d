"""Where the bytes of an upload go: addresses that take exactly what they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.shared.clock import iso, parse
from functions.video import keys
from functions.video.intake import Intake
from functions.video.model import Method, Upload
from functions.video.part_plan import PartPlan, composite
from functions.video.ports import Address, MultipartUploads

FIRST_PARTS = 20


@dataclass(frozen=True, slots=True)
class PartUrl:
    """Where to PUT one part, and the headers that must come with it."""

    part_number: int
    size_bytes: int
    url: str
    headers: Mapping[str, str]
    expires_at: str


@dataclass(frozen=True, slots=True)
class Way:
    """How a file shall come. `sha256` (base64) is the whole file's, for a single PUT."""

    method: Method = "multipart"
    checksums: bool = False
    sha256: str | None = None
    source_url: str | None = None
    source_etag: str | None = None

    def upload(self, plan: PartPlan, expires_at: str) -> Upload:
        """Return the upload of a file that is cut like this, not yet opened in S3."""
        return Upload(
            method=self.method,
            checksums="sha256" if self.checksums or self.sha256 else None,
            sha256=composite([self.sha256]) if self.sha256 else None,
            source_url=self.source_url,
            source_etag=self.source_etag,
            upload_id="",
            part_size_bytes=plan.part_bytes,
            part_count=plan.count,
            expires_at=expires_at,
        )


IN_PARTS = Way()


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one workspace's uploads; none outlives its upload. `video` is an id."""

    workspace: str
    uploads: MultipartUploads
    lifetime_s: int

    def first(self, video: str, file: Intake, way: Way, moment: datetime) -> list[PartUrl]:
        """Return the addresses that a new upload's reply holds. Those of parts with checksums
        are bound to what only their sender knows, so none of them is among these."""
        if way.sha256 is not None:
            return self.of_parts(video, file, [1], [way.sha256], moment)
        if way.checksums or way.method == "pull":
            return []
        numbers = range(1, min(FIRST_PARTS, file.upload.part_count) + 1)
        return self.of_parts(video, file, numbers, None, moment)

    def of_parts(
        self,
        video: str,
        file: Intake,
        numbers: Sequence[int],
        sha256: Sequence[str] | None,
        moment: datetime,
    ) -> list[PartUrl]:
        """Return the addresses of parts, each bound to its size and its checksum if there is
        one (base64)."""
        plan, key = PartPlan.cut(file), keys.source(self.workspace, video, file.number)
        left = parse(file.upload.expires_at) - moment
        seconds = max(1, min(self.lifetime_s, int(left.total_seconds())))
        expires = iso(moment + timedelta(seconds=seconds))
        found = []
        checksums: Sequence[str | None] = sha256 or [None] * len(numbers)
        for number, checksum in zip(numbers, checksums, strict=True):
            size = plan.bytes_of(number)
            at = self._address(key, file.upload, number, size, seconds, checksum)
            found.append(PartUrl(number, size, at.url, at.headers, expires))
        return found

    def _address(
        self, key: str, upload: Upload, number: int, size: int, seconds: int, checksum: str | None
    ) -> Address:
        if upload.method == "single" and checksum is not None:
            return self.uploads.presign_whole(key, size, seconds, checksum)
        return self.uploads.presign(key, upload.upload_id, number, size, seconds, checksum)
