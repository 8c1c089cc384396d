"""What callers may write of a custom field's definition, and how much of it there may be."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from functions.crm.values import FieldType, RecordType
from functions.shared.validation import untold

# Of a record type. What is unique or references another record is one write more in each
# transaction, which DynamoDB ends at 100.
MAX_FIELDS, MAX_INDEXED, MAX_UNIQUE, MAX_REFERENCES = 100, 10, 10, 20
MAX_MADE = 1_000  # definitions of a record type ever made: each leaves its name behind
MAX_OPTIONS = 200

Sensitivity = Literal["public", "internal", "personal", "sensitive"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Option(_Strict):
    """A choice of an enum: `value` is for programs and stays, `label` is for people."""

    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    label: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    archived: bool = False


def _each_once(options: list[Option]) -> list[Option]:
    if len({each.value for each in options}) < len(options):
        raise ValueError("Two options have the same value.")
    return options


Options = Annotated[
    list[Option], Field(min_length=1, max_length=MAX_OPTIONS), AfterValidator(_each_once)
]
FieldName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$"),
    Field(description="In the `custom` of its records; never changes.", examples=["renewal_date"]),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
Description = Annotated[str, StringConstraints(max_length=500)]
RequiredFlag = Annotated[bool, Field(description="New records must have a value.")]
UniqueFlag = Annotated[bool, Field(description="A value occurs once in the workspace.")]
IndexedFlag = Annotated[
    bool, Field(description=f"For filters and sorts; at most {MAX_INDEXED} of a record type.")
]
Level = Annotated[
    Sensitivity,
    Field(description="Where values may go; `sensitive` ones are in no event, timeline or audit "
          "entry."),
]  # fmt: skip


class NewField(_Strict):
    """A definition as it is sent."""

    record_type: RecordType
    name: FieldName
    label: Label
    description: Description = ""
    type: FieldType
    required: RequiredFlag = False
    unique: UniqueFlag = False
    indexed: IndexedFlag = False
    sensitivity: Level = "internal"
    options: Options | None = None
    references: RecordType | None = None


class FieldPatch(_Strict):
    """What of a definition may change; `options` as a whole."""

    label: Label = Field(default_factory=untold)
    description: Description = Field(default_factory=untold)
    required: RequiredFlag = Field(default_factory=untold)
    indexed: IndexedFlag = Field(default_factory=untold)
    sensitivity: Level = Field(default_factory=untold)
    options: Options = Field(default_factory=untold)
