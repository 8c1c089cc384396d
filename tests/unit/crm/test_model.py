"""Records and what may happen to them."""

import pytest

from functions.crm.fields import (
    ContactFields,
    ContactPatch,
    DealPatch,
    NewDealFields,
)
from functions.crm.model import Contact, Deal, Reference
from functions.crm.pipelines import default_id
from functions.shared.caller import Caller
from functions.shared.errors import InvalidError
from functions.shared.ids import is_id, new_id

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")


def contact(**fields: object) -> Contact:
    return Contact.of(ContactFields.model_validate({"name": "Ada", **fields}), CALLER)


def deal(**fields: object) -> Deal:
    return Deal.of(NewDealFields.model_validate({"name": "Big one", **fields}), CALLER)


def test_a_new_record_carries_the_envelope() -> None:
    made = contact()
    assert is_id(made.id, "con")
    assert (made.object, made.version, made.created_by) == (
        "contact", 1, {"type": "api_key", "id": "key_one"},
    )  # fmt: skip
    assert made.created_at == made.updated_at
    assert made.etag == '"1"'


def test_a_patch_changes_what_it_names_and_clears_what_it_nulls() -> None:
    before = contact(email="ada@example.com", title="Analyst", custom={"a": 1, "b": 2})
    after = before.patched(
        ContactPatch.model_validate({"title": None, "custom": {"a": None, "c": "3"}})
    )
    assert (after.name, after.email, after.title) == ("Ada", "ada@example.com", None)
    assert after.custom == {"b": 2, "c": "3"}
    assert (after.version, after.id, after.created_at) == (2, before.id, before.created_at)


def test_a_patch_that_changes_nothing_is_the_same_record() -> None:
    before = contact(email="ada@example.com", custom={"a": 1})
    patch = ContactPatch.model_validate({"email": "ADA@example.com", "custom": {"b": None}})
    assert before.patched(patch) is before


def test_nulling_custom_empties_it() -> None:
    before = contact(custom={"a": 1})
    assert before.patched(ContactPatch.model_validate({"custom": None})).custom == {}


def test_a_patch_may_change_half_of_an_amount_but_not_begin_with_half() -> None:
    priced = deal(amount={"amount_minor": 100, "currency": "EUR"})
    dearer = priced.patched(DealPatch.model_validate({"amount": {"amount_minor": 200}}))
    assert dearer.amount is not None
    assert (dearer.amount.amount_minor, dearer.amount.currency) == (200, "EUR")
    with pytest.raises(InvalidError) as refused:
        deal().patched(DealPatch.model_validate({"amount": {"amount_minor": 200}}))
    assert [each.pointer for each in refused.value.errors] == ["/amount/currency"]


def test_a_patch_cannot_grow_custom_beyond_its_bound() -> None:
    full = contact(custom={f"f{n}": n for n in range(100)})
    with pytest.raises(InvalidError) as refused:
        full.patched(ContactPatch.model_validate({"custom": {"one_more": 1}}))
    assert [each.pointer for each in refused.value.errors] == ["/custom"]


def test_a_deal_is_of_the_workspace_s_own_pipeline_unless_it_names_another() -> None:
    made = deal()
    assert made.pipeline_id == default_id("wsp_one", "deal") != default_id("wsp_two", "deal")
    other = new_id("pip")
    assert deal(pipeline_id=other).pipeline_id == other


def test_references_say_where_they_stand() -> None:
    company, first, second = new_id("com"), new_id("con"), new_id("con")
    assert contact(company_id=company).references() == [Reference("/company_id", company)]
    assert contact().references() == []
    assert deal(company_id=company, contact_ids=[first, second]).references() == [
        Reference("/company_id", company),
        Reference("/contact_ids/0", first),
        Reference("/contact_ids/1", second),
    ]
