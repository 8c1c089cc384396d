"""The records, and what they were before, of the examples of events about leads and their rules."""

from typing import Any

from tests.contract.examples_of_leads import EXAMPLES

_MADE = EXAMPLES["ConversionView"]["lead"]
_LATER = {name: _MADE[name] for name in ("converted_at", "converted_to")}
_MOVED = {
    name: _MADE[name] for name in ("stage", "status", "stage_entered_at", "last_move", "closed_at")
}
_STAYED = {name: EXAMPLES["Lead"][name] for name in _MOVED}
_LOST = {"stage": "disqualified", "status": "lost", "loss_reason": "No budget."}

RECORDS: dict[str, dict[str, Any]] = {
    "lead": EXAMPLES["Lead"],
    "scoring_rule": EXAMPLES["ScoringRule"],
    "assignment_rule": EXAMPLES["AssignmentRule"],
    "lead_source": EXAMPLES["LeadSource"],
}
NOW: dict[str, dict[str, Any]] = {
    "lead.stage_moved": {"stage": "qualified", "last_move": _MADE["last_move"]},
    "lead.won": _MOVED,
    "lead.lost": {**_MOVED, **_LOST},
    "lead.converted": {**_MOVED, **_LATER},
}
BEFORE: dict[str, dict[str, Any]] = {
    "lead.updated": {"title": "Operations"},
    "lead.stage_moved": {"stage": "working", "last_move": None},
    "lead.won": _STAYED,
    "lead.lost": {**_STAYED, "loss_reason": None},
    "scoring_rule.updated": {"name": "Web form"},
    "assignment_rule.updated": {"active": False},
    "lead_source.updated": {"name": "Fair"},
}
