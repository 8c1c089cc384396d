"""Examples of pipelines, products, line items and exchange rates."""

from typing import Any

from functions.crm.pipelines import born_with

_DEAL = "dea_06b1qz3v1w7g2m5n8p0r4t6x9d"
_PIPELINE = born_with("ws_06b1qz3v1w7g2m5n8p0r4t6x9a")[0].model_dump(mode="json")
_ACTOR = {"type": "api_key", "id": "key_06b1qz3v1w7g2m5n8p0r4t6x9k"}


def _record(record_id: str, kind: str) -> dict[str, Any]:
    return {
        "id": record_id,
        "object": kind,
        "created_at": "2026-11-22T21:59:17.123Z",
        "updated_at": "2026-11-22T21:59:17.123Z",
        "created_by": _ACTOR,
        "version": 1,
    }


_PRODUCT_FIELDS = {
    "name": "Team plan",
    "sku": "RL-TEAM-1",
    "description": "Up to ten seats.",
    "price": {"amount_minor": 49_900, "currency": "EUR"},
    "billing": "monthly",
    "active": True,
    "external_id": None,
    "tags": [],
    "custom": {},
}
_LINE_FIELDS = {
    "description": "Onboarding, by the day",
    "quantity": "2.5",
    "unit_price": {"amount_minor": 120_000, "currency": "EUR"},
    "discount_percent": "10",
    "tax_percent": "19",
}

_SUM = {"currency": "EUR", "count": 2, "amount_minor": 9_600_000, "weighted_minor": 4_800_000}
_TOTALS = {"count": 2, "amounts": [_SUM], "in_base": [_SUM]}

EXAMPLES: dict[str, Any] = {
    "Board": {
        "object": "board",
        "pipeline_id": _PIPELINE["id"],
        "name": _PIPELINE["name"],
        "record_type": "deal",
        "columns": [
            {"stage": stage, "data": [], "next_cursor": None, "totals": _TOTALS}
            for stage in _PIPELINE["stages"]
        ],
    },
    "ExchangeRates": {
        **_record("exr_06b1qz3v1w7g2m5n8p0r4t6x9x", "exchange_rates"),
        "base_currency": "EUR",
        "rates": {"USD": "0.9215", "JPY": "0.00612"},
    },
    "RatesPatch": {"base_currency": "EUR", "rates": {"USD": "0.9215", "GBP": None}},
    "Product": {
        **_record("prd_06b1qz3v1w7g2m5n8p0r4t6x9q", "product"),
        "owner_id": None,
        "team_id": None,
        **_PRODUCT_FIELDS,
    },
    "ProductFields": _PRODUCT_FIELDS,
    "ProductPatch": {"price": {"amount_minor": 54_900, "currency": "EUR"}, "billing": "yearly"},
    "Line": {
        "id": "lin_06b1qz3v1w7g2m5n8p0r4t6x9h",
        "object": "line_item",
        "deal_id": _DEAL,
        "product_id": None,
        "sku": None,
        **_LINE_FIELDS,
        "total": {"amount_minor": 270_000, "currency": "EUR"},
        "tax": {"amount_minor": 51_300, "currency": "EUR"},
    },
    "LineFields": _LINE_FIELDS,
    "LinePatch": {"quantity": "3", "discount_percent": "0"},
    "Pipeline": _PIPELINE,
    "PipelineFields": {
        "name": "Renewals",
        "record_type": "deal",
        "stages": [
            {"name": "Due", "kind": "open", "probability": 60},
            {"name": "Offered", "kind": "open", "required_fields": ["amount", "close_date"]},
            {"name": "Renewed", "kind": "won"},
            {"name": "Cancelled", "kind": "lost"},
        ],
        "loss_reason_required": True,
    },
    "PipelinePatch": {"name": "New business", "loss_reason_required": True},
    "StageArchiveFields": {"moves_to": "discovery"},
    "Visit": {
        "object": "stage_visit",
        "pipeline_id": _PIPELINE["id"],
        "stage": "discovery",
        "entered_at": "2026-11-21T21:59:17.123Z",
        "left_at": "2026-11-22T21:59:17.123Z",
        "duration_ms": 86_400_000,
        "entered_by": _ACTOR,
        "source": "api",
        "loss_reason": None,
    },
}
