"""Imports and exports as the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import BaseModel, Field

from functions.crm.jobs import (
    Choice,
    Column,
    Export,
    ExportState,
    FileFormat,
    Import,
    ImportState,
    Reason,
    RowFault,
    Tally,
)


class _View(BaseModel):
    id: str
    object: str
    created_at: str
    updated_at: str
    created_by: Mapping[str, str]
    version: int
    owner_id: str | None
    team_id: str | None


class PartAddress(BaseModel):
    """Where a part is sent, by PUT, with exactly this many bytes."""

    part_number: int
    size_bytes: int
    url: str


class UploadAddress(BaseModel):
    """Where the file is sent, by PUT: at once to `url`, or in `parts`, which are then named in
    `POST /v1/imports/{id}/complete`."""

    url: str | None = None
    parts: Sequence[PartAddress] = ()
    expires_at: str


class ImportView(_View):
    record_type: str
    state: ImportState
    mode: str
    match_on: str | None
    filename: str
    size_bytes: int
    format: FileFormat | None
    columns: Sequence[Column]
    choice: Choice | None
    progress: Tally | None = Field(description="Of the work that goes on, by finished pieces.")
    preview: Tally | None
    result: Tally | None
    faults: Sequence[RowFault] = Field(description="The first ones; the report has all.")
    has_report: bool
    reason: Reason | None
    upload: UploadAddress | None = Field(default=None, description="Only in the reply to POST.")

    @classmethod
    def of(
        cls, job: Import, progress: Tally | None = None, upload: UploadAddress | None = None
    ) -> Self:
        shown = job.model_dump(include=set(cls.model_fields) - {"progress", "upload"})
        return cls(**shown, has_report=job.report is not None, progress=progress, upload=upload)


class ImportPage(BaseModel):
    data: list[ImportView]
    next_cursor: str | None


class ExportView(_View):
    record_type: str
    state: ExportState
    format: str
    fields: Sequence[str] | None
    filters: Mapping[str, str]
    sort: str | None
    rows: int
    size_bytes: int | None
    file_expires_at: str | None
    reason: Reason | None

    @classmethod
    def of(cls, job: Export) -> Self:
        return cls(**job.model_dump(include=set(cls.model_fields)))


class ExportPage(BaseModel):
    data: list[ExportView]
    next_cursor: str | None


class FileAddress(BaseModel):
    """Where a file is read, by GET, until the address expires."""

    url: str
    expires_at: str
