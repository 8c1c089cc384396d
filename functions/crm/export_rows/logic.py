"""Records are written to a file, part by part; where the time ends, the next call goes on."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from functions.crm import export_columns, spreadsheet_cells
from functions.crm.jobs import Export
from functions.crm.model import CrmRecord
from functions.shared.errors import NotFoundError
from functions.shared.paging import Page

PAGE = 2_000  # records read at once; a Query ends at 1 MB of them
Ending = Literal["done", "more", "stopped"]


class Progress(BaseModel):
    """How far the file is: its upload, the ETags of its parts, how many rows and bytes they hold,
    and after which record the next one begins (None: at the first)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    upload: str
    etags: Sequence[str] = ()
    rows: int = 0
    size_bytes: int = 0
    after: Mapping[str, Any] | None = None
    ended: bool = False


class Files(Protocol):
    """The exchange bucket."""

    def begin(self, key: str, content_type: str) -> str: ...
    def put_part(self, key: str, upload_id: str, number: int, data: bytes) -> str: ...
    def complete(self, key: str, upload_id: str, etags: Sequence[str]) -> None: ...
    def size(self, key: str) -> int | None: ...


class Notes(Protocol):
    """Where the progress is kept between calls."""

    def progress(self) -> Progress | None: ...
    def keep(self, progress: Progress) -> None: ...


@dataclass(slots=True)
class Writer:
    """One export. `pages` reads a page after a position, as the caller sees it."""

    job: Export
    key: str
    custom: Sequence[str]
    files: Files
    notes: Notes
    pages: Callable[[int, Mapping[str, Any] | None], Page[CrmRecord]]
    stop: Callable[[], bool]
    timely: Callable[[], bool]
    part_bytes: int
    _columns: list[str] = field(init=False)

    def write(self, kind: type[CrmRecord]) -> tuple[Ending, Progress]:
        """Write until everything is written, the time is over, or the export is cancelled. Parts
        are kept as they are written; what is left of the last one is read again."""
        self._columns = list(self.job.fields or export_columns.columns_of(kind, self.custom))
        kept = self.notes.progress()
        if kept is None:
            kept = Progress(upload=self.files.begin(self.key, "application/octet-stream"))
            self.notes.keep(kept)
        while not kept.ended:
            if self.stop():
                return "stopped", kept
            part = self._part(kept)
            if part is None:
                return "more", kept
            kept = part
            self.notes.keep(kept)
        self._complete(kept)
        return "done", kept

    def _complete(self, kept: Progress) -> None:
        try:
            self.files.complete(self.key, kept.upload, list(kept.etags))
        except NotFoundError:
            # whoever was here before has done so, and was stopped before it could say so
            if self.files.size(self.key) != kept.size_bytes:
                raise

    def _part(self, kept: Progress) -> Progress | None:
        """Write one part; None when the time is over before it is full."""
        data = bytearray(b"" if kept.etags else self._head())
        rows, after = 0, kept.after
        while True:
            page = self.pages(PAGE, after)
            for line in self._lines(page.items):
                data += line
                rows += 1
            after = page.position
            if after is None or len(data) >= self.part_bytes:
                break
            if not self.timely():
                return None
        tag = self.files.put_part(self.key, kept.upload, len(kept.etags) + 1, bytes(data))
        return Progress(
            upload=kept.upload,
            etags=[*kept.etags, tag],
            rows=kept.rows + rows,
            size_bytes=kept.size_bytes + len(data),
            after=after,
            ended=after is None,
        )

    def _head(self) -> bytes:
        if self.job.format == "jsonl":
            return b""
        # the mark tells spreadsheets that this is UTF-8
        return b"\xef\xbb\xbf" + spreadsheet_cells.lines([self._columns]).encode()

    def _lines(self, records: Sequence[CrmRecord]) -> Iterator[bytes]:
        whole = self.job.format == "jsonl" and self.job.fields is None
        for record in records:
            if whole:
                yield record.model_dump_json().encode() + b"\n"
            elif self.job.format == "jsonl":
                yield _json(export_columns.selected(record.model_dump(mode="json"), self._columns))
            else:
                shown = record.model_dump(mode="json")
                yield export_columns.csv_line(shown, self._columns).encode()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
