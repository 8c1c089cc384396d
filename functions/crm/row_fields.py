"""What a row of a file may say of a record besides what a request may: in which stage it is, by key
or by name; whether a task is done."""

from typing import Annotated, Any

from pydantic import (
    StringConstraints,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from functions.crm.activity_fields import ActivityFields, ActivityPatch, ActivityType
from functions.crm.fields import DealPatch, Fields, NewDealFields
from functions.crm.lead_fields import LeadPatch, NewLeadFields
from functions.crm.model import TaskStatus
from functions.crm.pipelines import LossReason

# A key or an id, or a name: the store knows which (`dynamodb_bulk_types`).
_Named = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"\S")
]
STAGING = ("pipeline_id", "stage", "loss_reason")


class DealRow(NewDealFields):
    pipeline_id: _Named | None = None
    stage: _Named | None = None


class DealRowPatch(DealPatch):
    pipeline_id: _Named | None = None
    stage: _Named | None = None
    loss_reason: LossReason | None = None


class LeadRow(NewLeadFields):
    pipeline_id: _Named | None = None
    stage: _Named | None = None


class LeadRowPatch(LeadPatch):
    pipeline_id: _Named | None = None
    stage: _Named | None = None
    loss_reason: LossReason | None = None


_DIRECTED = ("call", "email", "message")
_OWN = (*_DIRECTED, "meeting")


class ActivityRow(ActivityFields):
    status: TaskStatus | None = None

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, told: Any) -> Any:
        """What its type has of its own is there, so that what is missing of it can be told."""
        kind = told.get("type")
        return _directed({**told, kind: told.get(kind) or {}}) if kind in _OWN else told

    @field_validator("status")
    @classmethod
    def _of_a_task(cls, status: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("type")
        if status is not None and kind not in (None, "task"):
            raise ValueError(f"A {kind} is nothing to be done.")
        return status


def _directed(told: dict[str, Any]) -> dict[str, Any]:
    """Put a direction where the activity's type has it."""
    kind = told.get("type")
    if "direction" not in told or kind not in _DIRECTED:
        return told
    rest = {name: value for name, value in told.items() if name != "direction"}
    return {**rest, kind: {"direction": told["direction"], **(told.get(kind) or {})}}


_NESTED: dict[str, Any] = {"nested": model_validator(mode="before")(_directed)}
ActivityRowPatch: type[Fields] = create_model(
    "ActivityRowPatch",
    __base__=ActivityPatch,
    __module__=__name__,
    __validators__=_NESTED,
    type=(ActivityType | None, None),
    status=(TaskStatus | None, None),
)
