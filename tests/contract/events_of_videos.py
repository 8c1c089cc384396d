"""The records, and what they were before, of the examples of events about videos."""

from typing import Any

_LINKS = [{"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"}]
_SOURCE = {"filename": "call-cut.mp4", "content_type": "video/mp4", "size_bytes": 4_194_304}
RECORDS: dict[str, dict[str, Any]] = {
    "share": {
        "id": "shr_06b1qz3v1w7g2m5n8p0r4t6x9s",
        "video_id": "vid_06b1qz3v1w7g2m5n8p0r4t6x9v",
        "video_title": "Kick-off call",
        "recipient": {
            "contact_id": "con_06b1qz3v1w7g2m5n8p0r4t6x9c",
            "email": "dana@harbor.example",
            "name": "Dana Reed",
        },
        "links": _LINKS,
        "expires_at": "2026-12-22T21:59:17.123Z",
    },
    "video": {
        "id": "vid_06b1qz3v1w7g2m5n8p0r4t6x9v",
        "title": "Kick-off call",
        "state": "ready",
        "links": _LINKS,
        "duration_ms": 74_000,
        "analysis": {"summary": ["They agree on a trial."], "action_items": 2, "topics": 3},
    },
}
NOW: dict[str, dict[str, Any]] = {
    "video.viewed": {
        "view": {
            "session_id": "pse_06b1qz3v1w7g2m5n8p0r4t6x9y",
            "viewer": {
                "type": "share_link",
                "id": "shr_06b1qz3v1w7g2m5n8p0r4t6x9s",
                "contact_id": "con_06b1qz3v1w7g2m5n8p0r4t6x9c",
                "email": "dana@harbor.example",
                "name": "Dana Reed",
            },
            "percent": 52,
            "quartile": 50,
            "watched_ms": 39_800,
            "duration_ms": 74_000,
            "started_at": "2026-11-22T21:58:40.100Z",
            "seen_at": "2026-11-22T21:59:17.100Z",
        },
    },
    "video.captions_changed": {
        "captions": [
            {
                "language": "de",
                "label": "Deutsch",
                "kind": "subtitles",
                "default": False,
                "source": "uploaded",
            }
        ],
    },
    **{
        f"video.replacement_{end}": {
            "replacement": {
                "number": 2,
                "state": state,
                "reason": reason,
                "source": _SOURCE,
            }
        }
        for end, state, reason in (
            ("opened", "waiting", None),
            ("cancelled", "cancelled", None),
            (
                "failed",
                "expired",
                {
                    "code": "upload_expired",
                    "detail": "The upload did not complete in time; open a new one.",
                },
            ),
        )
    },
    "video.source_replaced": {"source": _SOURCE, "source_number": 2, "runs": 2},
    "video.source_deleted": {"source": _SOURCE, "source_number": 1, "runs": 1},
    "share.opened": {"opened_count": 1, "last_opened_at": "2026-11-22T21:59:17.123Z"},
    "video.created": {"state": "waiting", "duration_ms": None},
    "video.uploaded": {"state": "processing", "duration_ms": None},
    "video.cancelled": {"state": "cancelled", "duration_ms": None},
    "video.expired": {"state": "expired", "duration_ms": None},
    "video.failed": {
        "state": "failed",
        "duration_ms": None,
        "reason": {
            "code": "not_media",
            "detail": "This file is neither video nor audio.",
            "step": "inspect",
        },
    },
}
BEFORE: dict[str, dict[str, Any]] = {
    "video.updated": {"title": "Call"},
    "video.ready": {"state": "processing", "duration_ms": None},
}
