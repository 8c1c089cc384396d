"""What callers may write of leads, what they ask for when one is converted, and what that leaves on
the lead."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from functions.crm.fields import (
    CompanyId,
    CompanyPatch,
    ContactId,
    ContactPatch,
    CustomPatch,
    Day,
    Domain,
    Email,
    Fields,
    MoneyFields,
    Name,
    Phone,
    RecordFields,
    RecordPatch,
    Tags,
    Title,
)
from functions.crm.pipelines import LossReason, PipelineId, StageKey
from functions.shared.validation import untold

_WORDS = re.compile(r"[^a-z0-9]+")


# What a workspace's leads may have come from, before it has declared anything.
BORN_SOURCES: Mapping[str, str] = {
    "web": "Website",
    "web_form": "Web form",
    "referral": "Referral",
    "event": "Event",
    "ads": "Advertising",
    "outbound": "Outbound",
    "import": "Import",
    "api": "API",
    "other": "Other",
}


def source_key(text: str) -> str:
    """Return a source's key: `Web form` and `web-form` are one, for whoever counts by it."""
    key = _WORDS.sub("_", text.lower()).strip("_")
    if not key:
        raise ValueError("A source has at least one letter or digit.")
    return key


Source = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(source_key),
    Field(
        description="Where the lead came from: the key of one of `/v1/lead-sources`; kept in lower "
        "case with `_` between words, so that spellings are counted together.",
        examples=["web_form"],
    ),
]
Detail = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S")
]
Website = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=2_000, pattern=r"^[hH][tT][tT][pP][sS]?://[^\s/]+"
    ),
    Field(examples=["https://harbor.example/about"]),
]


class LeadFields(RecordFields):
    name: Name
    email: Email | None = None
    phone: Phone | None = None
    title: Title | None = None
    company_name: Name | None = None
    company_domain: Domain | None = None
    website: Website | None = None
    source: Source | None = None
    source_detail: Detail | None = Field(default=None, description="A campaign, a page, a name.")


class NewLeadFields(LeadFields):
    """A new lead; without an `owner_id` the assignment rules say whose it is."""

    pipeline_id: PipelineId | None = None
    stage: StageKey | None = Field(default=None, description="Left out: the pipeline's first.")
    loss_reason: LossReason | None = None


class LeadPatch(RecordPatch):
    name: Name = Field(default_factory=untold)
    email: Email | None = None
    phone: Phone | None = None
    title: Title | None = None
    company_name: Name | None = None
    company_domain: Domain | None = None
    website: Website | None = None
    source: Source | None = None
    source_detail: Detail | None = None


class _Choice(Fields):
    @model_validator(mode="after")
    def _one(self) -> "_Choice":
        if sum(value is not None for _, value in self) != 1:
            raise ValueError("Say one: the `id` of a record, or what to `create`.")
        return self


class ContactChoice(_Choice):
    """The contact that a lead becomes: one that is there, or a new one, whose fields are the
    lead's except for those named here."""

    id: ContactId | None = None
    create: ContactPatch | None = None


class CompanyChoice(_Choice):
    """The company that a lead's contact belongs to: one that is there, or a new one, whose name
    and domain are the lead's unless they are named here."""

    id: CompanyId | None = None
    create: CompanyPatch | None = None


class DealChoice(Fields):
    """The deal that a lead becomes; its company and contact are the conversion's."""

    name: Name | None = Field(default=None, description="Left out: the company's or lead's name.")
    pipeline_id: PipelineId | None = None
    stage: StageKey | None = None
    amount: MoneyFields | None = None
    close_date: Day | None = None
    tags: Tags | None = None
    custom: CustomPatch | None = None


class ConvertFields(Fields):
    """What becomes of a lead. Each part may be left out: then the contact is the lead's own, the
    company the one that it names (none when it names none), and there is no deal."""

    contact: ContactChoice | None = None
    company: CompanyChoice | None = Field(
        default=None, description="null: the contact belongs to no company."
    )
    deal: DealChoice | None = None
    dry_run: bool = Field(default=False, description="Say what would happen; write nothing.")

    @property
    def companyless(self) -> bool:
        """Whether the caller said that there is no company."""
        return "company" in self.model_fields_set and self.company is None


class Conversion(BaseModel):
    """What a lead became, and which of these the conversion made."""

    model_config = ConfigDict(frozen=True)

    contact_id: str
    company_id: str | None = None
    deal_id: str | None = None
    created: Sequence[str]  # of contact, company, deal


# What rules may read of a lead besides its custom fields: its own fields and its score.
LEAD_FACTS = frozenset(LeadFields.model_fields) - {"owner_id", "team_id", "custom"} | {"score"}
