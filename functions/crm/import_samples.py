"""Sample files: what an import of each type of record takes as it stands."""

from functions.crm import spreadsheet_cells
from functions.crm.import_targets import CUSTOM, targets_of
from functions.crm.reception import CustomTargets
from functions.crm.target_table import Target

# ids of one's own workspace
_LEFT_OUT = frozenset(
    {"id", "owner_id", "team_id", "company_id", "contact_ids", "links", "pipeline_id"}
)
_OF_KIND = {"number": "12.5", "boolean": "yes"}  # of custom fields


def sample_of(record_type: str, custom: CustomTargets) -> str:
    """Return a CSV file with a header of every field, and a record."""
    known = targets_of(record_type, custom.kinds)
    shown = [each for name, each in known.items() if name not in _LEFT_OUT]
    head = [custom.labels.get(each.name, each.name.removeprefix(CUSTOM)) for each in shown]
    return spreadsheet_cells.lines([head, [_example(each) for each in shown]])


def _example(target: Target) -> str:
    custom = target.name.startswith(CUSTOM)
    return target.example or (_OF_KIND.get(target.kind, "") if custom else "")
