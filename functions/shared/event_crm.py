"""The events that the crm context publishes."""

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.event_payloads import Link, Money, OwnedPayload, Payload, Published, entries

CustomValue = str | bool | int | float | list[str]


class CrmPayload(OwnedPayload):
    """Base of the payloads of the CRM's records; `custom` has no `sensitive` fields."""

    external_id: str | None = None
    tags: list[str] = Field(default_factory=list)
    custom: dict[str, CustomValue] = Field(default_factory=dict)


class MergeablePayload(CrmPayload):
    """Base of the payloads of records that are merged."""

    merged_into: str | None = None
    merged_ids: list[str] = Field(default_factory=list)


class ContactPayload(MergeablePayload):
    name: str
    email: str | None = None
    phone: str | None = None
    title: str | None = None
    company_id: str | None = None


class CompanyPayload(MergeablePayload):
    name: str
    domain: str | None = None


class MovePayload(BaseModel):
    """How a record came into its stage: from where, and how long it was there."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    from_pipeline_id: str
    from_stage: str
    time_in_stage_ms: int


class StagePayload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    key: str
    name: str
    kind: str
    probability: int
    state: str
    moves_to: str | None = None


class PipelinePayload(Payload):
    name: str
    record_type: str
    stages: list[StagePayload]
    archived_at: str | None = None


class ViewPayload(Payload):
    name: str
    record_type: str
    sharing: str
    maker_id: str


class DealPayload(MergeablePayload):
    name: str
    pipeline_id: str | None = None
    stage: str
    status: str | None = None
    last_move: MovePayload | None = None  # the stage before this one
    loss_reason: str | None = None
    closed_at: str | None = None
    amount: Money | None = None
    company_id: str | None = None
    contact_ids: list[str] = Field(default_factory=list)


class ProductPayload(Payload):
    name: str
    sku: str | None = None
    price: Money | None = None
    active: bool = True


class RatesPayload(Payload):
    base_currency: str | None = None


class FieldPayload(Payload):
    record_type: str
    name: str
    label: str
    type: str
    required: bool = False
    unique: bool = False
    indexed: bool = False
    sensitivity: str


class MergePayload(Payload):
    record_type: str
    winner_id: str
    loser_ids: list[str]
    state: str


class AssociationPayload(Payload):
    label: str
    inverse_label: str
    links: list[Link] = Field(default_factory=list)  # the two records, from and to


class LabelPayload(Payload):
    name: str
    inverse_name: str
    title: str
    inverse_title: str
    from_types: list[str]
    to_types: list[str]


class RecordSettingsPayload(Payload):
    phone_region: str | None = None
    duplicates: dict[str, str] = Field(default_factory=dict)
    link_companies_by_domain: str = "off"


def merging(kind: str, payload: type[MergeablePayload]) -> dict[str, Published]:
    """Return the events about records of a type that were merged, or came back."""
    return entries(
        "crm",
        payload,
        {
            f"{kind}.merged": f"The {kind} was merged into another, `merged_into`: its id leads "
            "there now.",
            f"{kind}.unmerged": f"A merge was undone: the {kind} is one of its own again.",
        },
    )


EVENTS: dict[str, Published] = {
    **{
        name: entry
        for kind, payload in (
            ("contact", ContactPayload),
            ("company", CompanyPayload),
            ("deal", DealPayload),
            ("product", ProductPayload),
        )
        for name, entry in entries(
            "crm",
            payload,
            {
                f"{kind}.created": f"A {kind} was created.",
                f"{kind}.updated": f"Fields of a {kind} changed; `previous` has the old values.",
                f"{kind}.deleted": f"A {kind} was deleted (kept 30 days).",
                f"{kind}.restored": f"A {kind}'s deletion was undone.",
            },
        ).items()
    },
    **{
        name: entry
        for kind in ("contact", "company", "lead", "deal", "activity", "product")
        for name, entry in entries(
            "crm",
            Payload,
            {
                f"{kind}.purged": f"A {kind} was made irrecoverable.",
                f"{kind}.expired": f"A deleted {kind}'s 30 days are over: it is gone for good.",
            },
            since="2026-11-24",
        ).items()
    },
    **entries(
        "crm",
        DealPayload,
        {
            "deal.stage_moved": "A deal moved to another stage; `last_move` has the one before and "
            "how long it was there, `previous` the old values.",
            "deal.won": "A deal was won: it moved to a stage of that kind.",
            "deal.lost": "A deal was lost; `loss_reason` may say why.",
            "deal.reordered": "A deal got another place in its column of the board.",
        },
    ),
    **entries(
        "crm",
        RatesPayload,
        {"exchange_rates.updated": "The workspace's base currency or exchange rates changed."},
    ),
    **entries(
        "crm",
        PipelinePayload,
        {
            "pipeline.created": "A pipeline was made.",
            "pipeline.updated": "A pipeline's name, stages or rules changed.",
            "pipeline.archived": "A pipeline takes no more records.",
            "pipeline.reopened": "An archived pipeline takes records again.",
            "pipeline.stage_closed": "A stage takes no more records; those in it are moving.",
            "pipeline.stage_archived": "The last record has left an archived stage.",
        },
    ),
    **entries(
        "crm",
        ViewPayload,
        {
            "view.created": "A view was saved.",
            "view.updated": "A view changed: its name, what it asks for, or who shares it.",
            "view.deleted": "A view was deleted; the records that it showed stay.",
        },
        since="2026-11-24",
    ),
    **entries(
        "crm",
        RecordSettingsPayload,
        {"record_settings.updated": "The workspace's settings of its records changed."},
        since="2026-11-24",
    ),
    **entries(
        "crm",
        FieldPayload,
        {
            "field.created": "A custom field was defined.",
            "field.updated": "A custom field changed; `previous` has the old values.",
            "field.deleted": "A custom field was deleted; its values are hidden.",
        },
        since="2026-11-24",
    ),
    **entries(
        "crm",
        AssociationPayload,
        {
            "association.created": "Two records were associated; `label` is read from the first of "
            "`links` to the second, `inverse_label` the other way.",
            "association.updated": "An association got another label.",
            "association.deleted": "An association was deleted; the two records stay.",
        },
    ),
    **entries(
        "crm",
        LabelPayload,
        {
            "association_label.created": "A label of associations was made.",
            "association_label.updated": "A label's titles changed.",
            "association_label.deleted": "A label can no longer be given.",
        },
    ),
    **merging("contact", ContactPayload),
    **merging("company", CompanyPayload),
    **merging("deal", DealPayload),
    **entries(
        "crm",
        MergePayload,
        {
            "merge.started": "Records were merged into one; what named them begins to move.",
            "merge.resumed": "A large merge, or its undoing, goes on.",
            "merge.completed": "Everything that named the merged records has moved.",
            "merge.undo_started": "The records are several again; what had moved begins to move "
            "back.",
            "merge.undo_completed": "Everything is back, but for what was edited since.",
        },
    ),
}
