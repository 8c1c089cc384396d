"""Examples of videos and their uploads."""

from typing import Any

_CONTACT = "con_06b1qz3v1w7g2m5n8p0r4t6x9c"
_VIDEO = "vid_06b1qz3v1w7g2m5n8p0r4t6x9v"
_LINK = {"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"}
_DIGEST = "7RFWqmYTQ2iy8zoKsVyzA3WMuzNpLhzhgjO9FMQCTn0="


def _steps(**states: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "state": state,
            "percent": {"done": 100, "processing": 40}.get(state, 0),
            "started_at": None if state == "pending" else "2026-11-22T22:01:02.000Z",
            "ended_at": "2026-11-22T22:01:09.000Z" if state == "done" else None,
            "reason": None,
        }
        for name, state in states.items()
    ]


def _artefact(state: str, **more: Any) -> dict[str, Any]:
    return {"state": state, "reason": None, "run": None, "summary": None, **more}


def _rendition(
    name: str, size: tuple[int, int], codecs: str, peak: int, average: int, vmaf: float
) -> dict[str, Any]:
    return {
        "name": name,
        "width": size[0],
        "height": size[1],
        "frame_rate": 25.0,
        "codecs": codecs,
        "bandwidth": peak,
        "average_bandwidth": average,
        "vmaf": vmaf,
    }


_SUMMARY = {
    "id": _VIDEO,
    "object": "video",
    "created_at": "2026-11-22T21:59:17.123Z",
    "updated_at": "2026-11-22T21:59:17.123Z",
    "deleted_at": None,
    "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
    "owner_id": "mem_06b1qz3v1w7g2m5n8p0r4t6x9p",
    "team_id": "tea_06b1qz3v1w7g2m5n8p0r4t6x9t",
    "title": "Discovery call",
    "state": "processing",
    "reason": None,
    "links": [{"type": "contact", "id": _CONTACT}, _LINK],
    "source": {"filename": "call.mp4", "content_type": "video/mp4", "size_bytes": 18_874_368},
    "source_number": 1,
    "replacement": None,
    "upload": {
        "state": "completed",
        "method": "multipart",
        "checksums": "sha256",
        "sha256": f"{_DIGEST}-3",
        "part_size_bytes": 8_388_608,
        "part_count": 3,
        "expires_at": "2026-11-24T21:59:17.123Z",
        "completed_at": "2026-11-22T22:00:58.000Z",
    },
    "content": "auto",
    "engine": "auto",
    "media": {
        "duration_ms": 74_000,
        "container": "mp4",
        "width": 1280,
        "height": 720,
        "frame_rate": 25.0,
        "rotation": 0,
        "video_codec": "h264",
        "audio_codec": "aac",
        "audio_channels": 2,
        "content": "screen_share",
        "renditions": [
            _rendition("720p", (1280, 720), "avc1.64001f", 462_318, 318_442, 95.31),
            _rendition("360p", (640, 360), "avc1.64001e", 151_204, 104_770, 71.86),
        ],
        "warnings": [],
    },
    "duration_ms": 74_000,
    "artefacts": {
        "renditions": _artefact("processing", run=1),
        "transcript": _artefact("pending"),
        "analysis": _artefact("pending"),
    },
    "retention_days": None,
    "deletes_at": None,
    "source_retention_days": 30,
    "source_deletes_at": "2026-12-22T22:00:58.000Z",
    "source_deleted_at": None,
    "version": 3,
}
_PART = {
    "part_number": 1,
    "size_bytes": 8_388_608,
    "url": "https://uploads.example/ws/vid/source?partNumber=1&X-Amz-Signature=0f3c",
    "headers": {"x-amz-checksum-sha256": _DIGEST},
    "expires_at": "2026-11-22T22:59:17.123Z",
}
_OPEN_UPLOAD = {
    **_SUMMARY["upload"],
    "state": "waiting",
    "checksums": None,
    "sha256": None,
    "completed_at": None,
}

_UPLOAD_SESSION = {
    "object": "upload",
    "video_id": _VIDEO,
    **_SUMMARY["upload"],
    "source_number": 1,
    "source": _SUMMARY["source"],
    "reason": None,
}
_SHARE = {
    "id": "shr_06b1qz3v1w7g2m5n8p0r4t6x9s",
    "object": "share",
    "video_id": _VIDEO,
    "recipient": {"contact_id": _CONTACT, "email": "dana@harbor.example", "name": "Dana Reed"},
    "state": "active",
    "expires_at": "2026-12-22T21:59:17.123Z",
    "has_passcode": True,
    "domains": ["www.harbor.example"],
    "allow_download": False,
    "opened_count": 2,
    "last_opened_at": "2026-11-23T08:12:41.500Z",
    "created_at": "2026-11-22T21:59:17.123Z",
    "updated_at": "2026-11-23T08:12:41.500Z",
    "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
    "version": 3,
}

