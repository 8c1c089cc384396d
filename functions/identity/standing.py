"""What the authorizer must know of a member: their state, role and teams, now."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Standing(BaseModel):
    """The part of a member's record that decides what their credentials may do."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    role: str
    state: str
    team_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> "Standing | None":
        """Read a member's record; None for one who is absent, deleted or not active."""
        if item is None or "deleted_at" in item:
            return None
        standing = cls.model_validate(item)
        return standing if standing.state == "active" else None
