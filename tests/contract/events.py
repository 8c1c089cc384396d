"""Writes functions/events.json, the catalogue of events, from functions/shared/events.py.

python -m tests.contract.events
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from functions.shared.events import CATALOGUE, Published, detail_type, envelope
from tests.contract import (
    events_of_leads,
    events_of_videos,
    examples_of_relations,
    examples_of_views,
)

PATH = Path(__file__).resolve().parents[2] / "functions" / "events.json"

_WORKSPACE = "ws_06b1qz3v1w7g2m5n8p0r4t6x9a"
_LINKS = [{"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"}]
_RECORDS: dict[str, dict[str, Any]] = {
    **events_of_leads.RECORDS,
    "workspace": {"id": _WORKSPACE, "name": "Harbor Foods"},
    "api_key": {"id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k", "name": "Nightly sync", "role": "rep"},
    "role": {
        "id": "rol_06b1qz3v1w7g2m5n8p0r4t6x9r",
        "name": "Support",
        "scopes": ["contacts:read", "videos:read"],
        "visibility": "team",
    },
    "team": {"id": "tea_06b1qz3v1w7g2m5n8p0r4t6x9t", "name": "North"},
    "member": {
        "id": "mem_06b1qz3v1w7g2m5n8p0r4t6x9e",
        "name": "Mira Vogel",
        "role": "rep",
        "state": "active",
        "team_ids": ["tea_06b1qz3v1w7g2m5n8p0r4t6x9t"],
    },
    "client": {"id": "cli_06b1qz3v1w7g2m5n8p0r4t6x9f", "name": "Data warehouse", "role": "viewer"},
    "contact": {
        "id": "con_06b1qz3v1w7g2m5n8p0r4t6x9c",
        "name": "Daniel Reed",
        "email": "daniel@harbor.example",
        "company_id": "com_06b1qz3v1w7g2m5n8p0r4t6x9m",
    },
    "company": {
        "id": "com_06b1qz3v1w7g2m5n8p0r4t6x9m",
        "name": "Harbor Foods",
        "domain": "harbor.example",
    },
    "deal": {
        "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d",
        "name": "Harbor rollout",
        "pipeline_id": "pip_06b1qz3v1w7g2m5n8p0r4t6x9p",
        "stage": "proposal",
        "status": "open",
        "amount": {"amount_minor": 4_800_000, "currency": "EUR"},
        "company_id": "com_06b1qz3v1w7g2m5n8p0r4t6x9m",
        "contact_ids": ["con_06b1qz3v1w7g2m5n8p0r4t6x9c"],
    },
    "merge": examples_of_relations.EXAMPLES["Merge"],
    "association": {
        "id": "ass_06b1qz3v1w7g2m5n8p0r4t6x9s",
        "label": "champion",
        "inverse_label": "championed_by",
        "links": [
            {"type": "contact", "id": "con_06b1qz3v1w7g2m5n8p0r4t6x9c"},
            {"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"},
        ],
    },
    "automation": {
        "id": "aut_06b1qz3v1w7g2m5n8p0r4t6x9r",
        "name": "Won deals are handed over",
        "record_type": "deal",
        "when": ["deal.won"],
        "enabled": True,
    },
    "association_label": examples_of_relations.EXAMPLES["Label"],
    "pipeline": {
        "id": "pip_06b1qz3v1w7g2m5n8p0r4t6x9p",
        "name": "Renewals",
        "record_type": "deal",
        "stages": [
            {"key": "due", "name": "Due", "kind": "open", "probability": 60, "state": "active"},
            {
                "key": "renewed",
                "name": "Renewed",
                "kind": "won",
                "probability": 100,
                "state": "active",
            },
            {"key": "lost", "name": "Lost", "kind": "lost", "probability": 0, "state": "active"},
        ],
    },
    "view": examples_of_views.EXAMPLES["View"],
    "record_settings": {
        "id": "rst_06b1qz3v1w7g2m5n8p0r4t6x9x",
        "phone_region": "DE",
        "duplicates": {"contact": "warn", "company": "off", "lead": "off"},
        "link_companies_by_domain": "link",
    },
    "field": {
        "id": "fld_06b1qz3v1w7g2m5n8p0r4t6x9f",
        "record_type": "company",
        "name": "segment",
        "label": "Segment",
        "type": "enum",
        "sensitivity": "internal",
    },
    "product": {
        "id": "prd_06b1qz3v1w7g2m5n8p0r4t6x9q",
        "name": "Team plan",
        "sku": "RL-TEAM-1",
        "price": {"amount_minor": 49_900, "currency": "EUR"},
    },
    "exchange_rates": {"id": "exr_06b1qz3v1w7g2m5n8p0r4t6x9x", "base_currency": "EUR"},
    "import": {
        "id": "job_06b1qz3v1w7g2m5n8p0r4t6x9j",
        "record_type": "contact",
        "state": "running",
        "filename": "people.csv",
    },
    "export": {
        "id": "job_06b1qz3v1w7g2m5n8p0r4t6x9f",
        "record_type": "contact",
        "state": "running",
        "format": "csv",
    },
    "activity": {
        "id": "act_06b1qz3v1w7g2m5n8p0r4t6x9n",
        "type": "task",
        "subject": "Send Harbor the offer",
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "links": _LINKS,
        "task": {"due_date": "2026-11-27", "time_zone": "Europe/Berlin", "priority": "high"},
        "status": "open",
        "due_at": "2026-11-27T23:00:00.000Z",
    },
    **events_of_videos.RECORDS,
}
_MOVE = {
    "from_pipeline_id": "pip_06b1qz3v1w7g2m5n8p0r4t6x9p",
    "from_stage": "negotiation",
    "time_in_stage_ms": 86_400_000,
}
# What an event's name says of the record: its state now, and what it was before.
_NOW: dict[str, dict[str, Any]] = {
    **events_of_leads.NOW,
    "automation.emitted": {
        "name": "handover.wanted",
        "payload": {"urgent": True},
        "record": {"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"},
    },
    "member.invited": {"state": "invited"},
    "member.deactivated": {
        "state": "deactivated",
        "reassign_to": "mem_06b1qz3v1w7g2m5n8p0r4t6x9g",
    },
    "deal.stage_moved": {"last_move": {**_MOVE, "from_stage": "qualification"}},
    "deal.won": {
        "stage": "won",
        "status": "won",
        "last_move": _MOVE,
        "closed_at": "2026-11-22T21:59:17.123Z",
    },
    "deal.lost": {
        "stage": "lost",
        "status": "lost",
        "last_move": _MOVE,
        "closed_at": "2026-11-22T21:59:17.123Z",
        "loss_reason": "Went with a competitor.",
    },
    "contact.merged": {"merged_into": "con_06b1qz3v1w7g2m5n8p0r4t6x9d"},
    "company.merged": {"merged_into": "com_06b1qz3v1w7g2m5n8p0r4t6x9d"},
    "deal.merged": {"merged_into": "dea_06b1qz3v1w7g2m5n8p0r4t6x9g"},
    "lead.merged": {"merged_into": "led_06b1qz3v1w7g2m5n8p0r4t6x9g"},
    "merge.videos_moved": {"videos": 2, "videos_back": 2},
    "merge.completed": {"state": "done"},
    "merge.undo_started": {"state": "undoing"},
    "merge.undo_completed": {"state": "undone"},
    "pipeline.archived": {"archived_at": "2026-11-22T21:59:17.123Z"},
    "activity.completed": {"status": "done", "done_at": "2026-11-23T09:00:00.000Z"},
    "activity.cancelled": {"status": "cancelled"},
    "import.created": {"state": "waiting"},
    "import.received": {"state": "ready"},
    "import.updated": {"state": "cancelling"},
    "import.previewed": {"state": "ready"},
    "import.completed": {
        "state": "done",
        "result": {"rows": 1_203, "created": 1_180, "failed": 23},
    },
    "import.cancelled": {"state": "cancelled"},
    "import.failed": {"state": "failed"},
    "import.reverted": {
        "state": "reverted",
        "result": {"rows": 1_203, "created": 1_180, "failed": 23, "reverted": 1_180},
    },
    "export.updated": {"state": "cancelling"},
    "export.completed": {"state": "done", "rows": 1_180},
    "export.cancelled": {"state": "cancelled"},
    "export.failed": {"state": "failed"},
    **events_of_videos.NOW,
}
_BEFORE: dict[str, dict[str, Any]] = {
    **events_of_videos.BEFORE,
    **events_of_leads.BEFORE,
    "import.updated": {"state": "running"},
    "export.updated": {"state": "running"},
    "api_key.updated": {"name": "Sync"},
    "role.updated": {"visibility": "own"},
    "team.updated": {"name": "North-west"},
    "workspace.updated": {"name": "Harbor"},
    "member.updated": {"role": "viewer"},
    "contact.updated": {"email": "d.reed@harbor.example"},
    "company.updated": {"domain": None},
    "deal.updated": {"name": "Harbor"},
    "deal.stage_moved": {"stage": "qualification", "last_move": None},
    "merge.videos_moved": {"videos_back": 0},
    "deal.won": {"stage": "negotiation", "status": "open", "last_move": None, "closed_at": None},
    "deal.lost": {
        "stage": "negotiation",
        "status": "open",
        "last_move": None,
        "closed_at": None,
        "loss_reason": None,
    },
    "pipeline.updated": {"name": "Renewal"},
    "view.updated": {"sharing": "private"},
    "record_settings.updated": {"phone_region": None},
    "field.updated": {"label": "Size"},
    "product.updated": {"name": "Team"},
    "exchange_rates.updated": {"base_currency": "USD"},
    "activity.updated": {"subject": "Send the offer"},
    "association.updated": {"label": "influencer", "inverse_label": "influenced_by"},
    "automation.updated": {"enabled": False},
    "association_label.updated": {"title": "Mentor"},
}
# What an event is about, where its name says it more narrowly.
_KINDS = {"task": "activity"}
_MEANING = {
    "id": "The event's own id: a consumer that has seen it may ignore it.",
    "type": "The event's name.",
    "occurred_at": "RFC 3339, UTC, milliseconds.",
    "workspace": "The tenant.",
    "actor": "Who did it.",
    "source": "How it came about: api, pipeline, import, automation, ai.",
    "subject": "The record it is about.",
    "request_id": "The request that caused it.",
}
_TEXT = {"type": "string"}
_PAIR = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {"type": _TEXT, "id": _TEXT},
}


class _Schema(GenerateJsonSchema):
    """Names no titles: they only repeat the fields' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def catalogue() -> dict[str, Any]:
    """Return the whole catalogue as it is committed."""
    return {
        "about": "Events on the bus `reelate-<stage>`. Within `.v1` a payload only gains fields.",
        "events": [
            {
                "name": name,
                "source": published.source,
                "detail_type": detail_type(name),
                "since": published.since,
                "meaning": published.meaning,
                "schema": schema(name, published),
                "example": example(name),
            }
            for name, published in sorted(CATALOGUE.items())
        ],
    }


