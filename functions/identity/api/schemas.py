"""What the identity routes take and show."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from functions.identity.model import ApiKey


class ApiKeyCreate(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Nightly sync", "role": "rep"}]},
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    role: str = Field(description="admin, rep or viewer")
    scopes: list[str] | None = Field(
        default=None, max_length=100, description="Narrower than the role; omit for all of it."
    )
    expires_at: AwareDatetime | None = None


class ApiKeyView(ApiKey):
    """A key; `key` is there only in the reply that made it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Nightly sync"}]})

    digest: str = Field(exclude=True)
    key: str | None = None


class ApiKeyList(BaseModel):
    data: list[ApiKeyView]
    next_cursor: str | None


class Me(BaseModel):
    """Who the credential stands for."""

    object: str = "me"
    workspace: str
    principal: str
    kind: str
    role: str
    scopes: list[str]


class Health(BaseModel):
    status: str = "ok"
