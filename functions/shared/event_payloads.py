"""What all published events are made of: the payloads' bases and the catalogue's entries."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """Base of all payloads: the public part of the record as it was written."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    version: int


class OwnedPayload(Payload):
    """Base of the payloads of records that belong to a member, to a team, or to nobody."""

    owner_id: str | None = None
    team_id: str | None = None


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


@dataclass(frozen=True, slots=True)
class Published:
    """A catalogue entry."""

    source: str
    payload: type[Payload]
    since: str
    meaning: str


SINCE = "2026-11-22"


def entries(
    context: str, payload: type[Payload], meanings: Mapping[str, str], since: str = SINCE
) -> dict[str, Published]:
    """Return the catalogue entries of a context's events that share a payload."""
    return {
        name: Published(f"reelate.{context}", payload, since, meaning)
        for name, meaning in meanings.items()
    }
