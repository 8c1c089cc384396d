"""What callers may write: each record type's own fields with their bounds, and its patch."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from functions.crm.currencies import CURRENCIES
from functions.crm.money import Rate
from functions.crm.pipelines import LossReason, PipelineId, StageKey
from functions.crm.values import MAX_CHOICES, MAX_TEXT, SAFE_INTEGER, day, number
from functions.shared import natural_keys
from functions.shared.ownership import MemberId, TeamId
from functions.shared.validation import untold

MAX_CONTACTS, MAX_CUSTOM, MAX_OPTION = 50, 100, 64
MAX_TAGS, MAX_TAG, MAX_EXTERNAL_ID = 50, 64, 255
# Together: a record and the kept reply that shows it must fit into DynamoDB's 400 KB an item.
MAX_CUSTOM_BYTES = 32_768
_CUSTOM_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"

PREFIXES = {"contact": "con", "company": "com", "deal": "dea", "lead": "led"}


def _text(limit: int) -> Any:
    """Trimmed text that is more than space."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit, pattern=r"\S")


def _id_of(kind: str) -> Any:
    return StringConstraints(pattern=f"^{PREFIXES[kind]}_[0-9a-hjkmnp-tv-z]{{26}}$")


def _custom_value(value: Any) -> Any:
    # by hand: a pydantic union would name its members in the pointers of its faults. What fits a
    # field is the definitions' to say.
    match value:
        case str():
            if len(value) > MAX_TEXT:
                raise ValueError(f"A custom text may have at most {MAX_TEXT} characters.")
        case bool() | int() | float():
            return value if isinstance(value, bool) else number(value)
        case list():
            if len(value) > MAX_CHOICES or not all(
                isinstance(each, str) and len(each) <= MAX_OPTION for each in value
            ):
                raise ValueError(f"A custom list has at most {MAX_CHOICES} values of options.")
        case _:
            raise ValueError(
                "A custom value is a text, a number, true, false, or a list of options."
            )
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


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("This is not a currency code of ISO 4217, such as 'EUR'.")
    return code


def _once(values: list[Any]) -> list[Any]:
    """Drop repetitions, keep the order."""
    return list(dict.fromkeys(values))


def _tags(values: list[str]) -> list[str]:
    """Return tags in their normal form, each once: of several spellings the first."""
    known: dict[str, str] = {}
    for each in values:
        tag = " ".join(unicodedata.normalize("NFC", each).split())
        known.setdefault(tag.casefold(), tag)
    return list(known.values())


def _custom_schema(*more: str) -> dict[str, Any]:
    return {
        "type": ["string", "number", "boolean", "array", *more],
        "maxLength": MAX_TEXT,
        "maxItems": MAX_CHOICES,
        "items": {"type": "string", "maxLength": MAX_OPTION},
    }


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
    AfterValidator(day),
    Field(examples=["2026-12-31"], json_schema_extra={"format": "date"}),
]
CustomValue = Annotated[
    Any,
    AfterValidator(_custom_value),
    WithJsonSchema(_custom_schema()),
]
CustomValueOrNull = Annotated[
    Any,
    AfterValidator(_custom_value_or_null),
    WithJsonSchema(_custom_schema("null")),
]
Custom = Annotated[dict[str, CustomValue], Field(max_length=MAX_CUSTOM), AfterValidator(_custom)]
CustomPatch = Annotated[dict[str, CustomValueOrNull], Field(max_length=2 * MAX_CUSTOM)]
Tags = Annotated[
    list[Annotated[str, _text(MAX_TAG)]],
    Field(max_length=MAX_TAGS, description="Each once, whatever its case."),
    AfterValidator(_tags),
]
ExternalId = Annotated[
    str,
    _text(MAX_EXTERNAL_ID),
    Field(description="The record's id in another system; once among records of its type."),
]
AmountMinor = Annotated[
    int, Field(ge=0, le=SAFE_INTEGER, description="In the currency's minor unit, such as cents.")
]
Probability = Annotated[
    int,
    Field(ge=0, le=100, description="Of winning, in percent; null: what the stage says."),
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]


class Fields(BaseModel):
    """Base of all inputs: nothing unknown, no coercion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Owned(Fields):
    """Whose the record is; left out of a new one: the caller's and the caller's first team's."""

    owner_id: MemberId | None = None
    team_id: TeamId | None = None


class RecordFields(Owned):
    """What every new record of the CRM may have."""

    external_id: ExternalId | None = None
    tags: Tags = Field(default_factory=list)
    custom: Custom = Field(default_factory=dict)


class RecordPatch(Owned):
    """What may be patched of every record of the CRM; `tags` as a whole, `custom` by names."""

    external_id: ExternalId | None = None
    tags: Tags | None = None
    custom: CustomPatch | None = None


class MoneyFields(Fields):
    amount_minor: AmountMinor
    currency: Currency


class MoneyPatch(Fields):
    amount_minor: AmountMinor = Field(default_factory=untold)
    currency: Currency = Field(default_factory=untold)


class ContactFields(RecordFields):
    name: Name
    email: Email | None = None
    phone: Phone | None = None
    title: Title | None = None
    company_id: CompanyId | None = None


class ContactPatch(RecordPatch):
    name: Name = Field(default_factory=untold)
    email: Email | None = None
    phone: Phone | None = None
    title: Title | None = None
    company_id: CompanyId | None = None


class CompanyFields(RecordFields):
    name: Name
    domain: Domain | None = None


class CompanyPatch(RecordPatch):
    name: Name = Field(default_factory=untold)
    domain: Domain | None = None


class DealFields(RecordFields):
    name: Name
    amount: MoneyFields | None = None
    fx_rate: Rate | None = None
    probability: Probability | None = None
    close_date: Day | None = None
    company_id: CompanyId | None = None
    contact_ids: ContactIds = Field(default_factory=list)


class NewDealFields(DealFields):
    pipeline_id: PipelineId | None = None
    stage: StageKey | None = Field(default=None, description="Left out: the pipeline's first.")
    loss_reason: LossReason | None = None


class DealPatch(RecordPatch):
    name: Name = Field(default_factory=untold)
    amount: MoneyPatch | None = None
    fx_rate: Rate | None = None
    probability: Probability | None = None
    close_date: Day | None = None
    company_id: CompanyId | None = None
    contact_ids: ContactIds | None = None
