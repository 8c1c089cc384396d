"""The events of the crm context's imports and exports."""

from pydantic import BaseModel, ConfigDict

from functions.shared.event_payloads import OwnedPayload, Published, entries


class TallyPayload(BaseModel):
    """What the rows of an import came to."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    reverted: int = 0
    kept: int = 0


class JobPayload(OwnedPayload):
    record_type: str
    state: str


class ImportPayload(JobPayload):
    filename: str
    result: TallyPayload | None = None


class ExportPayload(JobPayload):
    format: str
    rows: int = 0


EVENTS: dict[str, Published] = {
    **entries(
        "crm",
        ImportPayload,
        {
            "import.created": "An import was opened.",
            "import.received": "Its file has arrived and was looked at.",
            "import.started": "A preview, a run or a revert began.",
            "import.updated": "An import is being cancelled, or was before it ran.",
            "import.previewed": "A preview has ended.",
            "import.completed": "Every row was written or refused; `result` counts them.",
            "import.cancelled": "A run was stopped before its end.",
            "import.failed": "A run or a revert could not go on; it may be resumed.",
            "import.reverted": "What the import had written was taken back.",
        },
        since="2026-11-24",
    ),
    **entries(
        "crm",
        ExportPayload,
        {
            "export.created": "An export began.",
            "export.updated": "An export is being cancelled.",
            "export.completed": "An export's file is there.",
            "export.cancelled": "An export was stopped before its end.",
            "export.failed": "An export could not go on.",
        },
        since="2026-11-24",
    ),
}
