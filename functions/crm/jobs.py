"""Imports and exports: what is kept of each, and what may happen to it.

    import   waiting → ready ⇄ previewing          the file is awaited; its mapping is awaited
             ready → running → done                written
             previewing, running → cancelling → ready, cancelled
             running → failed                      by a fault of ours; resumed like a cancelled one
             cancelled, failed → running           `resume`: only what is not done yet
             done, cancelled, failed → reverting → reverted
             waiting → failed                      the file is none that can be read
    export   running → done, failed; running → cancelling → cancelled
             failed, running → running             `resume`: after the parts that are written

The work of an import is done under the plan of one act (`plan`): a preview's, or a run's. A resumed
run goes on with the plan it has; a revert works on the plan of the run.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.csv_records import Format
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError
from functions.shared.record import OwnedRecord

Mode = Literal["create", "update", "upsert"]
ImportState = Literal[
    "waiting", "ready", "previewing", "running", "cancelling", "cancelled", "done", "failed",
    "reverting", "reverted",
]  # fmt: skip
ExportState = Literal["running", "cancelling", "cancelled", "done", "failed"]
Act = Literal["preview", "run", "revert"]
OnDuplicates = Literal["ignore", "warn", "deny"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Reason(_Part):
    """Why something did not work: a stable code and a sentence."""

    code: str
    detail: str


class Column(_Part):
    """A column of the file: its place (from 1), its name, some of its values, and the field that
    it is likely to be."""

    column: int
    name: str
    samples: Sequence[str] = ()
    suggestion: str | None = None
    because: str | None = None


class FileFormat(_Part):
    """How the file is written, as it was detected or told."""

    encoding: str
    mixed_encodings: bool = False
    byte_order_mark: bool = False
    delimiter: str
    quote: str
    header: bool
    rows_estimate: int = 0


class Mapped(_Part):
    """A column and the field it becomes."""

    column: int
    field: str


class Tally(_Part):
    """How many rows came to what."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    reverted: int = 0
    kept: int = 0  # of a revert: rows that were changed since, and stay as they are
    warned: int = 0  # of those created: rows that may be there already

    @property
    def done(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed


class RowFault(_Part):
    """What is wrong with one row, or (a warning) to be looked at: its number, its line in the file,
    the column; `candidates` are the records that it may be."""

    row: int
    line: int
    column: int | None = None
    column_name: str | None = None
    code: str
    message: str
    value: str = ""
    severity: Literal["error", "warning"] = "error"
    candidates: Sequence[str] = ()


class Choice(_Part):
    """How the rows become records, as a preview or a run was told."""

    mapping: Sequence[Mapped]
    mode: Mode
    match_on: str | None = None
    defaults: Mapping[str, str] = Field(default_factory=dict)
    empty_cells: Literal["keep", "clear"] = "keep"
    fallback_encoding: str | None = None
    duplicates: OnDuplicates = "ignore"
    new_sources: Literal["refuse", "create"] = "refuse"


class Import(OwnedRecord):
    """A file whose rows become records."""

    PREFIX: ClassVar[str] = "job"
    OBJECT: ClassVar[str] = "import"

    record_type: str
    state: ImportState
    mode: Mode
    match_on: str | None = None
    filename: str
    size_bytes: int
    told: Mapping[str, Any] = Field(default_factory=dict)  # of the format, by its sender
    upload_id: str | None = None  # of a multipart upload
    format: FileFormat | None = None
    shape: Mapping[str, Any] | None = None  # a csv_records.Format
    columns: Sequence[Column] = ()
    choice: Choice | None = None
    plan: int = 0
    acts: int = 0  # executions so far
    act: Act | None = None  # what the plan is of
    preview: Tally | None = None
    result: Tally | None = None
    faults: Sequence[RowFault] = ()  # the first ones, of the last preview or run
    report: str | None = None  # key of the whole list
    reason: Reason | None = None
    passport: Mapping[str, str] = Field(default_factory=dict)  # with whose eyes and rights it runs

    @property
    def reading(self) -> Format:
        """Return how the records of the file are read."""
        return Format(**(self.shape or {}))

    def may(self, *states: ImportState) -> Self:
        """Return the import; raises ConflictError unless it is in one of these states."""
        if self.state not in states:
            raise ConflictError(
                f"The import is {self.state}; this is for one that is {' or '.join(states)}.",
                code="wrong_state",
            )
        return self

    def begun(self, act: Act, caller: Caller, **more: Any) -> Self:
        """Return the import as it does an act, with the eyes and the rights of `caller`."""
        state = {"preview": "previewing", "run": "running", "revert": "reverting"}[act]
        acts = self.acts + 1
        return self.changed(
            state=state,
            act=act,
            acts=acts,
            passport=_passport(caller, self.id),
            reason=None,
            **more,
        )

    @property
    def execution(self) -> str:
        """The name of the execution of the current act."""
        return f"{self.id}-{self.acts}"


class Export(OwnedRecord):
    """Records of one type written to a file."""

    PREFIX: ClassVar[str] = "job"
    OBJECT: ClassVar[str] = "export"

    record_type: str
    state: ExportState
    format: Literal["csv", "jsonl"]
    fields: Sequence[str] | None = None
    filters: Mapping[str, str] = Field(default_factory=dict)
    sort: str | None = None
    acts: int = 1  # executions so far
    rows: int = 0
    size_bytes: int | None = None
    key: str | None = None
    file_expires_at: str | None = None
    reason: Reason | None = None
    passport: Mapping[str, str] = Field(default_factory=dict)

    @property
    def asked(self) -> dict[str, str]:
        """The list that is written, by its query parameters."""
        return {**self.filters, **({"sort": self.sort} if self.sort else {})}

    @property
    def execution(self) -> str:
        """The name of the current execution."""
        return f"{self.id}-{self.acts}"

    def may(self, *states: ExportState) -> Self:
        """Return the export; raises ConflictError unless it is in one of these states."""
        if self.state not in states:
            raise ConflictError(
                f"The export is {self.state}; this is for one that is {' or '.join(states)}.",
                code="wrong_state",
            )
        return self


def _passport(caller: Caller, job: str) -> dict[str, str]:
    """Return the caller as the job acts: its requests are the job's own."""
    return {**caller.passport(), "request_id": job}