_PERSON = {
    "type": "share_link",
    "id": _SHARE["id"],
    "contact_id": _CONTACT,
    "email": "dana@harbor.example",
    "name": "Dana Reed",
}
_SUMS = {
    "sessions": 2,
    "watched_ms": 61_300,
    "quartiles": {
        "started": 2, "percent_25": 2, "percent_50": 1, "percent_75": 1, "completed": 0,
    },
    "heat": {
        "bucket_starts_ms": [0, 18_500, 37_000, 55_500],
        "watched_ms": [24_300, 18_500, 18_500, 0],
        "sessions": [2, 1, 1, 0],
    },
    "first_at": "2026-11-23T08:12:44.100Z",
    "last_at": "2026-11-23T09:40:02.700Z",
}  # fmt: skip


def _line(unit: str, count: float, usd: float) -> dict[str, Any]:
    return {"unit": unit, "count": count, "usd": usd}


_ENCODE = {
    "step": "encode",
    "usd": 0.00138235,
    "lines": [
        _line("requests", 10, 0.000002),
        _line("gb_seconds", 47.259, 0.00063035),
        _line("transitions", 30, 0.00075),
    ],
}

_CAPTIONS = {
    "object": "caption_track",
    "video_id": _VIDEO,
    "language": "de",
    "label": "Deutsch",
    "kind": "subtitles",
    "default": False,
    "source": "uploaded",
    "cue_count": 1,
    "outdated": False,
    "updated_at": "2026-11-23T08:12:41.500Z",
}

EXAMPLES: dict[str, Any] = {
    "CaptionsView": _CAPTIONS,
    "CaptionsFullView": {
        **_CAPTIONS,
        "cues": [{"start_ms": 1_000, "end_ms": 3_500, "text": "Guten <i>Tag</i>.", "settings": ""}],
    },
    "CostsView": {
        "video_id": _VIDEO,
        "currency": "USD",
        "region": "us-east-1",
        "prices_as_of": "2026-11-22",
        "usd": 0.00138235,
        "unpriced": [],
        "runs": [{"number": 1, "usd": 0.00138235, "steps": [_ENCODE]}],
        "storage": {"stored_bytes": 31_457_280, "usd_per_month": 0.00072352},
        "estimate": None,
        "engines": [
            {"engine": "ffmpeg", "offered": True, "usd": 0.00091, "seconds": 4.3},
            {"engine": "mediaconvert", "offered": False, "usd": 0.0371, "seconds": 67.4},
        ],
    },
    "Noted": {"object": "view_note", "sequence": 1},
    "ViewsView": {
        "object": "video_views",
        "video_id": _VIDEO,
        "source_number": 1,
        "duration_ms": 74_000,
        **_SUMS,
    },
    "ViewerViewsView": {"viewer": _PERSON, **_SUMS},
    "ViewSession": {
        "id": "pse_06b1qz3v1w7g2m5n8p0r4t6x9y",
        "object": "view_session",
        "viewer": _PERSON,
        "percent": 75,
        "quartile": 75,
        "watched_ms": 55_500,
        "started_at": "2026-11-23T08:12:44.100Z",
        "seen_at": "2026-11-23T08:13:42.900Z",
    },
    "ShareView": _SHARE,
    "NewShareView": {
        **_SHARE,
        "updated_at": "2026-11-22T21:59:17.123Z",
        "opened_count": 0,
        "last_opened_at": None,
        "version": 1,
        "token": "eyJzIjoic2hyXzA2.Zm9v",
    },
    "SessionView": {
        "object": "playback_session",
        "url": "https://api.example/v1/playback/eyJ2Ijoi.Zm9v/master.m3u8",
        "views_url": "https://api.example/v1/playback/eyJ2Ijoi.Zm9v/views",
        "expires_at": "2026-11-23T14:12:41.500Z",
        "title": "Discovery call",
        "duration_ms": 74_000,
        "recipient_name": "Dana Reed",
        "allow_download": False,
    },
    "OpenedVideoView": {
        **_SUMMARY,
        "state": "waiting",
        "upload": {**_OPEN_UPLOAD, "parts": [{**_PART, "headers": {}}]},
        "media": None,
        "source_deletes_at": None,
        "duration_ms": None,
        "artefacts": dict.fromkeys(_SUMMARY["artefacts"], _artefact("pending")),
        "version": 1,
        "run": None,
    },
    "PartUrlView": _PART,
    "PartView": {
        "part_number": 1,
        "size_bytes": 8_388_608,
        "etag": "9b2cf535f27731c9",
        "sha256": _DIGEST,
    },
    "UploadSession": _UPLOAD_SESSION,
    "OpenUploadSession": {
        **_UPLOAD_SESSION,
        **_OPEN_UPLOAD,
        "source_number": 2,
        "parts": [{**_PART, "headers": {}}],
    },
    "VideoSummary": _SUMMARY,
    "VideoView": {
        **_SUMMARY,
        "run": {
            "number": 1,
            "source_number": 1,
            "from": "inspect",
            "resumes": None,
            "state": "processing",
            "percent": 41,
            "started_at": "2026-11-22T22:01:01.000Z",
            "ended_at": None,
            "reason": None,
            "steps": _steps(inspect="done", plan="done", encode="processing", package="pending"),
            "engine": {
                "name": "ffmpeg",
                "code": "cheaper",
                "detail": "Nothing speaks against the cheaper one.",
                "warnings": [],
            },
        },
    },
}
