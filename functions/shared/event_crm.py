"""The events that the crm context publishes."""

from pydantic import Field

from functions.shared.event_payloads import Link, Money, OwnedPayload, Published, entries


class ContactPayload(OwnedPayload):
    name: str
    email: str | None = None
    company_id: str | None = None


class CompanyPayload(OwnedPayload):
    name: str
    domain: str | None = None


class DealPayload(OwnedPayload):
    name: str
    stage: str
    amount: Money | None = None
    company_id: str | None = None
    contact_ids: list[str] = Field(default_factory=list)


class NotePayload(OwnedPayload):
    body: str
    links: list[Link] = Field(default_factory=list)


EVENTS: dict[str, Published] = {
    **{
        name: entry
        for kind, payload in (
            ("contact", ContactPayload),
            ("company", CompanyPayload),
            ("deal", DealPayload),
            ("note", NotePayload),
        )
        for name, entry in entries(
            "crm",
            payload,
            {
                f"{kind}.created": f"A {kind} was created.",
                f"{kind}.updated": f"Fields of a {kind} changed; `previous` has the old values.",
                f"{kind}.deleted": f"A {kind} was deleted (kept 30 days).",
            },
        ).items()
    },
    **entries(
        "crm", DealPayload, {"deal.stage_moved": "A deal moved to another stage of its pipeline."}
    ),
}
