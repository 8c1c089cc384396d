"""Examples of bodies, by the name of their schema, where a model has none of its own. They tell
one story; a test holds them against their schemas."""

from typing import Any

from functions.crm.pipelines import born_with
from functions.shared.policy import ROLES
from tests.contract import (
    examples_of_automations,
    examples_of_bulk,
    examples_of_fields,
    examples_of_leads,
    examples_of_relations,
    examples_of_sales,
    examples_of_videos,
    examples_of_views,
)

_COMPANY = "com_06b1qz3v1w7g2m5n8p0r4t6x9m"
_CONTACT = "con_06b1qz3v1w7g2m5n8p0r4t6x9c"
_DEAL = "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"
_MEMBER, _TEAM = "mem_06b1qz3v1w7g2m5n8p0r4t6x9p", "tea_06b1qz3v1w7g2m5n8p0r4t6x9t"
_PIPELINE = born_with("ws_06b1qz3v1w7g2m5n8p0r4t6x9a")[0].model_dump(mode="json")
_ACTOR = {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"}
_LINK = {"type": "deal", "id": _DEAL}
_AMOUNT = {"amount_minor": 4_800_000, "currency": "EUR"}


def _record(record_id: str, kind: str) -> dict[str, Any]:
    return {
        "id": record_id,
        "object": kind,
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": _ACTOR,
        "version": 1,
    }


def _owned(record_id: str, kind: str) -> dict[str, Any]:
    return {**_record(record_id, kind), "owner_id": _MEMBER, "team_id": _TEAM}


_TOLD = {"external_id": "crm-4711", "tags": ["key account"]}
_CONTACT_FIELDS = {
    **_TOLD,
    "name": "Daniel Reed",
    "email": "daniel@harbor.example",
    "phone": "+49305550142",
    "title": "Head of Operations",
    "company_id": _COMPANY,
    "custom": {"newsletter": True},
}
_COMPANY_FIELDS = {
    **_TOLD,
    "name": "Harbor Foods",
    "domain": "harbor.example",
    "custom": {"size": 120},
}
_DEAL_FIELDS = {
    **_TOLD,
    "name": "Harbor rollout",
    "amount": _AMOUNT,
    "close_date": "2026-12-31",
    "company_id": _COMPANY,
    "contact_ids": [_CONTACT],
    "fx_rate": None,
    "probability": None,
    "custom": {},
}
_ACTIVITY_FIELDS = {
    **_TOLD,
    "type": "task",
    "subject": "Send Harbor the offer",
    "body": "They want to start in March.",
    "occurred_at": "2026-11-22T21:59:17.123Z",
    "links": [_LINK, {"type": "contact", "id": _CONTACT, "role": "decision_maker"}],
    "task": {
        "due_date": "2026-11-27",
        "due_time": "09:30",
        "time_zone": "Europe/Berlin",
        "priority": "high",
        "remind_before": 60,
    },
}
_API_KEY = {
    **_record(_ACTOR["id"], "api_key"),
    "name": "Nightly sync",
    "role": "rep",
    "scopes": ["contacts:read", "contacts:write"],
    "member_id": "mem_06b1qz3v1w7g2m5n8p0r4t6x9e",
    "mode": "live",
    "api_version": "2026-11-22",
    "hint": "x9Qk",
    "expires_at": None,
    "rotated_at": None,
    "overlap_ends_at": None,
    "last_used_at": "2026-11-23T09:00:00.000Z",
}
_WORKSPACE = "ws_06b1qz3v1w7g2m5n8p0r4t6x9a"
_PERSON = {
    **_record("mem_06b1qz3v1w7g2m5n8p0r4t6x9e", "member"),
    "email": "mira@harbor.example",
    "name": "Mira Vogel",
    "role": "rep",
    "team_ids": ["tea_06b1qz3v1w7g2m5n8p0r4t6x9t"],
    "state": "invited",
    "invitation_expires_at": "2026-11-29T21:59:17.123Z",
}
_MEMBERSHIP = {
    "object": "membership",
    "workspace": _WORKSPACE,
    "name": "Harbor Foods",
    "member_id": _PERSON["id"],
    "role": "rep",
    "current": True,
}
_CLIENT_FIELDS = {"name": "Data warehouse", "role": "viewer", "scopes": ["deals:read"]}
_UNMERGED: dict[str, Any] = {"merged_ids": [], "aliases": {}}
EXAMPLES: dict[str, Any] = {
    **examples_of_automations.EXAMPLES,
    **examples_of_fields.EXAMPLES,
    **examples_of_leads.EXAMPLES,
    **examples_of_relations.EXAMPLES,
    **examples_of_sales.EXAMPLES,
    **examples_of_videos.EXAMPLES,
    **examples_of_views.EXAMPLES,
    "Activity": {
        **_owned("act_06b1qz3v1w7g2m5n8p0r4t6x9n", "activity"),
        **_ACTIVITY_FIELDS,
        "status": "open",
        "due_at": "2026-11-27T08:30:00.000Z",
        "remind_at": "2026-11-27T07:30:00.000Z",
    },
    "ActivityFields": _ACTIVITY_FIELDS,
    "ActivityPatch": {"body": "They want to start in April.", "task": {"due_time": "14:00"}},
    **examples_of_bulk.EXAMPLES,
    "AuditEntryView": {
        "id": "evt_06b1qz3v1w7g2m5n8p0r4t6x9e",
        "object": "audit_entry",
        "type": "contact.updated",
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "recorded_at": "2026-11-22T21:59:17.391Z",
        "actor": _ACTOR,
        "member": "mem_06b1qz3v1w7g2m5n8p0r4t6x9m",
        "subject": {"type": "contact", "id": _CONTACT},
        "source": "api",
        "request_id": "0b6f8d5e-0000-4000-8000-000000000000",
        "address": "192.0.2.7",
        "agent": "curl/8.9.1",
        "detail": None,
        "changed": ["title"],
        "values": "shown",
        "before": {"title": "Head of Operations"},
        "after": {"title": "Chief Operating Officer"},
    },
    "ApiKeyView": _API_KEY,
    "ClientCreate": _CLIENT_FIELDS,
    "ClientView": {
        **_record("cli_06b1qz3v1w7g2m5n8p0r4t6x9f", "client"),
        **_CLIENT_FIELDS,
        "client_id": "4u8t1c7r2m5n9p0r4t6x9c3v1w",
    },
    "Company": {**_owned(_COMPANY, "company"), **_COMPANY_FIELDS, **_UNMERGED},
    "CompanyFields": _COMPANY_FIELDS,
    "CompanyPatch": {"domain": "harbor-foods.example"},
    "Contact": {**_owned(_CONTACT, "contact"), **_CONTACT_FIELDS, **_UNMERGED},
    "ContactFields": _CONTACT_FIELDS,
    "ContactPatch": {"title": "Chief Operating Officer", "phone": None},
    "Deal": {
        **_owned(_DEAL, "deal"),
        "pipeline_id": _PIPELINE["id"],
        "stage": "proposal",
        "status": "open",
        "stage_probability": 50,
        "rank": "UUU8MPy4a3y",
        "line_count": 0,
        "in_base": {
            "amount": _AMOUNT,
            "fx_rate": "1",
            "fx_rate_at": "2026-11-22T21:59:17.123Z",
        },
        "forecast": {
            "probability": 50,
            "amount": {"amount_minor": 2_400_000, "currency": "EUR"},
            "in_base": {"amount_minor": 2_400_000, "currency": "EUR"},
        },
        "stage_entered_at": "2026-11-22T21:59:17.123Z",
        "stage_entered_by": _ACTOR,
        "stage_source": "api",
        "last_move": {
            "from_pipeline_id": _PIPELINE["id"],
            "from_stage": "discovery",
            "time_in_stage_ms": 86_400_000,
        },
        "closed_at": None,
        "loss_reason": None,
        **_DEAL_FIELDS,
        **_UNMERGED,
    },
    "DealPatch": {"close_date": "2027-01-15", "amount": {"amount_minor": 5_200_000}},
    "Description": {
        "openapi": "3.1.0",
        "info": {"title": "Reelate", "version": "v1"},
        "paths": {},
    },
    "Deactivation": {"reassign_to": "mem_06b1qz3v1w7g2m5n8p0r4t6x9g"},
    "Health": {"status": "ok"},
    "InvitationAccept": {"token": "rl_invite_06b1qz3v_06b1qz3v_X4v9"},
    "MemberInvite": {
        "email": _PERSON["email"],
        "name": _PERSON["name"],
        "role": _PERSON["role"],
    },
    "MemberPatch": {"role": "viewer"},
    "MemberView": _PERSON,
    "MembershipView": _MEMBERSHIP,
    "Me": {
        "object": "me",
        "workspace": "ws_06b1qz3v1w7g2m5n8p0r4t6x9a",
        "actor": _ACTOR,
        "role": "viewer",
        "scopes": sorted(ROLES["viewer"]),
    },
    "MoveFields": {"stage": "proposal"},
    "Role": {
        **_record("rol_06b1qz3v1w7g2m5n8p0r4t6x9r", "role"),
        "name": "Support",
        "description": "Answers customers.",
        "scopes": ["contacts:read", "videos:read"],
        "visibility": "team",
        "built_in": False,
    },
    "Team": {
        **_record("tea_06b1qz3v1w7g2m5n8p0r4t6x9t", "team"),
        "name": "North",
        "description": "",
    },
    "NewDealFields": {**_DEAL_FIELDS, "stage": "qualification"},
    "PlaybackView": {
        "url": "https://api.example/v1/playback/eyJ2Ijoi.Zm9v/master.m3u8",
        "views_url": "https://api.example/v1/playback/eyJ2Ijoi.Zm9v/views",
        "expires_at": "2026-11-23T03:59:17.123Z",
    },
    "TimelineEntry": {
        "id": "evt_06b1qz3v1w7g2m5n8p0r4t6x9e",
        "object": "timeline_entry",
        "kind": "deal.stage_moved",
        "group": "stages",
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "actor": _ACTOR,
        "source": "api_key",
        "subject": {"type": "deal", "id": _DEAL},
        "data": {"id": _DEAL, "version": 2, "name": "Harbor rollout", "stage": "proposal"},
        "previous": {"stage": "qualification"},
    },
    "WorkspacePatch": {
        "name": "Harbor Food",
        "allowed_origins": ["https://app.harbor.example"],
        "video_source_retention_days": 30,
    },
    "WorkspaceView": {
        **_record(_WORKSPACE, "workspace"),
        "name": "Harbor Foods",
        "allowed_origins": [],
        "video_retention_days": None,
        "video_source_retention_days": 30,
    },
}
# What an upsert takes that a patch does not.
EXAMPLES |= {
    "ActivityUpsert": EXAMPLES["ActivityFields"],
    "DealUpsert": EXAMPLES["NewDealFields"],
}
