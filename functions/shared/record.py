"""The envelope that every record carries, and the stamp of what each write means."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from functions.shared.audit import audit_stamp
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.ids import new_id


class Record(BaseModel):
    """A stored record. Subclasses set `PREFIX` (of the id) and `OBJECT` (its name on the wire)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    PREFIX: ClassVar[str]
    OBJECT: ClassVar[str]

    id: str
    object: str
    created_at: str  # RFC 3339, UTC, milliseconds
    updated_at: str
    created_by: Mapping[str, str]
    version: int

    @classmethod
    def born(cls, caller: Caller, **fields: Any) -> Self:
        """Return a new record at version 1, made by `caller` now."""
        moment = iso(now())
        return cls(
            id=new_id(cls.PREFIX),
            object=cls.OBJECT,
            created_at=moment,
            updated_at=moment,
            created_by=caller.actor,
            version=1,
            **fields,
        )

    def changed(self, **fields: Any) -> Self:
        """Return the next version with some fields replaced (and validated)."""
        return type(self).model_validate(
            {
                **self.model_dump(),
                **fields,
                "version": self.version + 1,
                "updated_at": iso(now()),
            }
        )

    @property
    def etag(self) -> str:
        """Return the strong entity tag of this version."""
        return f'"{self.version}"'


class OwnedRecord(Record):
    """A record that belongs to a member, to a team, to both or to nobody; who may see it follows
    from that (`Caller.sees`)."""

    owner_id: str | None = None  # mem_…
    team_id: str | None = None  # tea_…

    @classmethod
    def born(cls, caller: Caller, **fields: Any) -> Self:
        """As `Record.born`; it is its maker's and the maker's first team's where `fields` do not
        say otherwise (None: nobody's)."""
        theirs = {
            "owner_id": caller.member,
            "team_id": caller.teams[0] if caller.teams else None,
        }
        return super().born(caller, **{**theirs, **fields})


def stamp(
    event_type: str, caller: Caller, *, source: str | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Return what a write means: kept on the written item itself, so that the event leaves if
    and only if the write was committed (`outbox/publish` reads it from the stream). From where
    the caller acts is for the audit log alone."""
    return audit_stamp(event_type, caller, source=source, at=at)
