"""Refusals: the tree, their words, and pydantic's findings as such."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field

from functions.shared.errors import PROBLEMS, ReelateError, UnavailableError
from functions.shared.openapi import COMPONENTS, operation, problems
from functions.shared.validation import pointer, validated


def test_every_refusal_has_its_own_status_and_path() -> None:
    assert len({each.status for each in PROBLEMS}) == len(PROBLEMS)
    assert len({each.slug for each in PROBLEMS}) == len(PROBLEMS)
    assert set(ReelateError.__subclasses__()) == set(PROBLEMS)


def test_a_refusal_has_a_code_for_programs_even_when_none_is_given() -> None:
    assert {each("Sentence.").code for each in PROBLEMS} >= {"not_found", "precondition_failed"}
    assert UnavailableError("Later.").retry_after == 1


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int


class _Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    inner: list[_Inner] = Field(default_factory=list)


def test_every_fault_is_named_by_its_pointer() -> None:
    with pytest.raises(ReelateError) as refused:
        validated(_Outer, {"name": "", "inner": [{"count": 1}, {"count": "x", "odd/~": 1}]})
    assert refused.value.status == 422
    assert {(each.pointer, each.code) for each in refused.value.errors} == {
        ("/name", "string_too_short"),
        ("/inner/1/count", "int_parsing"),
        ("/inner/1/odd~1~0", "extra_forbidden"),
    }


def test_sound_values_become_the_model() -> None:
    assert validated(_Outer, {"name": "A"}) == _Outer(name="A")


@pytest.mark.parametrize(
    ("location", "expected"),
    [(("body",), "/body"), (("a", 0), "/a/0"), (("query", "limit"), "/query/limit"), ((), "")],
)
def test_a_place_is_a_json_pointer(location: tuple[str | int, ...], expected: str) -> None:
    assert pointer(location) == expected


def test_documentation_refers_only_to_what_there_is() -> None:
    extra = operation("contacts:write", "IdempotencyKey", "IfMatch", "IfNoneMatch")
    assert extra["security"] == [{"bearer": ["contacts:write"]}]
    for reference in extra["parameters"]:
        assert reference["$ref"].rpartition("/")[2] in COMPONENTS["parameters"]
    assert sorted(map(int, problems(404))) == [401, 403, 404, 429, 503]
