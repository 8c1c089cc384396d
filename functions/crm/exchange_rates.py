"""A workspace's base currency and the rates at which other currencies are worth it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from functions.crm.fields import Currency, Fields
from functions.crm.money import Rate
from functions.shared.ids import derived_id
from functions.shared.merge_patch import merge
from functions.shared.record import Record
from functions.shared.validation import validated

_BORN = "2026-11-22T00:00:00.000Z"  # of what nobody made


class RatesFields(Fields):
    """The rates as callers write them: what one unit of each currency is worth in the base's."""

    base_currency: Currency | None = None
    rates: dict[Currency, Rate] = Field(default_factory=dict, max_length=200)


class RatesPatch(Fields):
    """What changes; null takes a rate away."""

    base_currency: Currency | None = None
    rates: (
        Annotated[
            dict[Currency, Rate | None],
            # a name that is no currency is refused, which the pattern of names alone does not say
            Field(max_length=200, json_schema_extra={"additionalProperties": False}),
        ]
        | None
    ) = None


class ExchangeRates(Record):
    """A workspace's rates; there is one such record from the start."""

    PREFIX: ClassVar[str] = "exr"
    OBJECT: ClassVar[str] = "exchange_rates"

    base_currency: str | None = None
    rates: Mapping[str, str] = Field(default_factory=dict)

    def patched(self, patch: Fields) -> Self:
        """Return the next version under a merge patch, or this very one when nothing changes.
        Rates for one base currency are none for another: they go with it."""
        own = self.model_dump(include=set(RatesFields.model_fields))
        sent = patch.model_dump(exclude_unset=True)
        if sent.get("base_currency", self.base_currency) != self.base_currency:
            own["rates"] = {}
        fields: dict[str, Any] = validated(RatesFields, merge(own, sent)).model_dump()
        fields["rates"].pop(fields["base_currency"], None)
        same = all(getattr(self, name) == value for name, value in fields.items())
        return self if same else self.changed(**fields)

    def rate(self, currency: str) -> str | None:
        """Return what a unit of a currency is worth in the base's, None when it is not known."""
        return "1" if currency == self.base_currency else self.rates.get(currency)


def rates_id(workspace: str) -> str:
    """Return the id of a workspace's rates."""
    return derived_id(ExchangeRates.PREFIX, f"exchange_rates:{workspace}")


def no_rates(workspace: str) -> ExchangeRates:
    """Return a workspace's rates as they are until changed: none."""
    return ExchangeRates(
        id=rates_id(workspace),
        object=ExchangeRates.OBJECT,
        created_at=_BORN,
        updated_at=_BORN,
        created_by={"type": "system", "id": "reelate"},
        version=1,
    )
