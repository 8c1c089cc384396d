"""What the identity routes take and show."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from functions.identity.model import ApiKey
from functions.identity.roles import Role
from functions.identity.teams import Team
from functions.shared.clock import NO_TIME
from functions.shared.policy import ROLES, SCOPES, Visibility
from functions.shared.validation import untold
from functions.shared.versions import LEDGER

SERVED = tuple(each.date for each in LEDGER.versions)
_ID = "[0-9a-hjkmnp-tv-z]{26}"
MAX_OVERLAP, DAY = 604_800, 86_400  # seconds

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S")
]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]
Scope = Annotated[
    str, StringConstraints(max_length=100), Field(json_schema_extra={"enum": sorted(SCOPES)})
]
Scopes = Annotated[list[Scope], Field(max_length=100)]
ROLE_PATTERN = f"^({'|'.join(ROLES)}|rol_{_ID})$"
RoleName = Annotated[
    str,
    StringConstraints(max_length=50),
    Field(
        description="A built-in role, or a custom role's id.",
        json_schema_extra={"pattern": ROLE_PATTERN},
    ),
]
MemberId = Annotated[
    str, StringConstraints(max_length=50), Field(json_schema_extra={"pattern": f"^mem_{_ID}$"})
]


def _served(version: str) -> str:
    if version not in SERVED:
        raise ValueError(f"One of: {', '.join(SERVED)}.")
    return version


ApiVersion = Annotated[
    str,
    StringConstraints(max_length=20),
    AfterValidator(_served),
    Field(
        description="The dated shape of the API that the key gets without `Reelate-Version`.",
        json_schema_extra={"enum": list(SERVED)},
    ),
]


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(NO_TIME)  # noqa: TRY004
    return value


class Input(BaseModel):
    """Base of all inputs: nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ApiKeyCreate(Input):
    """A key to make."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Nightly sync", "role": "rep"}]}
    )

    name: Name
    role: RoleName
    scopes: Scopes | None = Field(
        default=None, description="Narrower than the role; omit for all of it."
    )
    member_id: MemberId | None = Field(
        default=None,
        description="The member whom the key acts for: it never may or sees more than they do, "
        "and stops working when they are deactivated. Left out: you, if you are a person, or the "
        "member of the key you ask with. Null: nobody, a key of the workspace itself.",
    )
    mode: Literal["live", "test"] = Field(
        default="live",
        description="A test key acts in the workspace's sandbox, apart from all live data, and "
        "administers nothing.",
    )
    api_version: ApiVersion | None = Field(
        default=None, description="Left out: the newest of today."
    )
    expires_at: Annotated[AwareDatetime, BeforeValidator(_text)] | None = None


class ApiKeyPatch(Input):
    """What of a key may change; its power may not: make another."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Hourly sync"}]})

    name: Name = Field(default_factory=untold)
    api_version: ApiVersion = Field(default_factory=untold)


class Rotation(Input):
    """How a key gets a new text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_seconds": 3_600}]})

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=MAX_OVERLAP)] = Field(
        default=DAY,
        description="How long the text until now keeps working. No former text of the key works "
        "longer than that: 0 ends them all.",
    )


class ApiKeyView(ApiKey):
    """A key; `key`, its text, is there only in the reply that made it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Nightly sync"}]})

    digest: str = Field(exclude=True)
    former_digests: list[Any] = Field(default_factory=list, exclude=True)
    key: str | None = None


class ApiKeyList(BaseModel):
    data: list[ApiKeyView]
    next_cursor: str | None


class RoleCreate(Input):
    """A role to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Support",
                    "scopes": ["contacts:read", "videos:read"],
                    "visibility": "team",
                }
            ]
        }
    )

    name: Name
    description: Description = ""
    scopes: Scopes
    visibility: Visibility = Field(
        default="own", description="Whose records its holders see: theirs, their teams', all."
    )


class RolePatch(Input):
    """Changes of a role. They hold for everybody who has it within 60 seconds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"visibility": "all"}]})

    name: Name = Field(default_factory=untold)
    description: Description = Field(default_factory=untold)
    scopes: Scopes = Field(default_factory=untold)
    visibility: Visibility = Field(default_factory=untold)


class RoleList(BaseModel):
    data: list[Role]
    next_cursor: str | None


class TeamCreate(Input):
    """A team to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "North"}]})

    name: Name
    description: Description = ""


class TeamPatch(Input):
    """Changes of a team."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "North and East"}]})

    name: Name = Field(default_factory=untold)
    description: Description = Field(default_factory=untold)


class TeamList(BaseModel):
    data: list[Team]
    next_cursor: str | None


class Me(BaseModel):
    """Who the credential stands for."""

    object: str = "me"
    workspace: str
    actor: dict[str, str]  # {type, id}, as in `created_by` and in events
    role: str
    scopes: list[str]


class Health(BaseModel):
    status: str = "ok"
