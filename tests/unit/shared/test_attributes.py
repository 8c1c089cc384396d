"""Plain values to DynamoDB's form and back, held against boto3's own."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.attributes import marshal, marshal_item, unmarshal, unmarshal_item

_scalars = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | st.binary()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sets(st.text(), min_size=1, max_size=3)
)  # fmt: skip
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=15,
)


@given(_values)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    assert unmarshal(marshal(value)) == value


@given(st.booleans() | st.integers())
def test_a_number_stays_a_number_and_a_truth_a_truth(value: Any) -> None:
    assert type(unmarshal(marshal(value))) is type(value)


@given(st.dictionaries(st.text(), st.integers(-(10**30), 10**30) | st.text() | st.none()))
def test_boto3_reads_what_we_write(item: dict[str, Any]) -> None:
    theirs = TypeDeserializer()
    assert {name: theirs.deserialize(each) for name, each in marshal_item(item).items()} == item


def test_numbers_as_dynamodb_writes_them_are_read() -> None:
    texts = ["0", "-7", "1.5", "-0.25", "1E+3", "1e-7", "123456789012345678901234567890"]
    assert [unmarshal({"N": text}) for text in texts] == [
        0, -7, 1.5, -0.25, 1000.0, 1e-7, 123456789012345678901234567890,
    ]  # fmt: skip
    assert unmarshal({"NS": ["1", "2.5"]}) == {1, 2.5}
    assert marshal(Decimal("1.10")) == {"N": "1.10"}
    assert unmarshal_item({"a": {"SS": ["x"]}}) == {"a": {"x"}}


@pytest.mark.parametrize("value", [object(), 1j, [object()], {"a": {"b": object()}}])
def test_what_has_no_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="DynamoDB has no form for"):
        marshal(value)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="unknown DynamoDB type"):
        unmarshal({"Q": "x"})
