"""Uploads a file in parts, several at a time; what has arrived never travels twice.

The state file under `.reelate/uploads/` remembers which video a file was going to; which parts
have arrived the API itself tells. So an interrupted upload goes on from any process. Every part
goes to an address that is bound to its SHA-256: the store takes nothing but the file's own bytes.
A file of one part comes in a single PUT.
"""

import base64
import hashlib
import json
import mimetypes
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.cli.api import Api, ApiError, backoff
from infra.local.failure import CloudError

PARALLEL = 4
ATTEMPTS = 6
PIECE = 256 * 1024  # bytes between two progress reports
SINGLE_BYTES = 8 * 1024 * 1024  # what the API takes in a single PUT
SIGNED_AHEAD = 8  # parts: each must be read once for its checksum before it has an address
ARRIVED_BEFORE = 412  # the store has the file of a single PUT already
OPEN_STATES = frozenset({"waiting", "uploading"})
ARRIVED_STATES = frozenset({"processing", "ready"})
GONE = frozenset({404, 409})
# What common systems' tables lack.
TYPES = {".mkv": "video/x-matroska", ".m4v": "video/mp4", ".m4a": "audio/mp4", ".ts": "video/mp2t"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Upload:
    """One file on its way to the API at `api`; `progress` is told bytes done and bytes in all."""

    api: Api
    file: Path
    state_dir: Path
    title: str
    links: Sequence[Mapping[str, str]] = ()
    progress: Progress = lambda _done, _total: None
    parallel: int = PARALLEL
    transport: httpx.Client = field(
        default_factory=lambda: httpx.Client(
            timeout=httpx.Timeout(60, connect=10, write=120), trust_env=False
        )
    )

    def run(self) -> str:
        """Bring the whole file there, complete the upload, and return the video's id.

        Raises:
            CloudError: the file cannot be read, or the API or the store refused it.
        """
        size = self.size()
        video, parts = self._resume(size) or self._create(size)
        if parts is None:  # whole already: only the reply to `complete` was lost
            self._state_file().unlink(missing_ok=True)
            return video
        total = sum(part.size for part in parts.wanted.values())
        _Transfer(self, video, parts, total).run()
        sent = [
            {"part_number": number, "etag": etag, "sha256": parts.sums[number]}
            for number, etag in sorted(parts.received.items())
        ]
        done = self.api.post(
            f"/v1/videos/{video}/complete",
            {"parts": [] if parts.single else sent},
            key=f"complete-{video}",
        )
        self._state_file().unlink(missing_ok=True)
        if done["upload"]["sha256"] != parts.checksum():
            raise CloudError(f"What arrived as {video} is not {self.file}; delete it.")
        return video

    def sum_of(self, span: "Span") -> str:
        """Return the SHA-256 of a part of the file, as the store writes it."""
        digest, left = hashlib.sha256(), span.size
        with self.file.open("rb") as file:
            file.seek(span.start)
            while left and (piece := file.read(min(PIECE, left))):
                digest.update(piece)
                left -= len(piece)
        return base64.b64encode(digest.digest()).decode()

    def size(self) -> int:
        """Return the file's size in bytes; raises CloudError when it cannot be uploaded."""
        try:
            status = self.file.stat()
            self.file.open("rb").close()
        except OSError as error:
            raise CloudError(f"{self.file} cannot be read: {error.strerror}.") from error
        if not self.file.is_file():
            raise CloudError(f"{self.file} is not a file.")
        if status.st_size == 0:
            raise CloudError(f"{self.file} is empty.")
        return status.st_size

    def _create(self, size: int) -> tuple[str, "Parts"]:
        single = size <= SINGLE_BYTES
        known = self.sum_of(Span(0, size)) if single else None
        created = self.api.post(
            "/v1/videos",
            {
                **({"sha256": known} if single else {"checksums": "sha256"}),
                "title": self.title,
                "filename": self.file.name,
                "content_type": content_type(self.file),
                "size_bytes": size,
                "links": [dict(link) for link in self.links],
            },
            key=f"upload-{os.urandom(12).hex()}",
        )
        described = created["upload"]
        layout = Parts.of(
            size, described["part_size_bytes"], described["part_count"], single=single
        )
        layout.address(described["parts"])
        if known is not None:
            layout.sums[1] = known
        self._remember(created["id"], layout)
        return created["id"], layout

    def _resume(self, size: int) -> tuple[str, "Parts | None"] | None:
        try:
            kept = json.loads(self._state_file().read_text())
            video = kept["video"]
            layout = Parts.of(size, kept["part_size"], kept["part_count"], single=kept["single"])
        except (FileNotFoundError, ValueError, KeyError):
            return None
        try:
            state = self.api.get(f"/v1/videos/{video}")["state"]
            if state in ARRIVED_STATES:
                return video, None
            if state not in OPEN_STATES:
                return None
            listed = list(self.api.pages(f"/v1/videos/{video}/parts", limit=100))
        except ApiError as error:
            if error.status in GONE:
                return None
            raise
        for part in listed:
            number = part["part_number"]
            layout.sums[number] = self.sum_of(layout.wanted[number])
            if part["sha256"] == layout.sums[number]:
                layout.received[number] = part["etag"]
        return video, layout

    def _remember(self, video: str, layout: "Parts") -> None:
        path = self._state_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "video": video,
            "file": str(self.file.resolve()),
            "part_size": layout.part_size,
            "part_count": len(layout.wanted),
            "single": layout.single,
        }
        path.write_text(json.dumps(state))

    def _state_file(self) -> Path:
        status = self.file.stat()
        identity = (
            f"{self.file.resolve()}|{status.st_size}|{status.st_mtime_ns}"
            f"|{self.api.client.base_url}|{json.dumps([dict(link) for link in self.links])}"
        )
        return self.state_dir / f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}.json"


