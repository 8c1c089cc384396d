"""JSON Merge Patch, by the examples and the laws of RFC 7396."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.merge_patch import merge

_names = st.sampled_from(["a", "b", "c"])
_scalars = st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2)
_values = st.recursive(
    _scalars,
    lambda inner: st.dictionaries(_names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
_objects = st.dictionaries(_names, _values, max_size=3)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_rfc_hold(target: Any, patch: Any, result: Any) -> None:
    assert merge(target, patch) == result


@given(_objects, _objects)
def test_patching_twice_is_patching_once(target: Any, patch: Any) -> None:
    once = merge(target, patch)
    assert merge(once, patch) == once


@given(_objects, _objects)
def test_names_that_the_patch_leaves_out_stay_and_nulls_go(target: Any, patch: Any) -> None:
    result = merge(target, patch)
    for name, value in target.items():
        if name not in patch:
            assert result[name] == value
    for name, value in patch.items():
        assert (name in result) == (value is not None)


@given(_objects, _objects)
def test_neither_target_nor_patch_is_changed(target: Any, patch: Any) -> None:
    kept = repr((target, patch))
    merge(target, patch)
    assert repr((target, patch)) == kept


@given(_objects)
def test_an_empty_patch_changes_nothing(target: Any) -> None:
    assert merge(target, {}) == target
