"""Amounts, rates and odds: exact, rounded once."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.currencies import CURRENCIES
from functions.crm.exchange_rates import ExchangeRates, RatesPatch, no_rates
from functions.crm.fields import NewDealFields
from functions.crm.model import Deal
from functions.crm.money import MAX_MINOR, Money, canonical, converted, exponent, weighted
from functions.crm.pipelines import born_with
from functions.crm.staged import moved, placed
from functions.crm.valuation import valued
from functions.shared.caller import Caller
from functions.shared.errors import InvalidError

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
SALES = born_with("wsp_one")[0]
MINOR = st.integers(0, MAX_MINOR)
RATES = st.decimals("0.000001", "999999", places=6).map(str)


def rates(**known: str) -> ExchangeRates:
    patch = RatesPatch.model_validate({"base_currency": "EUR", "rates": known})
    return no_rates("wsp_one").patched(patch)


def deal(**fields: Any) -> Deal:
    made = Deal.of(NewDealFields.model_validate({"name": "Big", **fields}), CALLER)
    return placed(made, SALES)


def by_decimal(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@given(MINOR, RATES, st.sampled_from(sorted(CURRENCIES)), st.sampled_from(sorted(CURRENCIES)))
def test_converting_is_exact_to_the_minor_unit_whatever_the_exponents(
    minor: int, rate: str, currency: str, to: str
) -> None:
    made = converted(Money(amount_minor=minor, currency=currency), rate, to)
    with localcontext(prec=80):
        units = Decimal(minor).scaleb(-exponent(currency)) * Decimal(rate)
        wanted = by_decimal(units.scaleb(exponent(to)))
    assert (made.amount_minor if made else None) == (wanted if wanted <= MAX_MINOR else None)


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "to", "wanted"),
    [(100, "USD", "0.9215", "EUR", 92), (1_000, "JPY", "0.0061", "EUR", 610),
     (1_000, "KWD", "3", "EUR", 300), (100, "EUR", "160.5", "JPY", 161),
     (1, "EUR", "0.5", "USD", 1), (1, "EUR", "0.49", "USD", 0)],
)  # fmt: skip
def test_known_conversions(minor: int, currency: str, rate: str, to: str, wanted: int) -> None:
    made = converted(Money(amount_minor=minor, currency=currency), rate, to)
    assert made == Money(amount_minor=wanted, currency=to)


@given(MINOR, st.integers(0, 100))
def test_weighting_is_exact(minor: int, percent: int) -> None:
    made = weighted(Money(amount_minor=minor, currency="EUR"), percent)
    assert made.amount_minor == by_decimal(Decimal(minor * percent) / 100)
    assert 0 <= made.amount_minor <= minor


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_decimal_number_has_one_text(whole: int, part: int) -> None:
    text = canonical(f"{whole:015}.{part:012}000")
    assert Decimal(text) == Decimal(f"{whole}.{part:012}")
    assert canonical(text) == text


def test_a_deal_takes_the_rate_when_its_amount_is_written_and_when_it_is_closed() -> None:
    usd = {"amount_minor": 10_000, "currency": "USD"}
    first = valued(deal(amount=usd), None, lambda: rates(USD="0.9"))
    assert first.in_base is not None
    assert (first.in_base.amount.amount_minor, first.in_base.fx_rate) == (9_000, "0.9")

    def nobody() -> ExchangeRates:
        raise AssertionError("the rates were asked for")

    renamed = valued(first.changed(name="Bigger"), first, nobody)
    assert renamed.in_base == first.in_base
    onward = valued(moved(renamed, SALES, SALES.stages[1], by=CALLER.actor), renamed, nobody)
    assert onward.in_base == first.in_base
    won = valued(
        moved(onward, SALES, SALES.stages[4], by=CALLER.actor), onward, lambda: rates(USD="0.8")
    )
    assert won.in_base is not None
    assert (won.in_base.amount.amount_minor, won.in_base.fx_rate) == (8_000, "0.8")


@pytest.mark.parametrize(
    ("known", "fields", "wanted"),
    [({}, {}, None), ({"USD": "0.9"}, {}, ("0.9", 90)), ({}, {"fx_rate": "0.5"}, ("0.5", 50)),
     ({"USD": "0.9"}, {"fx_rate": "0.5"}, ("0.5", 50)),
     ({}, {"amount": {"amount_minor": 100, "currency": "EUR"}, "fx_rate": "0.5"}, ("1", 100))],
)  # fmt: skip
def test_its_own_rate_goes_before_the_workspace_s_and_the_base_is_worth_itself(
    known: dict[str, str], fields: dict[str, Any], wanted: tuple[str, int] | None
) -> None:
    usd = {"amount_minor": 100, "currency": "USD"}
    made = valued(deal(**{"amount": usd, **fields}), None, lambda: rates(**known)).in_base
    assert (made and (made.fx_rate, made.amount.amount_minor)) == wanted


def test_without_a_base_currency_a_deal_has_no_value_in_it() -> None:
    usd = {"amount_minor": 100, "currency": "USD"}
    made = valued(deal(amount=usd, fx_rate="2"), None, lambda: no_rates("wsp_one"))
    assert made.in_base is None
    assert made.forecast is not None
    assert made.forecast.amount == Money(amount_minor=10, currency="USD")


def test_its_own_odds_hold_while_it_is_open() -> None:
    eur = {"amount_minor": 1_000, "currency": "EUR"}
    sure = valued(deal(amount=eur, probability=90), None, rates)
    assert sure.forecast is not None
    assert (sure.forecast.probability, sure.forecast.amount) == (
        90, Money(amount_minor=900, currency="EUR"),
    )  # fmt: skip
    lost = valued(moved(sure, SALES, SALES.stages[5], by=CALLER.actor), sure, rates)
    assert lost.forecast is not None
    assert lost.forecast.probability == 0
    assert lost.forecast.in_base == Money(amount_minor=0, currency="EUR")


def test_what_is_too_large_in_the_base_currency_is_refused() -> None:
    much = {"amount_minor": MAX_MINOR, "currency": "USD"}
    with pytest.raises(InvalidError) as refused:
        valued(deal(amount=much, fx_rate="2"), None, rates)
    assert [each.pointer for each in refused.value.errors] == ["/fx_rate"]


def test_rates_are_for_one_base_currency() -> None:
    known = rates(USD="0.90", GBP="1.2")
    assert known.rate("USD") == "0.9"
    assert known.rate("EUR") == "1"
    assert known.rate("JPY") is None
    fewer = known.patched(RatesPatch.model_validate({"rates": {"GBP": None}}))
    assert dict(fewer.rates) == {"USD": "0.9"}
    assert known.patched(RatesPatch.model_validate({"base_currency": "EUR"})) is known
    other = known.patched(
        RatesPatch.model_validate({"base_currency": "USD", "rates": {"EUR": "1.1", "USD": "3"}})
    )
    assert dict(other.rates) == {"EUR": "1.1"}
