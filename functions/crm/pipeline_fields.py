"""What callers may write of pipelines, with its bounds."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from functions.crm.fields import Fields
from functions.crm.pipelines import (
    MAX_REQUIRED,
    MAX_STAGES,
    LossReason,
    PipelineId,
    RecordType,
    StageKey,
    StageKind,
    key_of,
)
from functions.shared.validation import untold

_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"\S")
]
_FieldName = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z][a-z_]{0,39}|custom\.[A-Za-z][A-Za-z0-9_.-]{0,63})$"),
    Field(description="A field of the record, or `custom.<name>`.", examples=["amount"]),
]


class StageFields(Fields):
    """A stage as it is sent; without a `key` it gets one made of its name."""

    key: StageKey | None = None
    name: _Name
    kind: StageKind
    probability: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None,
        description="Of winning, in percent; left out: 100 when won, 0 when lost, else 50.",
    )
    required_fields: Annotated[list[_FieldName], Field(max_length=MAX_REQUIRED)] = Field(
        default_factory=list, description="What a record must have set to enter the stage."
    )

    def whole(self) -> dict[str, Any]:
        """Return the stage with what was left out."""
        odds = {"won": 100, "lost": 0, "open": 50}[self.kind]
        return {
            "key": self.key or key_of(self.name),
            "name": self.name,
            "kind": self.kind,
            "probability": odds if self.probability is None else self.probability,
            "required_fields": list(dict.fromkeys(self.required_fields)),
        }


_Stages = Annotated[list[StageFields], Field(min_length=3, max_length=MAX_STAGES)]


class PipelineFields(Fields):
    """A new pipeline; at least one stage of each kind."""

    name: _Name
    record_type: RecordType = "deal"
    stages: _Stages
    loss_reason_required: bool = False


class PipelinePatch(Fields):
    """What changes; `stages` are all active stages in their new order."""

    name: _Name = Field(default_factory=untold)
    stages: _Stages = Field(default_factory=untold)
    loss_reason_required: bool = Field(default_factory=untold)


class StageArchiveFields(Fields):
    """Where the records of an archived stage go."""

    moves_to: StageKey


class Position(Fields):
    """Where in its new column a record goes: right after, or right before, another one."""

    after: Annotated[str, StringConstraints(max_length=40)] | None = None
    before: Annotated[str, StringConstraints(max_length=40)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Position":
        if (self.after is None) == (self.before is None):
            raise ValueError("Name one record: `after` or `before`.")
        return self


class MoveFields(Fields):
    """Where a record goes."""

    stage: StageKey
    pipeline_id: PipelineId | None = Field(
        default=None, description="Another pipeline; left out: the one it is in."
    )
    position: Position | None = Field(default=None, description="Left out: on top.")
    loss_reason: LossReason | None = Field(
        default=None, description="Why it was lost; for a stage of kind `lost` alone."
    )
