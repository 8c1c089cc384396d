"""The published events: names, payloads and envelope. The only thing contexts know of each other.

An event leaves as `source: reelate.<context>`, `detail-type: <resource>.<past_tense>.v1`. Within
`.v1` a payload only ever gains fields. The catalogue is generated from these models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Payload(BaseModel):
    """Base of all payloads: the public part of the record as it was written."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    version: int


class Link(BaseModel):
    """A record that another one concerns."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    id: str


class Money(BaseModel):
    """An amount in the currency's minor unit (ISO 4217)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    amount_minor: int
    currency: str


class WorkspacePayload(Payload):
    name: str


class ApiKeyPayload(Payload):
    name: str
    role: str
    member_id: str | None = None
    mode: str = "live"
    api_version: str | None = None


class RolePayload(Payload):
    name: str
    scopes: list[str]
    visibility: str


class TeamPayload(Payload):
    name: str


class MemberPayload(Payload):
    """Who it is stands in the API: an event holds no address."""

    name: str
    role: str
    state: str
    team_ids: list[str] = Field(default_factory=list)
    reassign_to: str | None = None  # the member who takes over a deactivated one's records


class ClientPayload(Payload):
    name: str
    role: str


class OwnedPayload(Payload):
    """Base of the payloads of records that belong to a member, to a team, or to nobody."""

    owner_id: str | None = None
    team_id: str | None = None


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


class ReasonPayload(BaseModel):
    """Why something did not work: a stable code, a sentence, the step that said so."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str
    detail: str
    step: str | None = None


class VideoPayload(OwnedPayload):
    title: str
    state: str
    links: list[Link] = Field(default_factory=list)
    duration_ms: int | None = None
    reason: ReasonPayload | None = None


class VideoAnalysedPayload(VideoPayload):
    analysis: dict[str, Any] = Field(default_factory=dict)  # summary, action_items, topics, counts


@dataclass(frozen=True, slots=True)
class Published:
    """A catalogue entry."""

    source: str
    payload: type[Payload]
    since: str
    meaning: str


_SINCE = "2026-11-22"


def _entries(
    context: str, payload: type[Payload], entries: Mapping[str, str]
) -> dict[str, Published]:
    return {
        name: Published(f"reelate.{context}", payload, _SINCE, meaning)
        for name, meaning in entries.items()
    }


CATALOGUE: dict[str, Published] = {
    **_entries(
        "identity",
        WorkspacePayload,
        {
            "workspace.created": "A workspace was born.",
            "workspace.updated": "A workspace got another name.",
        },
    ),
    **_entries(
        "identity",
        MemberPayload,
        {
            "member.invited": "A person was invited, or invited again.",
            "member.joined": "An invitation was accepted.",
            "member.updated": "A member's name, role or teams changed.",
            "member.deactivated": "A member may no longer come in; `reassign_to` has the records.",
            "member.reactivated": "A member may come in again.",
        },
    ),
    **_entries(
        "identity",
        ClientPayload,
        {
            "client.created": "An OAuth2 client was made.",
            "client.deleted": "An OAuth2 client was deleted.",
        },
    ),
    **_entries(
        "identity",
        ApiKeyPayload,
        {
            "api_key.created": "A key was made.",
            "api_key.updated": "A key was renamed or pinned to another version of the API.",
            "api_key.rotated": "A key was given a new text.",
            "api_key.deleted": "A key was revoked.",
        },
    ),
    **_entries(
        "identity",
        RolePayload,
        {
            "role.created": "A custom role was made.",
            "role.updated": "A custom role changed; `previous` has the old values.",
            "role.deleted": "A custom role was deleted.",
        },
    ),
    **_entries(
        "identity",
        TeamPayload,
        {
            "team.created": "A team was made.",
            "team.updated": "A team changed; `previous` has the old values.",
            "team.deleted": "A team was deleted.",
        },
    ),
    **{
        name: entry
        for kind, payload in (
            ("contact", ContactPayload),
            ("company", CompanyPayload),
            ("deal", DealPayload),
            ("note", NotePayload),
        )
        for name, entry in _entries(
            "crm",
            payload,
            {
                f"{kind}.created": f"A {kind} was created.",
                f"{kind}.updated": f"Fields of a {kind} changed; `previous` has the old values.",
                f"{kind}.deleted": f"A {kind} was deleted (kept 30 days).",
            },
        ).items()
    },
    **_entries(
        "crm", DealPayload, {"deal.stage_moved": "A deal moved to another stage of its pipeline."}
    ),
    **_entries(
        "video",
        VideoPayload,
        {
            "video.created": "An upload was opened.",
            "video.updated": "A video's title, links, owner or team changed.",
            "video.uploaded": "All bytes arrived and processing began.",
            "video.ready": "All renditions can be played.",
            "video.failed": "Processing ended with a typed reason.",
            "video.cancelled": "The upload was cancelled.",
            "video.expired": "The upload did not complete in time.",
            "video.deleted": "The video was deleted.",
        },
    ),
    **_entries(
        "video",
        VideoAnalysedPayload,
        {"video.analysed": "Summary, action items and topics are there, each with evidence."},
    ),
}


def envelope(
    workspace: str,
    stamped: Mapping[str, Any],
    new: Mapping[str, Any],
    old: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Build an event's `detail` from the stamp on an item and the item's two stream images.

    Raises KeyError for an event type that the catalogue lacks.
    """
    published = CATALOGUE[stamped["type"]]
    data = published.payload.model_validate(new).model_dump(mode="json")
    detail = {
        "id": stamped["id"],
        "type": stamped["type"],
        "occurred_at": stamped["occurred_at"],
        "workspace": workspace,
        "actor": stamped["actor"],
        "source": stamped["source"],
        "subject": {"type": new["object"], "id": new["id"]},
        "data": data,
        "request_id": stamped["request_id"],
    }
    if old is not None and "id" in old:
        before = published.payload.model_validate(old).model_dump(mode="json")
        previous = {
            name: value
            for name, value in before.items()
            if name != "version" and value != data[name]
        }
        if previous:
            detail["previous"] = previous
    return detail


def detail_type(event_type: str) -> str:
    """Return the bus's name of an event: `contact.created.v1`."""
    return f"{event_type}.v1"
