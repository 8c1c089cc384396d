"""The events that the identity context publishes."""

from pydantic import Field

from functions.shared.event_payloads import Payload, Published, entries


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


EVENTS: dict[str, Published] = {
    **entries(
        "identity",
        WorkspacePayload,
        {
            "workspace.created": "A workspace was born.",
            "workspace.updated": "A workspace got another name.",
        },
    ),
    **entries(
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
    **entries(
        "identity",
        ClientPayload,
        {
            "client.created": "An OAuth2 client was made.",
            "client.deleted": "An OAuth2 client was deleted.",
        },
    ),
    **entries(
        "identity",
        ApiKeyPayload,
        {
            "api_key.created": "A key was made.",
            "api_key.updated": "A key was renamed or pinned to another version of the API.",
            "api_key.rotated": "A key was given a new text.",
            "api_key.deleted": "A key was revoked.",
        },
    ),
    **entries(
        "identity",
        RolePayload,
        {
            "role.created": "A custom role was made.",
            "role.updated": "A custom role changed; `previous` has the old values.",
            "role.deleted": "A custom role was deleted.",
        },
    ),
    **entries(
        "identity",
        TeamPayload,
        {
            "team.created": "A team was made.",
            "team.updated": "A team changed; `previous` has the old values.",
            "team.deleted": "A team was deleted.",
        },
    ),
}
