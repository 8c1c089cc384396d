"""What the audit log shows."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class AuditParty(BaseModel):
    """Who acted, or what was acted upon."""

    type: str
    id: str


class AuditEntryView(BaseModel):
    """One act."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(description="The event's id: the same as of the published event, if any.")
    object: Literal["audit_entry"]
    type: str = Field(description="`<thing>.<past_tense>`, such as `contact.updated`.")
    occurred_at: str
    recorded_at: str
    actor: AuditParty
    member: str | None = Field(description="The member behind the actor, where it is known.")
    subject: AuditParty
    source: str
    request_id: str
    address: str | None = Field(description="The IP address that the request came from.")
    agent: str | None = Field(description="The `User-Agent` of the request.")
    detail: dict[str, str] | None = Field(description="More about an act that is no change.")
    changed: list[str] = Field(description="Names of the fields that changed.")
    values: Literal["shown", "none", "hidden", "erased", "damaged"] = Field(
        description="Whether `before` and `after` are there: `shown`; there are `none`; they are "
        "`hidden` from a role that does not see all records; the subject was `erased`; or they "
        "are `damaged`: somebody has tampered with them."
    )
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditEntryList(BaseModel):
    data: list[AuditEntryView]
    next_cursor: str | None
