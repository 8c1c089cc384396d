"""A trial of an automation on one record: does its condition hold, on which facts, and what would
each action do? Nothing is done, and nobody is told."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.automation import Action
from functions.crm.fields import Fields


class TrialFields(Fields):
    """The record that an automation is tried on."""

    record_id: str = Field(
        pattern=r"^(con|com|dea|led|act)_[0-9a-hjkmnp-tv-z]{26}$",
        examples=["dea_06b1qz3v1w7g2m5n8p0r4t6x9d"],
    )


class Forecast(BaseModel):
    """What one action would do to the record as it is now, by itself."""

    model_config = ConfigDict(frozen=True)

    type: str
    outcome: Literal["would_act", "would_change_nothing", "would_fail"]
    reason: str | None = None  # the refusal's code
    changes: Mapping[str, Any] = Field(
        default_factory=dict, description="Fields of the record, of the task or of the event."
    )
    candidates: Sequence[str] = Field(
        default_factory=list, description="The members who are there, one of whom has the turn."
    )


class Trial(BaseModel):
    """What an automation would do on an event of a record now."""

    model_config = ConfigDict(frozen=True)

    object: str = "automation_trial"
    automation_id: str
    record: Mapping[str, str]
    enabled: bool
    holds: bool
    facts: Mapping[str, Any] = Field(
        description="What the condition reads, as it is; what is missing is null."
    )
    actions: Sequence[Forecast]


_PASSING = frozenset({"version", "updated_at"})


def changes(old: BaseModel, new: BaseModel) -> dict[str, Any]:
    """Return the fields in which a record would differ, as they would be."""
    before, after = (each.model_dump(mode="json", exclude=set(_PASSING)) for each in (old, new))
    return {name: value for name, value in after.items() if before.get(name) != value}


def emitted(action: Action) -> dict[str, Any]:
    """Return the event that an action would emit."""
    return {"name": action.name, "payload": dict(action.payload or {})}