@dataclass(frozen=True)
class Span:
    """Where a part lies in the file, in bytes."""

    start: int
    size: int


@dataclass(frozen=True)
class Parts:
    """A file's parts: where each lies, which have arrived (with their ETag), their checksums and
    their addresses as far as they are known."""

    part_size: int
    wanted: Mapping[int, Span]
    single: bool = False  # the only one, which comes by itself
    received: dict[int, str] = field(default_factory=dict)
    sums: dict[int, str] = field(default_factory=dict)
    addresses: dict[int, tuple[str, dict[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, size: int, part_size: int, count: int, *, single: bool = False) -> "Parts":
        """Cut `size` bytes into `count` parts of `part_size`, the last one smaller."""
        if part_size <= 0 or -(-size // part_size) != count:
            raise ValueError(f"{count} parts of {part_size} bytes do not make {size}")
        return cls(
            part_size,
            {
                number: Span(
                    (number - 1) * part_size, min(part_size, size - (number - 1) * part_size)
                )
                for number in range(1, count + 1)
            },
            single,
        )

    def address(self, described: Iterable[Mapping[str, Any]]) -> None:
        """Take in where parts go, as the API describes it."""
        for part in described:
            self.addresses[part["part_number"]] = (part["url"], part["headers"])

    def checksum(self) -> str:
        """Return the file's composite checksum, of those of all its parts."""
        digests = b"".join(base64.b64decode(self.sums[number]) for number in self.wanted)
        whole = hashlib.sha256(digests).digest()
        return f"{base64.b64encode(whole).decode()}-{len(self.wanted)}"

    def missing(self) -> list[int]:
        return [number for number in self.wanted if number not in self.received]


class _Transfer:
    """Moves the missing parts, `parallel` at a time."""

    def __init__(self, upload: Upload, video: str, parts: Parts, total: int) -> None:
        self._upload = upload
        self._video = video
        self._parts = parts
        self._total = total
        self._stopped = threading.Event()
        self._sent = dict.fromkeys(parts.wanted, 0)
        for number in parts.received:
            self._sent[number] = parts.wanted[number].size

    def run(self) -> None:
        self._report()
        waiting = iter(self._parts.missing())
        running: dict[Future[str], int] = {}
        with ThreadPoolExecutor(self._upload.parallel) as pool:
            try:
                self._fill(pool, waiting, running)
                while running:
                    done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        number = running.pop(future)
                        self._parts.received[number] = future.result()
                    self._fill(pool, waiting, running)
                    self._report()
            except CloudError:
                raise  # and what is on its way may arrive: it need not travel again
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _fill(
        self, pool: ThreadPoolExecutor, waiting: Iterator[int], running: dict[Future[str], int]
    ) -> None:
        while len(running) < self._upload.parallel:
            number = next(waiting, None)
            if number is None:
                return
            if number not in self._parts.addresses:
                self._sign(number)
            running[pool.submit(self._send, number)] = number

    def _sign(self, first: int) -> None:
        parts = self._parts
        unsigned = [n for n in parts.missing() if n > first and n not in parts.addresses]
        wanted = [first, *unsigned][:SIGNED_AHEAD]
        for number in wanted:
            if number not in parts.sums:
                parts.sums[number] = self._upload.sum_of(parts.wanted[number])
        asked = {"part_numbers": wanted, "sha256": [parts.sums[number] for number in wanted]}
        parts.address(self._upload.api.post(f"/v1/videos/{self._video}/parts", asked)["data"])

    def _send(self, number: int) -> str:
        span = self._parts.wanted[number]
        for attempt in range(1, ATTEMPTS + 1):
            url, headers = self._parts.addresses[number]
            try:
                reply = self._upload.transport.put(
                    url,
                    content=self._pieces(number, span),
                    headers={**headers, "Content-Length": str(span.size)},
                )
            except httpx.TransportError as error:
                trouble = f"{urlsplit(url).netloc}: {type(error).__name__}"
            else:
                if reply.is_success:
                    return str(reply.headers["ETag"]).strip('"')
                if reply.status_code == ARRIVED_BEFORE and self._parts.single:
                    self._sent[number] = span.size
                    return ""
                trouble = f"{reply.status_code} from {urlsplit(url).netloc}"
                if reply.status_code == httpx.codes.FORBIDDEN:
                    self._sign(number)  # the URL has expired
            self._sent[number] = 0
            if attempt < ATTEMPTS:
                self._stopped.wait(backoff(attempt))
        raise CloudError(
            f"Part {number} did not get through in {ATTEMPTS} attempts ({trouble}).",
            "Run the same command again: it goes on where it stopped.",
        )

    def _pieces(self, number: int, span: Span) -> Iterable[bytes]:
        self._sent[number] = 0
        with self._upload.file.open("rb") as file:
            file.seek(span.start)
            while self._sent[number] < span.size:
                if self._stopped.is_set():
                    raise CloudError("The upload was stopped.")
                piece = file.read(min(PIECE, span.size - self._sent[number]))
                if not piece:
                    raise CloudError(f"{self._upload.file} became shorter while it was read.")
                self._sent[number] += len(piece)
                yield piece

    def _report(self) -> None:
        self._upload.progress(sum(self._sent.values()), self._total)


def content_type(file: Path) -> str:
    """Guess a file's media type from its name."""
    guessed = TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]
    return guessed or "application/octet-stream"


def links(contacts: Sequence[str], deals: Sequence[str]) -> list[dict[str, Any]]:
    """Return the links a video is created with."""
    return [{"type": "contact", "id": found} for found in contacts] + [
        {"type": "deal", "id": found} for found in deals
    ]
