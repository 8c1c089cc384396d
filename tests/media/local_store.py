"""Fakes of the media steps' ports, on local disk and in memory."""

import json
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from functions.shared.errors import NotFoundError
from functions.video.media import Choice, SegmentInfo
from functions.video.model import Reason


class FolderStore:
    """MediaStore in a folder; `writes` lists the keys in the order they were written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.writes: list[str] = []
        self._lock = threading.Lock()

    def _path(self, key: str) -> Path:
        return self.root / key

    def get_json(self, key: str) -> Any:
        return json.loads(self.get_bytes(key))

    def put_json(self, key: str, value: Any) -> None:
        self.put_bytes(key, json.dumps(value).encode(), "application/json")

    def get_bytes(self, key: str, *, first: int = 0, count: int | None = None) -> bytes:
        if not self._path(key).exists():
            raise NotFoundError(f"there is no object {key}")
        data = self._path(key).read_bytes()
        return data[first:] if count is None else data[first : first + count]

    def writing(self, key: str) -> None:
        """Called before any object changes; tests override it to fail or die there."""
        with self._lock:
            self.writes.append(key)

    def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        self.writing(key)
        self._path(key).parent.mkdir(parents=True, exist_ok=True)
        self._path(key).write_bytes(data)

    def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        # As S3's `If-None-Match: *`: one of several writers wins, and nobody sees half an object.
        self.writing(key)
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{threading.get_ident()}")
        draft.write_bytes(data)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def upload_file(self, path: Path, key: str, content_type: str) -> int:
        self.put_bytes(key, path.read_bytes(), content_type)
        return path.stat().st_size

    def download_file(self, key: str, path: Path) -> None:
        path.write_bytes(self.get_bytes(key))

    def presign_get(self, key: str, lifetime_s: int) -> str:
        return f"file:{self._path(key)}"

    def exists(self, key: str) -> bool:
        return self._path(key).exists()

    def head(self, key: str) -> int | None:
        return self._path(key).stat().st_size if self.exists(key) else None

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        for path in sorted(self.root.rglob("*")):
            key = str(path.relative_to(self.root))
            if path.is_file() and key.startswith(prefix):
                yield key, path.stat().st_size

    def delete_prefix(self, prefix: str) -> int:
        found = [path for path in self.root.rglob("*") if path.is_file()]
        gone = [path for path in found if str(path.relative_to(self.root)).startswith(prefix)]
        for path in gone:
            path.unlink()
        if not prefix:
            shutil.rmtree(self.root, ignore_errors=True)
        return len(gone)


class MemoryRunLog:
    """RunLog in memory; `events` lists what was recorded, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.total = 0
        self._chunks: dict[int, dict[str, list[SegmentInfo]]] = {}
        self._outputs: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def step_started(self, step: str) -> None:
        self.events.append(("started", step))

    def step_done(self, step: str, outputs: Mapping[str, Any] | None = None) -> None:
        self.events.append(("done", step))
        self._outputs[step] = dict(outputs or {})

    def step_skipped(self, step: str, reason: Reason) -> None:
        self.events.append(("skipped", step))

    def step_failed(self, step: str, reason: Reason) -> None:
        self.events.append(("failed", step))

    def chunks_planned(self, total: int, choice: Choice | None = None) -> None:
        self.total = total

    def chunk_done(self, index: int, segments: Mapping[str, Sequence[SegmentInfo]]) -> bool:
        with self._lock:
            if index in self._chunks:
                return False
            self._chunks[index] = {rung: list(made) for rung, made in segments.items()}
            return True

    def wanted(self, chunks: Sequence[int]) -> list[int]:
        return [index for index in chunks if index not in self._chunks]

    def batch_failed(self, reason: Reason) -> None:
        self.events.append(("failed", "batch"))

    def chunks(self) -> dict[int, dict[str, list[SegmentInfo]]]:
        return dict(self._chunks)

    def outputs(self, step: str) -> dict[str, Any]:
        return self._outputs.get(step, {})
