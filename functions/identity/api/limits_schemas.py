"""What /v1/usage and /v1/limits show."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.limits import Kind, Period


class QuotaUsage(BaseModel):
    """How much of one quota is gone."""

    kind: Kind
    period: Period
    used: int
    reserved: int = Field(description="Set aside for what is going on; settled when it ends.")
    limit: int
    reset_at: str | None = Field(description="When it begins at nothing again; null: never.")


class WorkspaceUsage(BaseModel):
    """What a workspace has used of its quotas in a month."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "usage",
                    "month": "2026-11",
                    "data": [
                        {
                            "kind": "encoded_minutes", "period": "month", "used": 41,
                            "reserved": 2, "limit": 10_000,
                            "reset_at": "2026-12-01T00:00:00.000Z",
                        },
                    ],
                }
            ]
        }
    )  # fmt: skip

    object: Literal["usage"] = "usage"
    month: str
    data: list[QuotaUsage]


class RateView(BaseModel):
    """A token bucket: tokens that are there at once, and that flow in each second."""

    burst: int
    per_second: float


class Rates(BaseModel):
    """The limits of a credential, and of all credentials of the workspace together."""

    principal: RateView
    workspace: RateView


class Costs(BaseModel):
    """Tokens that a request takes; an operation's own is its `x-rate-cost` in the document."""

    read: int
    write: int
    batch: int
    open_upload: int
    start_run: int


class QuotaView(BaseModel):
    """A quota, and whether it is what there is at any time or what a month uses up."""

    kind: Kind
    period: Period
    limit: int


class Sizes(BaseModel):
    """How large a request may be."""

    body_bytes: int
    batch_operations: int
    page_default: int
    page_max: int


class WorkspaceLimits(BaseModel):
    """All limits that hold for the workspace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "limits",
                    "rates": {
                        "principal": {"burst": 200, "per_second": 50},
                        "workspace": {"burst": 800, "per_second": 200},
                    },
                    "costs": {
                        "read": 1, "write": 2, "batch": 50, "open_upload": 10, "start_run": 10,
                    },
                    "quotas": [{"kind": "encoded_minutes", "period": "month", "limit": 10_000}],
                    "sizes": {
                        "body_bytes": 1_000_000, "batch_operations": 100,
                        "page_default": 25, "page_max": 100,
                    },
                }
            ]
        }
    )  # fmt: skip

    object: Literal["limits"] = "limits"
    rates: Rates
    costs: Costs
    quotas: list[QuotaView]
    sizes: Sizes
