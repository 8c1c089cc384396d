"""Values of custom fields: whatever is sent is refused with a sentence, or kept in one form."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.crm.definitions import Definitions, FieldDefinition
from functions.crm.fields import ContactFields, ContactPatch
from functions.crm.model import Contact
from functions.crm.values import FIELD_TYPES
from functions.shared.caller import Caller
from functions.shared.errors import InvalidError
from functions.shared.ids import new_id
from functions.shared.merge_patch import merge

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
OPTIONS = [{"value": each, "label": each} for each in ("a", "b", "c")]


def field(kind: str, **more: Any) -> FieldDefinition:
    return FieldDefinition.born(
        CALLER,
        record_type="contact",
        name=more.pop("name", "own"),
        label="Own",
        type=kind,
        options=OPTIONS if "enum" in kind else None,
        references="company" if kind == "reference" else None,
        **more,
    )


near_misses = st.sampled_from(
    [
        "2026-02-30", "2026-12-31", "2026-12-31T22:00:00+02:00", "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00", "https://harbor.example/a?b=1", "HTTP://x", "javascript:x",
        "Ada@Harbor.EXAMPLE", "@", "+49 30 5550142", "030 5550142", new_id("com"), new_id("con"),
        "a", "d", ["b", "a", "b"], ["d"], [], "", " ", 1e308, 1e-300, -0.0, 3.0, 2**53, "\x00",
    ]
)  # fmt: skip
anything = near_misses | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.sampled_from(FIELD_TYPES), anything)
def test_a_value_is_refused_with_a_sentence_or_kept_in_a_form_that_is_kept_as_it_is(
    kind: str, value: Any
) -> None:
    definition = field(kind)
    refusal, kept = None, None
    try:
        kept = definition.checked(value, region="DE")
    except ValueError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.endswith(".")
        return
    again = definition.checked(kept, region=None)
    assert (again, type(again)) == (kept, type(kept))
    assert json.loads(json.dumps(kept)) == kept


values = st.dictionaries(
    st.sampled_from(["tier", "size", "since"]), st.none() | st.integers(0, 9) | st.text(max_size=3)
)


@given(values, values, values)
def test_patches_of_custom_values_are_merge_patches_and_twice_is_once(
    first: dict[str, Any], patch: dict[str, Any], later: dict[str, Any]
) -> None:
    whole = {name: value for name, value in first.items() if value is not None}
    old = Contact.of(ContactFields.model_validate({"name": "Ada", "custom": whole}), CALLER)
    new = old.patched(ContactPatch.model_validate({"custom": patch}))
    assert new.custom == merge(whole, patch)
    assert (new is old) == (merge(whole, patch) == whole)
    assert new.patched(ContactPatch.model_validate({"custom": patch})) is new
    both = new.patched(ContactPatch.model_validate({"custom": later}))
    assert both.custom == merge(merge(whole, patch), later)


@given(st.dictionaries(st.sampled_from(["tier", "size", "gone"]), anything, max_size=3))
def test_all_of_a_records_values_are_kept_or_each_that_is_wrong_is_named(
    custom: dict[str, Any],
) -> None:
    defined = Definitions([field("text", name="tier"), field("number", name="size")])
    faults, kept = None, {}
    try:
        kept = dict(defined.check("contact", custom))
    except InvalidError as error:
        faults = error.errors
    if faults is not None:
        assert faults
        assert {each.pointer.rpartition("/")[2] for each in faults} <= set(custom)
        return
    assert set(kept) <= {"tier", "size"}
    assert defined.check("contact", kept) == kept
