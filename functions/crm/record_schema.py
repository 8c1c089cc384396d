"""A workspace's type of record as JSON Schema 2020-12, custom fields included."""

from collections.abc import Mapping
from typing import Any

from functions.crm.definitions import Definitions, FieldDefinition
from functions.crm.model import CrmRecord
from functions.crm.values import MAX_CHOICES, MAX_TEXT, RECORD_PREFIXES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPES: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
    "number": {"type": "number", "minimum": -1e100, "maximum": 1e100},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "url": {"type": "string", "format": "uri", "maxLength": MAX_TEXT},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "phone": {"type": "string", "pattern": r"^\+[1-9][0-9]{1,14}$"},
}


def record_schema(kind: type[CrmRecord], definitions: Definitions) -> dict[str, Any]:
    """Return the schema of a kind of record as the API shows it."""
    schema = kind.model_json_schema(mode="serialization")
    schema["$schema"] = DIALECT
    fields = definitions.of(kind.OBJECT)
    schema["properties"]["custom"] = {
        "title": "Custom",
        "type": "object",
        "description": "The workspace's own fields; those without a value are left out.",
        "properties": {name: field_schema(fields[name]) for name in sorted(fields)},
        "additionalProperties": False,
    }
    return schema


def field_schema(field: FieldDefinition) -> dict[str, Any]:
    """Return the schema of a custom field's values.

    A required field is told by `x-required`, not by the schema's `required`: records that are
    older than the rule need have no value.
    """
    return {
        "title": field.label,
        **({"description": field.description} if field.description else {}),
        **_values(field),
        "x-field-id": field.id,
        "x-type": field.type,
        "x-required": field.required,
        "x-unique": field.unique,
        "x-indexed": field.indexed,
        "x-sensitivity": field.sensitivity,
    }


def _values(field: FieldDefinition) -> dict[str, Any]:
    options = [
        {"const": each.value, "title": each.label} | ({"deprecated": True} if each.archived else {})
        for each in field.options or ()
    ]
    match field.type:
        case "enum":
            return {"type": "string", "oneOf": options}
        case "multi_enum":
            items = {"type": "string", "oneOf": options}
            return {
                "type": "array", "items": items, "uniqueItems": True, "maxItems": MAX_CHOICES,
            }  # fmt: skip
        case "reference":
            prefix = RECORD_PREFIXES[str(field.references)]
            return {
                "type": "string",
                "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$",
                "x-references": field.references,
            }
    return _TYPES[field.type]
