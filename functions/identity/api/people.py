"""What the routes of members, workspaces and clients take and show."""

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

from functions.identity.api.schemas import Scope
from functions.identity.machines import MachineClient
from functions.identity.members import Member
from functions.shared import natural_keys
from functions.shared.limits import MAX_RETENTION_DAYS

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S")
]
Email = Annotated[
    str,
    StringConstraints(max_length=300),
    AfterValidator(natural_keys.email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254}),
]
RoleName = Annotated[
    str,
    StringConstraints(max_length=50),
    Field(description="A built-in role's name or a custom role's id."),
]
TeamIds = Annotated[
    list[Annotated[str, StringConstraints(pattern="^tea_[0-9a-hjkmnp-tv-z]{26}$")]],
    Field(max_length=20, json_schema_extra={"uniqueItems": True}),
    AfterValidator(lambda ids: list(dict.fromkeys(ids))),
]
MemberRef = Annotated[str, StringConstraints(pattern="^mem_[0-9a-hjkmnp-tv-z]{26}$")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MemberInvite(_Input):
    """A person to invite."""

    email: Email
    name: Name
    role: RoleName
    team_ids: TeamIds = Field(default_factory=list)


class MemberPatch(_Input):
    """What to change of a member; what is left out stays."""

    name: Name = Field(default_factory=str)
    role: RoleName = Field(default_factory=str)
    team_ids: TeamIds = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_cleared(cls, values: Any) -> Any:
        if isinstance(values, dict) and None in values.values():
            raise ValueError("A member always has a name, a role and a list of teams.")
        return values

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return self.model_dump(exclude_unset=True)


class Deactivation(_Input):
    """Who gets the records; without `reassign_to` they stay the member's."""

    reassign_to: MemberRef | None = None


class InvitationAccept(_Input):
    """The invitation's text."""

    token: str = Field(min_length=1, max_length=200)


class MemberView(Member):
    """A member; `invitation` is there only in the reply that made it."""

    subject: str | None = Field(default=None, exclude=True)
    reassign_to: str | None = Field(default=None, exclude=True)
    invitation: str | None = None


class MemberList(BaseModel):
    data: list[MemberView]
    next_cursor: str | None


class MembershipView(BaseModel):
    """An account's place in a workspace."""

    object: Literal["membership"] = "membership"
    workspace: str
    name: str | None = Field(default=None, description="The workspace's.")
    member_id: str | None = None
    role: str
    current: bool = Field(description="Whether the next token will be for this workspace.")


class MembershipList(BaseModel):
    data: list[MembershipView]


class WorkspaceView(BaseModel):
    """The workspace of the credential."""

    id: str
    object: Literal["workspace"]
    created_at: str
    updated_at: str
    created_by: dict[str, str]
    version: int
    name: str
    allowed_origins: list[str]
    video_retention_days: int | None = Field(
        default=None,
        description="Days that new videos are kept; null: until they are deleted.",
    )
    video_source_retention_days: int | None = Field(
        default=None, description="Days that the files of new videos are kept; null: as the videos."
    )


Origin = Annotated[
    str,
    StringConstraints(
        max_length=260,
        pattern=r"^(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$",
    ),
]


Days = Annotated[int, Field(ge=1, le=MAX_RETENTION_DAYS, strict=True)]


class WorkspacePatch(_Input):
    """What to change of the workspace; what is left out stays."""

    name: Name = Field(default_factory=str)
    allowed_origins: list[Origin] | None = Field(
        default=None,
        max_length=20,
        description="Web pages that may read replies to this workspace's credentials (CORS), such "
        "as `https://app.example.com`; null or empty: the deployment's own.",
    )

    video_retention_days: Days | None = Field(
        default=None,
        description="Days after their making at which new videos are deleted, unless they are made "
        "with days of their own; null: never. Videos that are there keep theirs.",
    )
    video_source_retention_days: Days | None = Field(
        default=None,
        description="Days after their arrival at which the files of new videos are deleted, while "
        "all that was made of them stays; null: never.",
    )

    @model_validator(mode="before")
    @classmethod
    def _has_a_name(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("name", "") is None:
            raise ValueError("A workspace always has a name.")
        return values

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        sent = self.model_dump(exclude_unset=True)
        if "allowed_origins" in sent:
            sent["allowed_origins"] = tuple(dict.fromkeys(sent["allowed_origins"] or ()))
        return sent


class ClientCreate(_Input):
    """A program's account to make."""

    name: Name
    role: RoleName
    scopes: list[Scope] | None = Field(
        default=None, max_length=100, description="Narrower than the role; omit for all of it."
    )


class ClientView(MachineClient):
    """A client; `client_secret` is there only in the reply that made it."""

    client_secret: str | None = None


class ClientList(BaseModel):
    data: list[ClientView]
    next_cursor: str | None
