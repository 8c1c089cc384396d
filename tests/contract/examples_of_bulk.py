"""Examples of imports and exports, by the name of their schema."""

from typing import Any

_JOB = "job_06b1qz3v1w7g2m5n8p0r4t6x9j"


def _owned(kind: str) -> dict[str, Any]:
    return {
        "id": _JOB,
        "object": kind,
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
        "version": 1,
        "owner_id": "mem_06b1qz3v1w7g2m5n8p0r4t6x9p",
        "team_id": "tea_06b1qz3v1w7g2m5n8p0r4t6x9t",
    }


_TALLY = {
    "rows": 1_203, "created": 1_180, "updated": 0, "unchanged": 0, "failed": 23, "reverted": 0,
    "kept": 0,
}  # fmt: skip
_FAULT = {
    "row": 17,
    "line": 19,
    "column": 2,
    "column_name": "E-mail",
    "code": "value_error",
    "message": "This is not an e-mail address.",
    "value": "daniel(at)harbor.example",
}
_MAPPING = [{"column": 1, "field": "name"}, {"column": 2, "field": "email"}]
_NEW_IMPORT = {
    "record_type": "contact",
    "mode": "upsert",
    "match_on": "email",
    "filename": "people.csv",
    "size_bytes": 81_204,
    "options": {"delimiter": ";"},
}
_IMPORT = {
    **_owned("import"),
    **{name: value for name, value in _NEW_IMPORT.items() if name != "options"},
    "state": "done",
    "format": {
        "encoding": "utf-8",
        "mixed_encodings": False,
        "byte_order_mark": True,
        "delimiter": ";",
        "quote": '"',
        "header": True,
        "rows_estimate": 1_203,
    },
    "columns": [
        {"column": 1, "name": "Name", "samples": ["Daniel Reed"], "suggestion": "name",
         "because": "name"},
        {"column": 2, "name": "E-mail", "samples": ["daniel@harbor.example"],
         "suggestion": "email", "because": "name"},
    ],
    "choice": {
        "mapping": _MAPPING,
        "mode": "upsert",
        "match_on": "email",
        "defaults": {"tags": "trade fair"},
        "empty_cells": "keep",
        "fallback_encoding": None,
    },
    "progress": None,
    "preview": _TALLY,
    "result": _TALLY,
    "faults": [_FAULT],
    "has_report": True,
    "reason": None,
    "upload": None,
}  # fmt: skip
_NEW_EXPORT = {
    "record_type": "contact",
    "format": "csv",
    "fields": ["name", "email"],
    "filters": {"updated_since": "2026-11-01T00:00:00.000Z", "tag": "customer"},
    "sort": "name",
}

EXAMPLES: dict[str, Any] = {
    "ExportView": {
        **_owned("export"),
        **_NEW_EXPORT,
        "state": "done",
        "rows": 1_180,
        "size_bytes": 96_410,
        "file_expires_at": "2026-11-29T21:59:17.123Z",
        "reason": None,
    },
    "FileAddress": {
        "url": "https://exchange.example/exports/ws/job.csv?X-Amz-Signature=0f3c",
        "expires_at": "2026-11-22T22:14:17.123Z",
    },
    "ImportChoice": {"mapping": _MAPPING, "mode": "upsert", "match_on": "email"},
    "ImportUpload": {"parts": [{"part_number": 1, "etag": '"9b2cf535f27731c9"'}]},
    "ImportView": _IMPORT,
    "NewExport": _NEW_EXPORT,
    "NewImport": _NEW_IMPORT,
}
