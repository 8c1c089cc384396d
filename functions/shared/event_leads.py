"""The events about leads and the rules for them, of the crm context."""

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.event_crm import MergeablePayload, MovePayload, merging
from functions.shared.event_payloads import Payload, Published, entries


class ReasonPayload(BaseModel):
    """A rule that held for a lead, and what it gave or took."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule_id: str
    name: str
    points: int


class AssignedByPayload(BaseModel):
    """The rule that said whose a lead is."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule_id: str
    name: str


class ConvertedPayload(BaseModel):
    """What a lead became, and which of these the conversion made."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    contact_id: str
    company_id: str | None = None
    deal_id: str | None = None
    created: list[str]


class LeadPayload(MergeablePayload):
    name: str
    email: str | None = None
    phone: str | None = None
    title: str | None = None
    company_name: str | None = None
    company_domain: str | None = None
    website: str | None = None
    source: str | None = None
    source_detail: str | None = None
    pipeline_id: str
    stage: str
    status: str
    last_move: MovePayload | None = None
    loss_reason: str | None = None
    closed_at: str | None = None
    score: int
    score_reasons: list[ReasonPayload] = Field(default_factory=list)
    assigned_by: AssignedByPayload | None = None
    converted_at: str | None = None
    converted_to: ConvertedPayload | None = None


class RulePayload(Payload):
    name: str
    active: bool


class SourcePayload(Payload):
    key: str
    name: str
    description: str = ""
    archived: bool = False


EVENTS: dict[str, Published] = {
    **merging("lead", LeadPayload),
    **entries(
        "crm",
        LeadPayload,
        {
            "lead.created": "A lead was created.",
            "lead.updated": "Fields of a lead changed; `previous` has the old values.",
            "lead.deleted": "A lead was deleted (kept 30 days).",
            "lead.restored": "A lead's deletion was undone.",
            "lead.stage_moved": "A lead moved to another stage; `last_move` has the one before and "
            "how long it was there, `previous` the old values.",
            "lead.won": "A lead moved to a stage of kind `won`.",
            "lead.lost": "A lead moved to a stage of kind `lost`; `loss_reason` may say why.",
            "lead.reordered": "A lead got another place in its column of the board.",
            "lead.assigned": "A lead became another's; `assigned_by` is the rule that said so.",
            "lead.scored": "A lead's score is another; `score_reasons` says why.",
            "lead.converted": "A lead became a contact, with a company and a deal where "
            "`converted_to` names them.",
            "lead.unconverted": "A conversion was taken back; `previous` names what it had made.",
        },
        since="2026-11-24",
    ),
    **entries(
        "crm",
        SourcePayload,
        {
            "lead_source.created": "A source of leads was declared.",
            "lead_source.updated": "A source of leads changed; an archived one is given to no "
            "other lead.",
        },
        since="2026-11-25",
    ),
    **{
        name: entry
        for kind, words in (
            ("scoring_rule", "A scoring rule"),
            ("assignment_rule", "An assignment rule"),
        )
        for name, entry in entries(
            "crm",
            RulePayload,
            {
                f"{kind}.created": f"{words} was made.",
                f"{kind}.updated": f"{words} changed.",
                f"{kind}.deleted": f"{words} was deleted.",
            },
            since="2026-11-24",
        ).items()
    },
}
