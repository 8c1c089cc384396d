"""What the identity routes take and show."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from functions.identity.model import ApiKey
from functions.shared.policy import ROLES, SCOPES

Scope = Annotated[
    str, StringConstraints(max_length=100), Field(json_schema_extra={"enum": sorted(SCOPES)})
]


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("This is not a time such as '2026-11-22T21:59:17Z'.")  # noqa: TRY004
    return value


class ApiKeyCreate(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Nightly sync", "role": "rep"}]},
    )

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"),
    ]
    role: str = Field(max_length=50, json_schema_extra={"enum": list(ROLES)})
    scopes: list[Scope] | None = Field(
        default=None, max_length=100, description="Narrower than the role; omit for all of it."
    )
    expires_at: Annotated[AwareDatetime, BeforeValidator(_text)] | None = None


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
    actor: dict[str, str]  # {type, id}, as in `created_by` and in events
    role: str
    scopes: list[str]


class Health(BaseModel):
    status: str = "ok"
