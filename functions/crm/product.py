"""What a workspace sells."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints

from functions.crm.fields import (
    Custom,
    CustomPatch,
    ExternalId,
    Fields,
    MoneyFields,
    MoneyPatch,
    Name,
    Tags,
)
from functions.crm.model import KINDS, CrmRecord
from functions.crm.money import Money
from functions.shared.caller import Caller
from functions.shared.validation import untold

Billing = Literal["once", "monthly", "quarterly", "yearly"]
Sku = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[!-~]+$"),
    Field(description="Its number in your books; occurs once.", examples=["RL-TEAM-1"]),
]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]


class ProductFields(Fields):
    name: Name
    sku: Sku | None = None
    description: Description = ""
    price: MoneyFields | None = None
    billing: Billing = "once"
    active: bool = True
    external_id: ExternalId | None = None
    tags: Tags = Field(default_factory=list)
    custom: Custom = Field(default_factory=dict)


class ProductPatch(Fields):
    name: Name = Field(default_factory=untold)
    sku: Sku | None = None
    description: Description = Field(default_factory=untold)
    price: MoneyPatch | None = None
    billing: Billing = Field(default_factory=untold)
    active: bool = Field(default_factory=untold)
    external_id: ExternalId | None = None
    tags: Tags | None = None
    custom: CustomPatch | None = None


class Product(CrmRecord):
    """Something that is sold; it is the workspace's, nobody's own."""

    PREFIX: ClassVar[str] = "prd"
    OBJECT: ClassVar[str] = "product"
    FIELDS: ClassVar[type[Fields]] = ProductFields

    name: str
    sku: str | None = None
    description: str = ""
    price: Money | None = None
    billing: Billing = "once"  # how often the price is due
    active: bool = True  # may be put on deals

    @classmethod
    def of(cls, fields: Fields, caller: Caller) -> Self:
        return cls.born(caller, owner_id=None, team_id=None, **fields.model_dump())


# Every type of record that stands by itself, by its name.
RECORDS: Mapping[str, type[CrmRecord]] = {**KINDS, Product.OBJECT: Product}
