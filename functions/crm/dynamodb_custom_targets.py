"""The custom fields of a workspace as targets of an import."""

from collections.abc import Mapping
from functools import partial

from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.import_targets import Kind
from functions.crm.reception import CustomTargets
from functions.shared.table import Table

_KINDS: Mapping[str, Kind] = {
    "number": "number", "boolean": "boolean", "multi_enum": "list", "date": "day",
    "datetime": "instant",
}  # fmt: skip


def custom_targets(table: Table, record_type: str) -> CustomTargets:
    """Return the custom fields of a record type (no request, or 1 Query once in 30 s)."""
    defined = definitions_of(table, record_type, ())
    known = defined.of(record_type)
    return CustomTargets(
        {name: _KINDS.get(field.type, "text") for name, field in known.items()},
        {name: field.label for name, field in known.items()},
        {
            name: partial(field.checked, region=defined.phone_region)
            for name, field in known.items()
            if field.unique
        },
    )
