"""Field selection."""

import pytest
from pydantic import BaseModel, Field

from functions.shared.entity_tags import named, variant, version_only
from functions.shared.errors import MalformedError
from functions.shared.selection import names_of, parse, record_of

KNOWN = frozenset({"id", "object", "name", "email", "custom"})
RECORD = {"id": "con_1", "object": "contact", "name": "Ada", "email": None, "custom": {"a.b": 1}}


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("name", {"name": "Ada"}),
        ("email, name", {"name": "Ada", "email": None}),
        ("id", {}),
        ("custom", {"custom": {"a.b": 1}}),
        ("custom.a.b", {"custom": {"a.b": 1}}),
        ("custom.other", {"custom": {}}),
        ("custom.other,custom", {"custom": {"a.b": 1}}),
    ],
)
def test_the_named_fields_are_shown_and_id_and_object_always(
    fields: str, shown: dict[str, object]
) -> None:
    assert parse(fields, KNOWN).of(RECORD) == {"id": "con_1", "object": "contact", **shown}


@pytest.mark.parametrize("fields", ["", "nome", "name,,email", "custom.", "custom.1x", "NAME", "é"])
def test_an_unknown_field_is_refused_by_name(fields: str) -> None:
    with pytest.raises(MalformedError, match="none of: custom, email, id, name, object, custom"):
        parse(fields, KNOWN)


def test_custom_names_belong_to_records_that_have_custom_fields() -> None:
    with pytest.raises(MalformedError):
        parse("custom.x", KNOWN - {"custom"})


def test_what_is_quoted_of_a_caller_is_short_and_visible() -> None:
    with pytest.raises(MalformedError) as refused:
        parse("\x1b[31m" + "x" * 5_000, KNOWN)
    assert len(refused.value.detail) < 200
    assert refused.value.detail.isprintable()


def test_more_fields_than_a_hundred_are_refused() -> None:
    with pytest.raises(MalformedError) as refused:
        parse(",".join(f"custom.f{n}" for n in range(101)), KNOWN)
    assert refused.value.code == "too_many_fields"


class _Shown(BaseModel):
    id: str
    object: str
    start: str = Field(serialization_alias="from")
    secret: str = Field(exclude=True)


class _Page(BaseModel):
    data: list[_Shown]
    next_cursor: str | None


def test_a_page_s_records_are_found_and_their_names_are_those_on_the_wire() -> None:
    assert record_of(_Page) is record_of(_Shown) is _Shown
    assert names_of(_Shown) == {"id", "object", "from"}
    assert record_of(None) is record_of(dict) is None


def test_another_representation_has_another_strong_tag_of_the_same_version() -> None:
    tag = variant('"3.1.2"', "ab" * 32)

    assert tag == '"3.1.2~abababababab"'
    assert version_only(f'"1", {tag}') == '"1", "3.1.2"'
    assert named(tag, f'"1", W/{tag}')
    assert not named('"3.1.2"', tag)
