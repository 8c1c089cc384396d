"""Line items and the amount that they make."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.lines import (
    MAX_LINES,
    Line,
    LineFields,
    LinePatch,
    Priced,
    added,
    new_line,
    on_sale,
    patched,
    total,
    without,
)
from functions.crm.money import Money
from functions.shared.errors import ConflictError, InvalidError, NotFoundError
from functions.shared.ids import new_id

DEAL = new_id("dea")
QUANTITIES = st.decimals("0.000001", "9999", places=6).map(str)
PERCENTS = st.decimals("0", "100", places=4).map(str)


def line(**fields: Any) -> Line:
    sent = {
        "description": "Seat", "unit_price": {"amount_minor": 100, "currency": "EUR"}, **fields
    }  # fmt: skip
    return new_line(DEAL, LineFields.model_validate(sent), None)


@given(
    st.lists(st.tuples(QUANTITIES, st.integers(0, 10**9), PERCENTS, PERCENTS), max_size=20),
)
def test_an_amount_is_the_sum_of_lines_rounded_once_each(
    rows: list[tuple[str, int, str, str]],
) -> None:
    lines: list[Line] = []
    wanted = 0
    for quantity, price, discount, tax in rows:
        made = line(
            quantity=quantity, unit_price={"amount_minor": price, "currency": "EUR"},
            discount_percent=discount, tax_percent=tax,
        )  # fmt: skip
        exact = Decimal(quantity) * price * (100 - Decimal(discount)) / 100
        minor = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        assert made.total.amount_minor == minor
        levied = int((minor * Decimal(tax) / 100).quantize(Decimal(1), ROUND_HALF_UP))
        assert made.tax == Money(amount_minor=levied, currency="EUR")
        lines = added(lines, made)
        wanted += minor
    assert total(lines) == (Money(amount_minor=wanted, currency="EUR") if lines else None)


@given(st.data())
def test_whatever_is_done_to_lines_each_other_line_stays_as_it_was(data: st.DataObject) -> None:
    lines = [line(quantity=str(n)) for n in range(1, 6)]
    at = data.draw(st.integers(0, 4))
    patch = LinePatch.model_validate({"quantity": "7", "discount_percent": "50"})
    changed = patched(lines, lines[at].id, patch)
    assert changed[at].total.amount_minor == 350
    assert [each for n, each in enumerate(changed) if n != at] == without(lines, lines[at].id)


def test_a_line_takes_from_its_product_what_is_left_out() -> None:
    product = Priced(
        id=new_id("prd"), name="Team", sku="T-1", price=Money(amount_minor=5, currency="EUR")
    )
    made = new_line(DEAL, LineFields.model_validate({"product_id": product.id}), product)
    assert (made.description, made.sku, made.total.amount_minor) == ("Team", "T-1", 5)
    own = {"product_id": product.id, "unit_price": {"amount_minor": 7, "currency": "EUR"}}
    assert new_line(DEAL, LineFields.model_validate(own), product).total.amount_minor == 7
    with pytest.raises(InvalidError) as refused:
        new_line(DEAL, LineFields.model_validate({}), None)
    assert [each.pointer for each in refused.value.errors] == ["/description", "/unit_price"]


def test_lines_are_in_one_currency() -> None:
    with pytest.raises(InvalidError) as refused:
        added([line()], line(unit_price={"amount_minor": 1, "currency": "USD"}))
    assert [each.pointer for each in refused.value.errors] == ["/unit_price/currency"]


def test_a_deal_has_so_many_lines_and_no_more() -> None:
    full = [line()] * MAX_LINES
    with pytest.raises(ConflictError):
        added(full, line())


def test_what_is_more_than_an_amount_can_be_is_refused() -> None:
    dear = {"amount_minor": 2**53 - 1, "currency": "EUR"}
    with pytest.raises(InvalidError):
        line(quantity="2", unit_price=dear)
    with pytest.raises(InvalidError):
        total([line(unit_price=dear), line(unit_price=dear)])


def test_a_line_that_is_not_there_is_absent() -> None:
    for act in (lambda: without([line()], "lin_x"), lambda: patched([], "lin_x", LinePatch())):
        with pytest.raises(NotFoundError):
            act()
    with pytest.raises(InvalidError) as refused:
        patched([made := line()], made.id, LinePatch(description=None))
    assert [each.pointer for each in refused.value.errors] == ["/description"]


def test_only_what_is_sold_comes_on_a_deal() -> None:
    def nowhere(_: str) -> Any:
        raise NotFoundError("There is no such product.")

    with pytest.raises(InvalidError, match="cannot be so"):
        on_sale(nowhere, new_id("prd"))


@pytest.mark.parametrize(
    "fields",
    [{"quantity": "0"}, {"quantity": "-1"}, {"quantity": 1}, {"quantity": "1e3"},
     {"discount_percent": "100.1"}, {"tax_percent": "x"}, {"product_id": DEAL}, {"total": 1}],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        LineFields.model_validate(fields)
