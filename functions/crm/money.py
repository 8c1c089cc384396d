"""Amounts of money: whole numbers of a currency's minor unit, exact arithmetic, one rounding each.

Rounding is to the nearest minor unit, halves away from zero (what invoices do); it happens once,
at the end of what is computed, never in between.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

# ISO 4217 (list one, 2026-01-01): currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
         "VUV", "XAF", "XOF", "XPF"), 0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
_DECIMAL = re.compile(r"(?P<whole>\d+)(?:\.(?P<part>\d+))?")
# JSON's own integers end where a double's do.
MAX_MINOR = 2**53 - 1


class Money(BaseModel):
    """An amount in the currency's minor unit (ISO 4217)."""

    model_config = ConfigDict(frozen=True)

    amount_minor: int
    currency: str


def canonical(text: str) -> str:
    """Return a decimal number's shortest text: `007.50` is `7.5`."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError("This is not a decimal number such as '1.25'.")
    whole, part = match["whole"].lstrip("0") or "0", (match["part"] or "").rstrip("0")
    return f"{whole}.{part}" if part else whole


def positive(text: str) -> str:
    """As `canonical`; raises ValueError for zero."""
    found = canonical(text)
    if found == "0":
        raise ValueError("This number must be more than 0.")
    return found


Rate = Annotated[
    str,
    StringConstraints(pattern=r"^\d{1,12}(\.\d{1,12})?$"),
    AfterValidator(positive),
    Field(
        description="Units of the base currency for one unit of the other: a decimal number.",
        examples=["0.9215"],
    ),
]


def exponent(currency: str) -> int:
    """Return how many decimal places a currency's minor unit has."""
    return _EXPONENTS.get(currency, 2)


def rounded(value: Fraction) -> int:
    """Return the nearest whole number, halves away from zero."""
    half = Fraction(1, 2)
    whole = (abs(value) + half).__floor__()
    return whole if value >= 0 else -whole


def converted(amount: Money, rate: str, to: str) -> Money | None:
    """Return an amount in another currency at a rate between whole units; None when it is beyond
    what amounts can be."""
    shift = exponent(to) - exponent(amount.currency)
    exact = amount.amount_minor * Fraction(Decimal(rate)) * Fraction(10) ** shift
    minor = rounded(exact)
    return Money(amount_minor=minor, currency=to) if minor <= MAX_MINOR else None


def weighted(amount: Money, percent: int) -> Money:
    """Return what an amount is worth at a probability."""
    return Money(
        amount_minor=rounded(Fraction(amount.amount_minor * percent, 100)),
        currency=amount.currency,
    )
