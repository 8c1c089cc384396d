"""What callers may write: each record type's own fields with their bounds, and its patch."""

import math
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from functions.crm.currencies import CURRENCIES
from functions.crm.pipelines import LossReason, PipelineId, StageKey
from functions.shared import natural_keys
from functions.shared.ids import is_id
from functions.shared.ownership import MemberId, TeamId

MAX_CONTACTS, MAX_LINKS, MAX_CUSTOM, MAX_CUSTOM_TEXT = 50, 20, 50, 2_000
# Together: a record and the kept reply that shows it must fit into DynamoDB's 400 KB an item.
MAX_CUSTOM_BYTES = 32_768

# JSON's own integers end where a double's do; DynamoDB's floats end at 1e126 and start at 1e-130.
_SAFE_INTEGER = 2**53 - 1
_FLOAT_MAX, _FLOAT_MIN = 1e100, 1e-100
_CUSTOM_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"

PREFIXES = {"contact": "con", "company": "com", "deal": "dea"}


def _text(limit: int) -> Any:
    """Trimmed text that is more than space."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit, pattern=r"\S")


def _id_of(kind: str) -> Any:
    return StringConstraints(pattern=f"^{PREFIXES[kind]}_[0-9a-hjkmnp-tv-z]{{26}}$")


def _custom_value(value: Any) -> Any:
    # by hand: a pydantic union would name its members in the pointers of its faults
    match value:
        case str():
            if len(value) > MAX_CUSTOM_TEXT:
                raise ValueError(f"A custom text may have at most {MAX_CUSTOM_TEXT} characters.")
        case int():
            if abs(value) > _SAFE_INTEGER:
                raise ValueError("A custom whole number must be within 2^53.")
        case float():
            if value.is_integer() and abs(value) <= _SAFE_INTEGER:
                return int(value)  # 3.0 and 3 are one JSON number; the table keeps one form
            if not math.isfinite(value) or not _FLOAT_MIN <= abs(value) <= _FLOAT_MAX:
                raise ValueError("A custom number must lie between 1e-100 and 1e100 in size.")
        case _:
            raise ValueError("A custom value is a text, a number, true or false.")
    return value


def _custom_value_or_null(value: Any) -> Any:
    return None if value is None else _custom_value(value)


def _custom(values: dict[str, Any]) -> dict[str, Any]:
    size = 0
    for name, value in values.items():
        if not re.fullmatch(_CUSTOM_NAME, name):
            raise ValueError(
                "A custom field's name starts with a letter and has up to 64 letters, digits, "
                "'_', '.' and '-'."
            )
        size += len(name) + len(str(value).encode())
    if size > MAX_CUSTOM_BYTES:
        raise ValueError(f"Custom fields may have at most {MAX_CUSTOM_BYTES:,} bytes together.")
    return values


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("This is not a date such as '2026-11-22'.") from error


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("This is not a currency code of ISO 4217, such as 'EUR'.")
    return code


def _once(values: list[Any]) -> list[Any]:
    """Drop repetitions, keep the order."""
    return list(dict.fromkeys(values))


Name = Annotated[str, _text(200)]
Email = Annotated[
    str,
    StringConstraints(max_length=320),
    AfterValidator(natural_keys.email),
    Field(examples=["ada@example.com"]),
]
Domain = Annotated[
    str,
    StringConstraints(max_length=260),
    AfterValidator(natural_keys.domain),
    Field(examples=["example.com"]),
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"[0-9]")]
Title = Annotated[str, _text(200)]
Body = Annotated[str, _text(10_000)]
CompanyId = Annotated[str, _id_of("company")]
ContactId = Annotated[str, _id_of("contact")]
ContactIds = Annotated[list[ContactId], Field(max_length=MAX_CONTACTS), AfterValidator(_once)]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    AfterValidator(_day),
    Field(examples=["2026-12-31"], json_schema_extra={"format": "date"}),
]
CustomValue = Annotated[
    Any,
    AfterValidator(_custom_value),
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": MAX_CUSTOM_TEXT}),
]
CustomValueOrNull = Annotated[
    Any,
    AfterValidator(_custom_value_or_null),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "maxLength": MAX_CUSTOM_TEXT}),
]
Custom = Annotated[dict[str, CustomValue], Field(max_length=MAX_CUSTOM), AfterValidator(_custom)]
CustomPatch = Annotated[dict[str, CustomValueOrNull], Field(max_length=2 * MAX_CUSTOM)]
AmountMinor = Annotated[
    int, Field(ge=0, le=_SAFE_INTEGER, description="In the currency's minor unit, such as cents.")
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]


class Fields(BaseModel):
    """Base of all inputs: nothing unknown, no coercion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Owned(Fields):
    """Whose the record is; left out of a new one: the caller's and the caller's first team's."""

    owner_id: MemberId | None = None
    team_id: TeamId | None = None


def _untold() -> Any:
    """The default of a patch's field that may be left out but not be null; never read."""
    return None


class MoneyFields(Fields):
    amount_minor: AmountMinor
    currency: Currency


class MoneyPatch(Fields):
    amount_minor: AmountMinor = Field(default_factory=_untold)
    currency: Currency = Field(default_factory=_untold)


class ContactFields(Owned):
    name: Name
    email: Email | None = None
    phone: Phone | None = None
    title: Title | None = None
    company_id: CompanyId | None = None
    custom: Custom = Field(default_factory=dict)


class ContactPatch(Owned):
    name: Name = Field(default_factory=_untold)
    email: Email | None = None
    phone: Phone | None = None
    title: Title | None = None
    company_id: CompanyId | None = None
    custom: CustomPatch | None = None


class CompanyFields(Owned):
    name: Name
    domain: Domain | None = None
    custom: Custom = Field(default_factory=dict)


class CompanyPatch(Owned):
    name: Name = Field(default_factory=_untold)
    domain: Domain | None = None
    custom: CustomPatch | None = None


class DealFields(Owned):
    name: Name
    amount: MoneyFields | None = None
    close_date: Day | None = None
    company_id: CompanyId | None = None
    contact_ids: ContactIds = Field(default_factory=list)
    custom: Custom = Field(default_factory=dict)


class NewDealFields(DealFields):
    pipeline_id: PipelineId | None = None
    stage: StageKey | None = Field(default=None, description="Left out: the pipeline's first.")
    loss_reason: LossReason | None = None


class DealPatch(Owned):
    name: Name = Field(default_factory=_untold)
    amount: MoneyPatch | None = None
    close_date: Day | None = None
    company_id: CompanyId | None = None
    contact_ids: ContactIds | None = None
    custom: CustomPatch | None = None


class LinkFields(Fields):
    type: Literal["contact", "company", "deal"]
    id: Annotated[str, StringConstraints(max_length=40)]

    @model_validator(mode="after")
    def _fits(self) -> "LinkFields":
        if not is_id(self.id, PREFIXES[self.type]):
            raise ValueError(f"`id` is not the id of a {self.type}.")
        return self


Links = Annotated[
    list[LinkFields], Field(min_length=1, max_length=MAX_LINKS), AfterValidator(_once)
]


class NoteFields(Owned):
    body: Body
    links: Links


class NotePatch(Owned):
    body: Body = Field(default_factory=_untold)
    links: Links = Field(default_factory=_untold)
