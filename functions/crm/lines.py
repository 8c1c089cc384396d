"""Line items of a deal: what is sold, how much of it, and what that makes.

    total of a line   quantity x unit price x (1 - discount / 100), rounded once
    tax of a line     its total x tax rate / 100, rounded once
    a deal's amount   the sum of its lines' totals, without tax

Rounding is as `money` says. All lines of a deal are in one currency, which is the deal's.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from functions.crm.fields import Fields, MoneyFields, Name
from functions.crm.money import MAX_MINOR, Money, canonical, positive, rounded
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from functions.shared.ids import new_id
from functions.shared.merge_patch import merge
from functions.shared.validation import validated

MAX_LINES = 100  # of a deal

ProductId = Annotated[str, StringConstraints(pattern=r"^prd_[0-9a-hjkmnp-tv-z]{26}$")]
Quantity = Annotated[
    str,
    StringConstraints(pattern=r"^\d{1,9}(\.\d{1,6})?$"),
    AfterValidator(positive),
    Field(description="How many: a decimal number.", examples=["2", "7.5"]),
]


def _percent(text: str) -> str:
    if Decimal(text) > 100:
        raise ValueError("This is more than 100 percent.")
    return canonical(text)


Percent = Annotated[
    str,
    StringConstraints(pattern=r"^\d{1,3}(\.\d{1,4})?$"),
    AfterValidator(_percent),
    Field(description="In percent: a decimal number.", examples=["12.5"]),
]


class LineFields(Fields):
    """A line as it is sent. Of a product, description and unit price are the product's where
    they are left out; without one both are needed."""

    product_id: ProductId | None = None
    description: Name | None = None
    quantity: Quantity = "1"
    unit_price: MoneyFields | None = None
    discount_percent: Percent = "0"
    tax_percent: Percent | None = None


class LinePatch(Fields):
    """What changes."""

    description: Name | None = None
    quantity: Quantity | None = None
    unit_price: MoneyFields | None = None
    discount_percent: Percent | None = None
    tax_percent: Percent | None = None


class Line(BaseModel):
    """A line item."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    object: str = "line_item"
    deal_id: str
    product_id: str | None = None
    sku: str | None = None
    description: str
    quantity: str
    unit_price: Money
    discount_percent: str = "0"
    tax_percent: str | None = None
    total: Money
    tax: Money | None = None


class Priced(BaseModel):
    """What a line takes from its product."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    sku: str | None = None
    price: Money | None = None


def on_sale(get: Callable[[str], Any], product_id: str) -> Priced:
    """Return what a line takes from a product; raises InvalidError when there is no such product
    or it is no longer sold."""
    try:
        product = get(product_id)
    except NotFoundError as error:
        fault = FieldProblem("/product_id", "unknown_reference", "There is no such product.")
        raise _refused([fault], "unknown_reference") from error
    if not product.active:
        fault = FieldProblem("/product_id", "not_active", "The product is no longer sold.")
        raise _refused([fault], "not_active")
    return Priced.model_validate(product.model_dump())


def new_line(deal_id: str, fields: LineFields, product: Priced | None) -> Line:
    """Return a new line; raises InvalidError when it lacks what no product gives it."""
    own = fields.unit_price
    price = Money(**own.model_dump()) if own else product.price if product else None
    description = fields.description or (product and product.name)
    missing = [
        FieldProblem(f"/{name}", "missing", "Neither you nor a product says this.")
        for name, value in (("description", description), ("unit_price", price))
        if value is None
    ]
    if price is None or description is None:
        raise _refused(missing, "missing")
    return _line(
        id=new_id("lin"),
        deal_id=deal_id,
        product_id=fields.product_id,
        sku=product and product.sku,
        description=description,
        quantity=fields.quantity,
        unit_price=price.model_dump(),
        discount_percent=fields.discount_percent,
        tax_percent=fields.tax_percent,
    )


def added(lines: Sequence[Line], line: Line) -> list[Line]:
    """Return the lines with one more. Raises ConflictError when there is no room, InvalidError
    for another currency."""
    if len(lines) >= MAX_LINES:
        raise ConflictError(
            f"A deal has at most {MAX_LINES} line items.", code="too_many_line_items"
        )
    return _one_currency([*lines, line])


def patched(lines: Sequence[Line], line_id: str, patch: LinePatch) -> list[Line]:
    """Return the lines with one changed; raises NotFoundError and InvalidError."""
    old = found(lines, line_id)
    sent: Mapping[str, Any] = patch.model_dump(exclude_unset=True)
    own = old.model_dump(include=set(LineFields.model_fields))
    fields = validated(LineFields, merge(own, sent)).model_dump()
    gone = [name for name in ("description", "unit_price") if fields[name] is None]
    if gone:
        faults = [FieldProblem(f"/{name}", "missing", "A line item has this.") for name in gone]
        raise _refused(faults, "missing")
    new = _line(id=old.id, deal_id=old.deal_id, sku=old.sku, **fields)
    return _one_currency([new if each.id == line_id else each for each in lines])


def without(lines: Sequence[Line], line_id: str) -> list[Line]:
    """Return the lines without one; raises NotFoundError."""
    old = found(lines, line_id)
    return [each for each in lines if each is not old]


def found(lines: Sequence[Line], line_id: str) -> Line:
    """Return a line; raises NotFoundError."""
    for each in lines:
        if each.id == line_id:
            return each
    raise NotFoundError("There is no such line item.")


def total(lines: Sequence[Line]) -> Money | None:
    """Return what lines make together, None when there are none. Raises InvalidError when that
    is more than an amount can be."""
    if not lines:
        return None
    minor = sum(each.total.amount_minor for each in lines)
    if minor > MAX_MINOR:
        raise _refused([_too_large()], "too_large")
    return Money(amount_minor=minor, currency=lines[0].total.currency)


def _line(**fields: Any) -> Line:
    price = Money(**fields["unit_price"])
    share = 1 - Fraction(Decimal(fields["discount_percent"])) / 100
    minor = rounded(Fraction(Decimal(fields["quantity"])) * price.amount_minor * share)
    if minor > MAX_MINOR:
        raise _refused([_too_large()], "too_large")
    tax = None
    if fields["tax_percent"] is not None:
        tax_minor = rounded(minor * Fraction(Decimal(fields["tax_percent"])) / 100)
        tax = Money(amount_minor=tax_minor, currency=price.currency)
    made = Money(amount_minor=minor, currency=price.currency)
    return Line.model_validate({**fields, "unit_price": price, "total": made, "tax": tax})


def _one_currency(lines: list[Line]) -> list[Line]:
    if len({each.total.currency for each in lines}) > 1:
        known = lines[0].total.currency
        fault = FieldProblem(
            "/unit_price/currency", "other_currency", f"The deal's line items are in {known}."
        )
        raise _refused([fault], "other_currency")
    return lines


def _too_large() -> FieldProblem:
    return FieldProblem("/quantity", "too_large", "This makes more than an amount can be.")


def _refused(faults: Sequence[FieldProblem], code: str) -> InvalidError:
    return InvalidError("The line item cannot be so; see `errors`.", code=code, errors=faults)
