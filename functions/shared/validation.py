"""Pydantic's findings as the refusals that callers read: JSON pointers, codes, sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from functions.shared.errors import FieldProblem, InvalidError

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], values: Mapping[str, Any]) -> M:
    """Return `values` as a `model`; raises InvalidError, which names every fault."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False)) from error


def refusal(faults: Iterable[Mapping[str, Any]]) -> InvalidError:
    """Return pydantic's list of faults as one refusal."""
    return InvalidError(
        "The request has invalid fields; see `errors`.",
        errors=[
            FieldProblem(
                pointer(fault["loc"]), fault["type"], fault["msg"].removeprefix("Value error, ")
            )
            for fault in faults
        ],
    )


def pointer(location: Sequence[int | str]) -> str:
    """Turn pydantic's location into a JSON pointer (RFC 6901); `body` itself is the root."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
