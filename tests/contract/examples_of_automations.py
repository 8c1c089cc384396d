"""Examples of automations and their runs."""

from typing import Any

_ID = "aut_06b1qz3v1w7g2m5n8p0r4t6x9r"
_FIELDS = {
    "name": "Won deals are handed over",
    "record_type": "deal",
    "when": ["deal.won"],
    "condition": {">": [{"var": "amount.amount_minor"}, 1_000_000]},
    "actions": [
        {"type": "create_task", "subject": "Hand the customer over", "due_in": 2_880},
        {"type": "add_tag", "tag": "handover"},
    ],
    "enabled": True,
}
EXAMPLES: dict[str, Any] = {
    "Automation": {
        "id": _ID,
        "object": "automation",
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
        "version": 1,
        **_FIELDS,
    },
    "AutomationFields": _FIELDS,
    "AutomationPatch": {"enabled": False},
    "Run": {
        "object": "automation_run",
        "automation_id": _ID,
        "event_id": "evt_06b1qz3v1w7g2m5n8p0r4t6x9e",
        "event_type": "deal.won",
        "record": {"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"},
        "occurred_at": "2026-11-22T21:59:17.123Z",
        "outcome": "failed",
        "reason": None,
        "chain": [],
        "actions": [
            {"type": "create_task", "outcome": "done", "reason": None},
            {"type": "add_tag", "outcome": "failed", "reason": "invalid"},
        ],
    },
    "TrialFields": {"record_id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"},
    "Trial": {
        "object": "automation_trial",
        "automation_id": _ID,
        "record": {"type": "deal", "id": "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"},
        "enabled": True,
        "holds": True,
        "facts": {"amount.amount_minor": 2_500_000},
        "actions": [
            {
                "type": "create_task",
                "outcome": "would_act",
                "reason": None,
                "changes": {"subject": "Hand the customer over"},
                "candidates": [],
            },
            {
                "type": "add_tag",
                "outcome": "would_act",
                "reason": None,
                "changes": {"tags": ["key account", "handover"]},
                "candidates": [],
            },
        ],
    },
}
