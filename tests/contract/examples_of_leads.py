"""Examples of leads, of the rules for them, and of what becomes of them."""

from typing import Any

_LEAD, _CONTACT = "led_06b1qz3v1w7g2m5n8p0r4t6x9z", "con_06b1qz3v1w7g2m5n8p0r4t6x9c"
_COMPANY, _DEAL = "com_06b1qz3v1w7g2m5n8p0r4t6x9m", "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"
_MEMBER, _TEAM = "mem_06b1qz3v1w7g2m5n8p0r4t6x9p", "tea_06b1qz3v1w7g2m5n8p0r4t6x9t"
_OTHER = "mem_06b1qz3v1w7g2m5n8p0r4t6x9e"
_SOURCE = "src_06b1qz3v1w7g2m5n8p0r4t6x9q"
_SCORING, _ASSIGNING = "sco_06b1qz3v1w7g2m5n8p0r4t6x9s", "asn_06b1qz3v1w7g2m5n8p0r4t6x9a"
_PIPELINE, _DEALS = "pip_06b1qz3v1w7g2m5n8p0r4t6x9l", "pip_06b1qz3v1w7g2m5n8p0r4t6x9s"
_ACTOR = {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"}
_MADE, _DONE = "2026-11-22T21:59:17.123Z", "2026-11-24T09:12:30.500Z"


def _record(record_id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": record_id,
        "object": kind,
        "created_at": _MADE,
        "updated_at": _MADE,
        "created_by": _ACTOR,
        "version": 1,
        **more,
    }


def _owned(record_id: str, kind: str, **more: Any) -> dict[str, Any]:
    return _record(
        record_id, kind, owner_id=_MEMBER, team_id=_TEAM, external_id=None, custom={}, **more
    )


_FIELDS = {
    "name": "Daniel Reed",
    "email": "daniel@harbor.example",
    "phone": "+493055501420",
    "title": "Head of Operations",
    "company_name": "Harbor Foods",
    "company_domain": "harbor.example",
    "website": "https://harbor.example",
    "source": "web_form",
    "source_detail": "Pricing page",
    "external_id": "form-8812",
    "tags": ["autumn-campaign"],
    "custom": {},
}
_STAGED = {
    "pipeline_id": _PIPELINE,
    "stage": "working",
    "status": "open",
    "rank": "UUO5MyTRkTW",
    "stage_entered_at": _MADE,
    "stage_entered_by": _ACTOR,
    "stage_source": "api",
    "last_move": None,
    "closed_at": None,
    "loss_reason": None,
}
_LEAD_SHOWN = {
    **_owned(_LEAD, "lead"),
    **_FIELDS,
    **_STAGED,
    "score": 35,
    "score_reasons": [{"rule_id": _SCORING, "name": "Came by the web form", "points": 35}],
    "assigned_by": {"rule_id": _ASSIGNING, "name": "Web forms to North"},
    "converted_at": None,
    "converted_to": None,
    "merged_ids": [],
    "aliases": {},
}
_CONDITION = {"==": [{"var": "source"}, "web_form"]}
_SCORING_FIELDS = {
    "name": "Came by the web form",
    "condition": _CONDITION,
    "points": 35,
    "active": True,
}
_TARGET = {
    "type": "list",
    "members": [{"member_id": _MEMBER, "weight": 2}, {"member_id": _OTHER, "weight": 1}],
    "team_id": _TEAM,
}
_ASSIGNING_FIELDS = {
    "name": "Web forms to North",
    "condition": _CONDITION,
    "position": 10,
    "target": _TARGET,
    "active": True,
}

_SOURCE_FIELDS = {
    "key": "trade_fair",
    "name": "Trade fair",
    "description": "Cards that were left at our stand.",
}
_COUNT = {
    "source": "trade_fair",
    "name": "Trade fair",
    "leads": 120,
    "open": 80,
    "won": 30,
    "lost": 10,
    "converted": 30,
    "conversion_rate": 0.25,
    "win_rate": 0.75,
}

EXAMPLES: dict[str, Any] = {
    "AssignmentRule": {
        **_record(_ASSIGNING, "assignment_rule"),
        **_ASSIGNING_FIELDS,
        "target": {**_TARGET, "member_id": None},
    },
    "AssignmentRuleFields": _ASSIGNING_FIELDS,
    "AssignmentRulePatch": {"position": 20},
    "ConversionView": {
        "object": "conversion",
        "dry_run": False,
        "lead": {
            **_LEAD_SHOWN,
            "version": 2,
            "stage": "converted",
            "status": "won",
            "stage_entered_at": _DONE,
            "last_move": {
                "from_pipeline_id": _PIPELINE,
                "from_stage": "working",
                "time_in_stage_ms": 126_793_377,
            },
            "closed_at": _DONE,
            "converted_at": _DONE,
            "converted_to": {
                "contact_id": _CONTACT,
                "company_id": _COMPANY,
                "deal_id": _DEAL,
                "created": ["contact", "deal"],
            },
        },
        "contact": {
            **_owned(_CONTACT, "contact", tags=["autumn-campaign"]),
            "name": "Daniel Reed",
            "email": "daniel@harbor.example",
            "phone": "+493055501420",
            "title": "Head of Operations",
            "company_id": _COMPANY,
        },
        "company": {
            **_owned(_COMPANY, "company", tags=[]),
            "name": "Harbor Foods",
            "domain": "harbor.example",
        },
        "deal": {
            **_owned(_DEAL, "deal", tags=[]),
            **_STAGED,
            "pipeline_id": _DEALS,
            "stage": "qualification",
            "name": "Harbor Foods",
            "amount": {"amount_minor": 4_800_000, "currency": "EUR"},
            "close_date": None,
            "company_id": _COMPANY,
            "contact_ids": [_CONTACT],
        },
        "created": ["contact", "deal"],
        "attached": ["company"],
    },
    "ConvertFields": {"deal": {"amount": {"amount_minor": 4_800_000, "currency": "EUR"}}},
    "Lead": _LEAD_SHOWN,
    "LeadPatch": {"title": "Chief Operating Officer", "phone": None},
    "LeadUpsert": {"name": "Daniel Reed", "source": "web_form", "tags": ["autumn-campaign"]},
    "NewLeadFields": _FIELDS,
    "LeadSource": {**_record(_SOURCE, "lead_source"), **_SOURCE_FIELDS, "archived": False},
    "LeadSourceFields": _SOURCE_FIELDS,
    "LeadSourcePatch": {"archived": True},
    "SourceCount": _COUNT,
    "SourceCounts": {"data": [_COUNT]},
    "ScoringRule": {**_record(_SCORING, "scoring_rule"), **_SCORING_FIELDS},
    "ScoringRuleFields": _SCORING_FIELDS,
    "ScoringRulePatch": {"points": 40},
}
