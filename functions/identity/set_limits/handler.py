"""λ set_limits: how operators give a workspace its rates and quotas, through IAM alone: nobody
inside a workspace can raise what it may spend."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.identity.dynamodb import Workspaces
from functions.identity.settings import SetLimitsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.limits import MAX_BURST, MAX_PER_SECOND, MAX_QUOTA, Kind, Rate
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.shared.workspace_settings import change, read

Quota = Annotated[int, Field(ge=0, le=MAX_QUOTA)]


class RateChange(BaseModel):
    """A rate; the burst holds what flows in within a second at least, for a refused caller is told
    to come back in whole seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: float = Field(gt=0, le=MAX_PER_SECOND)
    burst: int = Field(ge=1, le=MAX_BURST)

    @model_validator(mode="after")
    def _a_second_fits(self) -> Self:
        if self.burst < self.per_second:
            raise ValueError("burst must be at least per_second")
        return self


class Request(BaseModel):
    """The operator's words. What is not named stays; null takes it back to the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    principal_rate: RateChange | None = None
    workspace_rate: RateChange | None = None
    quotas: dict[Kind, Quota | None] = {}

    def values(self) -> dict[str, Any]:
        """Return the settings to change by their names."""
        found: dict[str, Any] = {f"quota_{kind}": value for kind, value in self.quotas.items()}
        for whose in ("principal", "workspace"):
            if f"{whose}_rate" in self.model_fields_set:
                rate = getattr(self, f"{whose}_rate")
                found[f"{whose}_per_second"] = rate and rate.per_second
                found[f"{whose}_burst"] = rate and rate.burst
        return found


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return what holds now: `{workspace, principal_rate, workspace_rate, quotas}`. Rates are
    heeded everywhere within a minute, quotas at once. Raises NotFoundError for no workspace."""
    request = Request.model_validate(event)
    settings = SetLimitsSettings.from_env()
    annotate(workspace=request.workspace)
    request_id = getattr(context, "aws_request_id", "unknown")
    caller = Caller.pipeline(request.workspace, request_id)
    database = client("dynamodb")
    Workspaces(Table(database, settings.identity_table, request.workspace), caller).get(
        request.workspace
    )
    platform = Table(database, settings.platform_table, request.workspace)
    holds = read(change(platform, request.values()), settings.stage)
    return {
        "workspace": request.workspace,
        "principal_rate": _shown(holds.principal_rate),
        "workspace_rate": _shown(holds.workspace_rate),
        "quotas": dict(holds.quotas),
    }


def _shown(rate: Rate) -> dict[str, float]:
    return {"per_second": rate.per_second, "burst": rate.burst}
