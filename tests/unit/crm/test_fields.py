"""What callers may write, at and beyond every bound."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.crm.fields import (
    CompanyFields,
    ContactFields,
    ContactPatch,
    DealFields,
    DealPatch,
    Fields,
    NewDealFields,
)
from functions.crm.pipeline_fields import MoveFields
from functions.shared.ids import new_id

CONTACT, COMPANY = new_id("con"), new_id("com")


def pointers(model: type[Fields], values: dict[str, Any]) -> list[str]:
    """Return where validation finds faults."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return ["/".join(map(str, fault["loc"])) for fault in caught.value.errors()]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (ContactFields, {"name": "A"}),
        (ContactFields, {"name": "n" * 200, "title": "t" * 200, "phone": "+49 30 1234 (ext. 5)"}),
        (ContactFields, {"name": "Ada", "company_id": COMPANY, "custom": {"a": True, "B.c-d": 1}}),
        (CompanyFields, {"name": "Example Ltd", "domain": "example.com"}),
        (DealFields, {"name": "D", "amount": {"amount_minor": 0, "currency": "JPY"}}),
        (DealFields, {"name": "D", "amount": {"amount_minor": 2**53 - 1, "currency": "EUR"}}),
        (DealFields, {"name": "D", "close_date": "2028-02-29"}),
        (DealFields, {"name": "D", "contact_ids": [new_id("con") for _ in range(50)]}),
        (NewDealFields, {"name": "D", "stage": "won"}),
    ],
)
def test_values_within_the_bounds_are_taken(model: type[Fields], values: dict[str, Any]) -> None:
    model.model_validate(values)


@pytest.mark.parametrize(
    ("model", "values", "where"),
    [
        (ContactFields, {}, "name"),
        (ContactFields, {"name": ""}, "name"),
        (ContactFields, {"name": " \t"}, "name"),
        (ContactFields, {"name": "n" * 201}, "name"),
        (ContactFields, {"name": None}, "name"),
        (ContactFields, {"name": 5}, "name"),
        (ContactFields, {"name": "A", "email": "ada"}, "email"),
        (ContactFields, {"name": "A", "email": "a" * 400}, "email"),
        (ContactFields, {"name": "A", "phone": "call me"}, "phone"),
        (ContactFields, {"name": "A", "phone": "1" * 41}, "phone"),
        (ContactFields, {"name": "A", "company_id": CONTACT}, "company_id"),
        (ContactFields, {"name": "A", "nickname": "B"}, "nickname"),
        (ContactFields, {"name": "A", "id": CONTACT}, "id"),
        (ContactFields, {"name": "A", "version": 9}, "version"),
        (ContactFields, {"name": "A", "custom": []}, "custom"),
        (ContactFields, {"name": "A", "custom": {"a": [1]}}, "custom/a"),
        (ContactFields, {"name": "A", "custom": {"a": None}}, "custom/a"),
        (ContactFields, {"name": "A", "custom": {"a": "x" * 2001}}, "custom/a"),
        (ContactFields, {"name": "A", "custom": {"a": 2**53}}, "custom/a"),
        (ContactFields, {"name": "A", "custom": {"a": 1e101}}, "custom/a"),
        (ContactFields, {"name": "A", "custom": {"a": 1e-101}}, "custom/a"),
        (ContactFields, {"name": "A", "custom": {"1a": 1}}, "custom"),
        (ContactFields, {"name": "A", "custom": {"": 1}}, "custom"),
        (ContactFields, {"name": "A", "custom": {"a" * 65: 1}}, "custom"),
        (ContactFields, {"name": "A", "custom": {f"f{n}": n for n in range(101)}}, "custom"),
        (ContactFields, {"name": "A", "custom": {f"f{n}": "\u00e9" * 2000 for n in range(9)}},
         "custom"),
        (CompanyFields, {"name": "C", "domain": "https://example.com"}, "domain"),
        (DealFields, {"name": "D", "amount": {"amount_minor": -1, "currency": "EUR"}},
         "amount/amount_minor"),
        (DealFields, {"name": "D", "amount": {"amount_minor": 1.5, "currency": "EUR"}},
         "amount/amount_minor"),
        (DealFields, {"name": "D", "amount": {"amount_minor": "1", "currency": "EUR"}},
         "amount/amount_minor"),
        (DealFields, {"name": "D", "amount": {"amount_minor": True, "currency": "EUR"}},
         "amount/amount_minor"),
        (DealFields, {"name": "D", "amount": {"amount_minor": 2**53, "currency": "EUR"}},
         "amount/amount_minor"),
        (DealFields, {"name": "D", "amount": {"amount_minor": 1}}, "amount/currency"),
        (DealFields, {"name": "D", "amount": {"amount_minor": 1, "currency": "eur"}},
         "amount/currency"),
        (DealFields, {"name": "D", "amount": {"amount_minor": 1, "currency": "ABC"}},
         "amount/currency"),
        (DealFields, {"name": "D", "close_date": "2026-02-30"}, "close_date"),
        (DealFields, {"name": "D", "close_date": "20260228"}, "close_date"),
        (DealFields, {"name": "D", "close_date": "2026-02-28T00:00:00Z"}, "close_date"),
        (DealFields, {"name": "D", "contact_ids": [COMPANY]}, "contact_ids/0"),
        (DealFields, {"name": "D", "contact_ids": [new_id("con") for _ in range(101)]},
         "contact_ids"),
        (DealFields, {"name": "D", "stage": "won"}, "stage"),
        (NewDealFields, {"name": "D", "stage": "Closing!"}, "stage"),
        (NewDealFields, {"name": "D", "pipeline_id": CONTACT}, "pipeline_id"),
        (MoveFields, {"stage": ""}, "stage"),
        (MoveFields, {"stage": "won", "position": {}}, "position"),
        (MoveFields, {"stage": "won", "position": {"after": "a", "before": "b"}}, "position"),
    ],
)  # fmt: skip
def test_a_value_beyond_a_bound_is_named(
    model: type[Fields], values: dict[str, Any], where: str
) -> None:
    assert where in pointers(model, values)


def test_a_patch_takes_what_it_needs_and_no_null_for_what_a_record_must_have() -> None:
    assert ContactPatch.model_validate({}).model_dump(exclude_unset=True) == {}
    assert ContactPatch.model_validate({"email": None}).model_dump(exclude_unset=True) == {
        "email": None
    }
    assert pointers(ContactPatch, {"name": None}) == ["name"]
    assert pointers(DealPatch, {"amount": {"currency": None}}) == ["amount/currency"]
    assert pointers(DealPatch, {"stage": "won"}) == ["stage"]


def test_repeated_ids_count_once_and_keep_their_order() -> None:
    first, second = new_id("con"), new_id("con")
    deal = DealFields.model_validate({"name": "D", "contact_ids": [second, first, second]})
    assert deal.contact_ids == [second, first]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text() | st.booleans())
def test_a_custom_value_keeps_its_worth_or_is_refused(value: Any) -> None:
    try:
        fields = ContactFields.model_validate({"name": "A", "custom": {"x": value}})
    except ValidationError:
        assert not isinstance(value, bool)
        return
    assert fields.custom["x"] == value
    assert isinstance(fields.custom["x"], bool) == isinstance(value, bool)
