"""JSON as two readers would agree on it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.strict_json import MAX_DEPTH, MAX_INTEGER, StrictJsonError, loads

# U+0000 is JSON, but we refuse it; surrogates cannot be encoded
_text = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)))
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | _text
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_values, st.booleans())
def test_sound_json_reads_as_the_standard_library_reads_it(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"{", b'{"a":1,}', b"{'a':1}", b'{"a":1}{"b":2}', b"nul", b'"\x01"', b"01",
        b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'[{"a":1,"\\u0061":2}]',
        b"NaN", b'{"a":NaN}', b"Infinity", b"[-Infinity]", b"1e400", b"[-1e400]", b'{"a":1e9999}',
        b"9" * 5000, b"9007199254740992", b'{"a":[-9007199254740992]}',
        b'"\\u0000"', b'{"a\\u0000":1}', b'["\x00"]',
        b'"\\ud800"', b'{"a":["\\udfff"]}', b'{"\\ud83d":1}', b'"\\ude00\\ud83d"',
        b"\xff", b'"\xc3\x28"', b'"\xed\xa0\x80"', b"\xfe\xff\x00{", b'\xef\xbb\xbf{"a":1}',
        b"[" * 33 + b"]" * 33, b'{"a":' * 33 + b"1" + b"}" * 33, b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda raw: repr(raw[:24]),
)  # fmt: skip
def test_what_parsers_disagree_on_is_refused(raw: bytes) -> None:
    with pytest.raises(StrictJsonError):
        loads(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        ('"\U0001f600"'.encode(), "\U0001f600"),
        (b'"' + b"[" * 50 + b'"', "[" * 50),
        (b'"\\"' + b"{" * 50 + b'"', '"' + "{" * 50),
        (b'"\\\\"', "\\"),
        (b"1e308", 1e308),
        (b"5e-324", 5e-324),
        (b"null", None),
        (b"-9007199254740991", -MAX_INTEGER),
    ],
)
def test_what_only_looks_odd_is_read(raw: bytes, value: Any) -> None:
    assert loads(raw) == value


def test_the_deepest_allowed_nesting_is_read() -> None:
    raw = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert loads(raw) == json.loads(raw)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_with_a_sentence(raw: bytes) -> None:
    try:
        value = loads(raw)
    except StrictJsonError as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert not (isinstance(value, float) and math.isinf(value))
