"""What an entry says of a write, and the text that is kept of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.audit_entry import MAX_VALUES, canonical, changes, drafts_of
from functions.identity.members import Member
from functions.identity.model import ApiKey
from functions.shared.attributes import marshal_item
from functions.shared.audit import act, audit_stamp
from functions.shared.caller import Caller
from functions.shared.record import Record, stamp

AT = datetime(2026, 11, 22, 21, 59, 17, 123_000, tzinfo=UTC)
CALLER = Caller("ws_one", "key_one", "admin", frozenset(), "req-00001", member="mem_one")


def item(version: int, *events: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "pk": "W#ws_one#con_1", "sk": "RECORD", "gsi1pk": "W#ws_one#contact#0", "gsi1sk": "x",
        "gsi3pk": "W#ws_one#contact#O#mem_one", "id": "con_1", "object": "contact",
        "created_at": "t", "updated_at": f"t{version}", "version": version,
        "created_by": {"type": "api_key", "id": "key_one"}, "_events": list(events), **fields,
    }  # fmt: skip


def record(new: Mapping[str, Any] | None, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    images = {"NewImage": new, "OldImage": old}
    return {"dynamodb": {name: marshal_item(each) for name, each in images.items() if each}}


def test_a_record_s_own_fields_are_told_and_nothing_of_its_storage() -> None:
    (draft,) = drafts_of(record(item(1, stamp("contact.created", CALLER), name="Ada", tags=["x"])))

    assert draft.changed == ("name", "tags")
    assert (draft.before, draft.after) == ({}, {"name": "Ada", "tags": ["x"]})
    assert (draft.workspace, draft.subject, draft.actors) == (
        "ws_one", "con_1", ("key_one", "mem_one"),
    )  # fmt: skip


def test_a_change_tells_what_differs() -> None:
    old = item(1, stamp("contact.created", CALLER), name="Ada", phone="1")
    new = item(2, stamp("contact.updated", CALLER), name="Ada", title="Dr")

    (draft,) = drafts_of(record(new, old))

    assert draft.changed == ("phone", "title")
    assert (draft.before, draft.after) == ({"phone": "1"}, {"title": "Dr"})


def test_a_stamp_that_another_write_left_says_nothing_again() -> None:
    first = stamp("contact.created", CALLER)

    assert list(drafts_of(record(item(2, first, name="B"), item(1, first, name="A")))) == []


def test_an_item_that_goes_away_says_nothing() -> None:
    assert list(drafts_of(record(None, item(1, stamp("contact.created", CALLER))))) == []


def test_an_act_has_a_subject_and_no_values() -> None:
    put = act("member.signed_in", CALLER, {"type": "member", "id": "mem_one"})

    (draft,) = drafts_of(record(put.item))

    assert (draft.subject, draft.changed, draft.values()) == ("mem_one", (), None)


def test_both_kinds_of_stamps_on_one_write_are_two_entries() -> None:
    new = item(1, stamp("contact.created", CALLER), name="Ada")
    new["_audit"] = [audit_stamp("contact.imported", CALLER)]

    drafts = list(drafts_of(record(new)))

    assert [draft.facts["type"] for draft in drafts] == ["contact.created", "contact.imported"]
    assert {draft.changed for draft in drafts} == {("name",)}


@pytest.mark.parametrize(
    "name", ["digest", "secret_digest", "token_hash", "client_secret", "password", "refresh_token"]
)
def test_of_a_secret_the_name_alone_is_told(name: str) -> None:
    changed, before, after = changes(item(1, **{name: "s3cret"}), item(2, **{name: "other"}))

    assert (changed, before, after) == ((name,), {}, {})


@pytest.mark.parametrize("model", [ApiKey, Member])
def test_what_a_model_hides_from_its_own_repr_is_hidden_here(model: type[Record]) -> None:
    hidden = {name for name, field in model.model_fields.items() if not field.repr}
    hidden -= {"subject"}  # an account's id is no secret; it is encrypted as any value

    assert hidden
    for name in hidden:
        assert changes({}, item(1, **{name: "x"}))[2] == {}


def test_no_entry_outgrows_its_item_however_much_a_record_holds() -> None:
    fields = {f"field_{number}": "x" * 7_000 for number in range(60)}

    changed, before, after = changes(item(1, **fields), item(2))

    assert len(changed) == 60
    assert after == {}
    assert len(canonical(before)) < MAX_VALUES * 1.1
    assert before["field_0"] == "x" * 7_000
    assert {"omitted_characters": 7_002} in before.values()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_canonical_text_is_one_whatever_the_order_and_reads_back(value: dict[str, Any]) -> None:
    text = canonical(value)

    assert canonical(dict(reversed(value.items()))) == text
    assert json.loads(text) == value
    assert text.isascii()


def test_an_entry_s_text_and_place_say_when_it_was_recorded() -> None:
    (draft,) = drafts_of(record(item(1, stamp("contact.created", CALLER), name="Ada")))

    entry = draft.entry(AT, "c2VhbGVk")

    assert entry.position == f"2026-11-22T21:59:17.123Z#{draft.id}"
    assert entry.hour == "2026-11-22T21"
    assert entry.text == canonical(json.loads(entry.text))
    shown = json.loads(entry.text)
    assert (shown["recorded_at"], shown["values"]) == ("2026-11-22T21:59:17.123Z", "c2VhbGVk")
    assert "Ada" not in entry.text
