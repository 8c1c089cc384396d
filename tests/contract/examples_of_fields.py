"""Examples of custom fields and of the schemas that they are part of."""

from typing import Any

_FIELD = {
    "record_type": "company",
    "name": "segment",
    "label": "Segment",
    "description": "How large its customers are.",
    "type": "enum",
    "required": False,
    "unique": False,
    "indexed": True,
    "sensitivity": "internal",
    "options": [
        {"value": "smb", "label": "Small and medium", "archived": False},
        {"value": "enterprise", "label": "Enterprise", "archived": False},
    ],
    "references": None,
}

EXAMPLES: dict[str, Any] = {
    "RecordSettings": {
        "id": "rst_06b1qz3v1w7g2m5n8p0r4t6x9x",
        "object": "record_settings",
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
        "version": 2,
        "phone_region": "DE",
        "duplicates": {"contact": "warn", "company": "off", "lead": "off"},
        "link_companies_by_domain": "link",
    },
    "RecordSettingsPatch": {
        "phone_region": "DE",
        "duplicates": {"contact": "warn"},
        "link_companies_by_domain": "link",
    },
    "FieldDefinition": {
        "id": "fld_06b1qz3v1w7g2m5n8p0r4t6x9f",
        "object": "field",
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"},
        "version": 1,
        **_FIELD,
    },
    "FieldPatch": {"label": "Market segment", "required": True},
    "NewField": _FIELD,
    "RecordSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Company",
        "type": "object",
        "properties": {
            "name": {"title": "Name", "type": "string"},
            "custom": {
                "title": "Custom",
                "type": "object",
                "properties": {
                    "segment": {
                        "title": "Segment",
                        "type": "string",
                        "oneOf": [{"const": "smb", "title": "Small and medium"}],
                        "x-sensitivity": "internal",
                    }
                },
                "additionalProperties": False,
            },
        },
        "required": ["id", "object", "name"],
    },
}
