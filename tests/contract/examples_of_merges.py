"""Examples of merges of other records than contacts, which have the models of those."""

from typing import Any

from tests.contract.examples import EXAMPLES

# operation -> the record's model, and what is chosen of it
_OTHERS = {
    "merge_companies": ("Company", {"domain": "from"}),
    "merge_deals": ("Deal", {"line_items": "from"}),
    "merge_leads": ("Lead", {"phone": "from"}),
}


def of_operation(operation: str, made: Any) -> Any:
    """Return an operation's example: `made`, its model's own, or that of the records it merges."""
    if operation not in _OTHERS or not isinstance(made, dict):
        return made
    model, chosen = _OTHERS[operation]
    record = EXAMPLES[model]
    winner, loser = record["id"], record["id"][:-1] + "z"
    if "ids" in made:
        return {"ids": [winner, loser], "fields": {n: {how: loser} for n, how in chosen.items()}}
    if made.get("object") == "merge":
        kind = record["object"]
        return {**made, "record_type": kind, "winner_id": winner, "loser_ids": [loser]}
    if made.get("object") == "merge_preview":
        taken_in = {"version": 2, "merged_ids": [loser]}
        return {**made, "record": {**record, **taken_in}}
    return made