def schema(name: str, published: Published) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of an event's `detail`."""
    data = published.payload.model_json_schema(schema_generator=_Schema, mode="serialization")
    definitions = data.pop("$defs", {})
    properties: dict[str, Any] = {
        field: {**(_PAIR if field in ("actor", "subject") else _TEXT), "description": meaning}
        for field, meaning in _MEANING.items()
    }
    properties["type"]["const"] = name
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": [*_MEANING, "data"],
        "properties": {
            **properties,
            "data": {**data, "description": "The public part of the record after the write."},
            "previous": {
                "type": "object",
                "description": "The old values of what the write changed in `data`.",
            },
        },
    }
    return {**made, "$defs": definitions} if definitions else made


def example(name: str) -> dict[str, Any]:
    """Return an event's `detail`, made by the very function that makes real ones."""
    kind = _KINDS.get(name.split(".")[0], name.split(".")[0])
    new = {"object": kind, "version": 1, **_RECORDS[kind], **_NOW.get(name, {})}
    old = None
    if name in _BEFORE:
        old = {**new, **_BEFORE[name]}
        new["version"] = 2
    stamped = {
        "id": "evt_06b1qz3v1w7g2m5n8p0r4t6x9e",
        "type": name,
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "actor": {"type": "api_key", "id": _RECORDS["api_key"]["id"]},
        "source": "pipeline" if name in ("video.ready", "video.failed") else "api",
        "request_id": "0b9e7c1e-5a52-4a0e-8f57-0d7a6c2b1f10",
    }
    return envelope(_WORKSPACE, stamped, new, old)


def text() -> str:
    """Return the committed file's content."""
    return json.dumps(catalogue(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
