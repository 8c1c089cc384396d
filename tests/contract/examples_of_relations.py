"""Examples of what joins records: associations and their labels."""

from typing import Any

_CONTACT = "con_06b1qz3v1w7g2m5n8p0r4t6x9c"
_DEAL = "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"
_MADE = {
    "created_at": "2026-11-22T21:59:17.123Z",
    "updated_at": "2026-11-22T21:59:17.123Z",
    "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
    "version": 1,
}
_ASSOCIATION = {
    "from": {"type": "contact", "id": _CONTACT},
    "to": {"type": "deal", "id": _DEAL},
    "label": "champion",
}
_LABEL = {
    "name": "mentors",
    "title": "Mentors",
    "inverse_name": "mentored_by",
    "inverse_title": "Mentored by",
    "from_types": ["contact"],
    "to_types": ["contact"],
}

EXAMPLES: dict[str, Any] = {
    "Association": {
        "id": "ass_06b1qz3v1w7g2m5n8p0r4t6x9s",
        "object": "association",
        **_MADE,
        **_ASSOCIATION,
        "inverse_label": "championed_by",
    },
    "AssociationFields": _ASSOCIATION,
    "AssociationPatch": {"label": "decision_maker"},
    "Label": {
        "id": "lab_06b1qz3v1w7g2m5n8p0r4t6x9b",
        "object": "association_label",
        **_MADE,
        **_LABEL,
        "built_in": False,
    },
    "LabelFields": _LABEL,
    "LabelPatch": {"title": "Mentor of"},
}
