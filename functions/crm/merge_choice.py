"""What may be chosen of records that are merged, and how a choice is refused."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, model_validator

from functions.crm.fields import Fields
from functions.shared.errors import FieldProblem, InvalidError

Id = Annotated[str, StringConstraints(max_length=40)]


class Choice(Fields):
    """What a field shall be: as one of the records has it, or a value of its own."""

    from_: Id | None = Field(default=None, alias="from")
    value: Any = None

    @model_validator(mode="after")
    def _one(self) -> "Choice":
        if len(self.model_fields_set & {"from_", "value"}) != 1:
            raise ValueError("Give `from` or `value`, one of the two.")
        return self


Choices = Mapping[str, Choice]  # by the fields' names


def pointer_to(name: str) -> str:
    """Return where the choice of a field stands in the request."""
    return f"/fields/{name.replace('~', '~0').replace('/', '~1')}"


def refused(pointer: str, code: str, sentence: str) -> InvalidError:
    """Return the refusal of a choice."""
    return InvalidError(
        "The fields cannot be chosen like this; see `errors`.",
        code=code,
        errors=[FieldProblem(pointer, code, sentence)],
    )


def chosen_from(choice: Choice, pointer: str, records: Mapping[str, Any]) -> Any:
    """Return the record that a choice is from; raises InvalidError when it is not among these."""
    if choice.from_ is None or choice.from_ not in records:
        raise refused(f"{pointer}/from", "unknown_reference", "It is not among `ids`.")
    return records[choice.from_]


def plain(value: Any) -> Any:
    """Return a record's value as a body would have it."""
    return value.model_dump() if isinstance(value, BaseModel) else value
