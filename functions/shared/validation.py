"""Pydantic's findings as the refusals that callers read: JSON pointers, codes, sentences."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from functions.shared.errors import FieldProblem, InvalidError

# A body may hold thousands of faults; a reply with all of them would not fit through Lambda.
MAX_FAULTS, _MAX_POINTER = 50, 500

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], values: Mapping[str, Any]) -> M:
    """Return `values` as a `model`; raises InvalidError, which names every fault."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False)) from error


# Where pydantic speaks of Python, JSON's words.
_WORDS = dict.fromkeys(
    ("dict_type", "model_type", "model_attributes_type", "mapping_type"), "This is not an object."
) | dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "This is not a list.")


def refusal(faults: Iterable[Mapping[str, Any]]) -> InvalidError:
    """Return pydantic's list of faults as one refusal."""
    return InvalidError(
        "The request has invalid fields; see `errors`.",
        errors=[
            FieldProblem(
                pointer(fault["loc"]),
                fault["type"],
                _WORDS.get(fault["type"]) or fault["msg"].removeprefix("Value error, "),
            )
            for fault in islice(faults, MAX_FAULTS)
        ],
    )


def pointer(location: Sequence[int | str]) -> str:
    """Turn pydantic's location into a JSON pointer (RFC 6901)."""
    written = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return written[:_MAX_POINTER]


def escaped(text: str) -> str:
    """Return what a caller sent so that a sentence may quote it: short, in visible ASCII."""
    return ascii(text[:60])[1:-1]


def untold() -> Any:
    """The default of a patch's field that may be left out but not be null; never read."""
    return None
