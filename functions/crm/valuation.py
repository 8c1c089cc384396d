"""What a deal is worth: in its own currency, in the workspace's, and weighted by its odds.

The exchange rate is taken when the amount is written and once more when the deal is closed, and
kept on the deal: what was worth so much then is not worth something else because rates moved. An
amount that comes from another deal (`deal_merging`) comes with what it was worth there.
"""

from collections.abc import Callable

from functions.crm.exchange_rates import ExchangeRates
from functions.crm.model import Deal, Forecast, InBase
from functions.crm.money import converted, weighted
from functions.shared.errors import FieldProblem, InvalidError


def valued(new: Deal, old: Deal | None, rates: Callable[[], ExchangeRates]) -> Deal:
    """Return a deal with its value; `rates` is asked only when the value may be another. Raises
    InvalidError when a rate is given without an amount, or what comes of it is too large."""
    odds = new.probability if new.status == "open" else None
    percent = new.stage_probability if odds is None else odds
    in_base = _in_base(new, rates) if old is None or _revalues(new, old) else new.in_base
    forecast = Forecast(
        probability=percent,
        amount=new.amount and weighted(new.amount, percent),
        in_base=in_base and weighted(in_base.amount, percent),
    )
    if in_base == new.in_base and forecast == new.forecast:
        return new
    return new.model_copy(update={"in_base": in_base, "forecast": forecast})


def _revalues(new: Deal, old: Deal) -> bool:
    closes = new.status != old.status and new.status != "open"
    came_along = new.in_base != old.in_base
    return closes or (not came_along and (new.amount, new.fx_rate) != (old.amount, old.fx_rate))


def _in_base(deal: Deal, rates: Callable[[], ExchangeRates]) -> InBase | None:
    if deal.amount is None:
        return None
    known = rates()
    if known.base_currency is None:
        return None
    same = deal.amount.currency == known.base_currency
    rate = "1" if same else deal.fx_rate or known.rate(deal.amount.currency)
    if rate is None:
        return None
    amount = converted(deal.amount, rate, known.base_currency)
    if amount is None:
        raise InvalidError(
            "The deal cannot be valued; see `errors`.",
            code="too_large",
            errors=[FieldProblem("/fx_rate", "too_large", "At this rate the amount is too large.")],
        )
    return InBase(amount=amount, fx_rate=rate, fx_rate_at=deal.updated_at)
