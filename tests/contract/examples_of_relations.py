"""Examples of what joins records: associations and their labels, duplicates, merges."""

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

_LOSER = "con_06b1qz3v1w7g2m5n8p0r4t6x9d"

_TOLD = {
    "score": 78,
    "likely": True,
    "reasons": [
        {"field": "phone", "how": "same_number", "similarity": 1.0, "points": 40},
        {"field": "name", "how": "similar", "similarity": 0.94, "points": 38},
    ],
}

EXAMPLES: dict[str, Any] = {
    "SoughtContact": {"name": "Daniel Reed", "phone": "+49 30 12345678"},
    "SoughtCompany": {"name": "Harbor Systems GmbH", "domain": "harbor.example"},
    "SoughtLead": {"name": "Daniel Reed", "website": "https://harbor.example/about"},
    "Candidate": {"id": _LOSER, "object": "contact", "name": "Daniel Read", **_TOLD},
    "Duplicates": {
        "data": [
            {
                **_TOLD,
                "record": {
                    "id": _LOSER,
                    "object": "contact",
                    **_MADE,
                    "owner_id": None,
                    "team_id": None,
                    "external_id": None,
                    "tags": [],
                    "deleted_at": None,
                    "name": "Daniel Read",
                    "email": None,
                    "phone": "+493012345678",
                    "title": None,
                    "company_id": None,
                    "custom": {},
                    "merged_ids": [],
                    "aliases": {},
                },
            }
        ],
        "complete": True,
        "overfull": [],
    },
    "Preview": {
        "object": "merge_preview",
        "record": {
            "id": _CONTACT,
            "object": "contact",
            **_MADE,
            "version": 2,
            "owner_id": None,
            "team_id": None,
            "external_id": None,
            "tags": [],
            "deleted_at": None,
            "name": "Daniel Reed",
            "email": "daniel@harbor.example",
            "phone": None,
            "title": "Head of Operations",
            "company_id": None,
            "custom": {},
            "merged_ids": [_LOSER],
            "aliases": {"email": ["d.reed@harbor.example"]},
        },
        "moves": {"records": 3, "associations": 2, "videos": None},
    },
    "Merge": {
        "id": "mrg_06b1qz3v1w7g2m5n8p0r4t6x9g",
        "object": "merge",
        **_MADE,
        "record_type": "contact",
        "winner_id": _CONTACT,
        "loser_ids": [_LOSER],
        "state": "done",
        "done_at": "2026-11-22T21:59:19.456Z",
        "undo_until": "2026-11-29T21:59:19.456Z",
        "moved": {"records": 3, "associations": 2, "videos": 1},
        "moved_back": {"records": 0, "associations": 0, "videos": 0},
        "left": [],
        "left_count": 0,
    },
    "MergeFields": {
        "ids": [_CONTACT, _LOSER],
        "fields": {"title": {"from": _LOSER}, "phone": {"value": None}},
    },
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
