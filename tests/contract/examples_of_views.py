"""Examples of saved views."""

from typing import Any

_FIELDS = {
    "name": "My open deals",
    "record_type": "deal",
    "filters": {"status": "open", "owner": "me"},
    "sort": "-amount",
    "columns": ["name", "amount", "close_date"],
    "sharing": "shared",
}

EXAMPLES: dict[str, Any] = {
    "View": {
        "id": "vie_06b1qz3v1w7g2m5n8p0r4t6x9v",
        "object": "view",
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": {"type": "user", "id": "mem_06b1qz3v1w7g2m5n8p0r4t6x9m"},
        "version": 1,
        **_FIELDS,
        "maker_id": "mem_06b1qz3v1w7g2m5n8p0r4t6x9m",
    },
    "ViewFields": _FIELDS,
    "ViewPatch": {"filters": {"stage": "proposal"}, "sort": "close_date"},
}
