"""Merging: several records that are one become one.

The winner stays, with the best of all; the losers become names of it (`merged_ids`). A merge is a
record of its own, with a journal of everything it moved, and can be undone for a week.

    running ──everything has moved──> done ──undo──> undoing ──everything is back──> undone
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.fields import Fields
from functions.crm.merge_choice import Choice, Id
from functions.crm.model import Company, Contact, Deal, Lead, Mergeable
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from functions.shared.ids import is_id
from functions.shared.record import Record

MAX_RECORDS = 10  # of one merge
UNDO_DAYS = 7
MAX_REPORTED = 100  # shown of what an undo left as it was

MERGEABLE: Mapping[str, type[Mergeable]] = {
    "contacts": Contact,
    "companies": Company,
    "deals": Deal,
    "leads": Lead,
}

State = Literal["running", "done", "undoing", "undone"]


class MergeFields(Fields):
    """Records to be merged, the winner first."""

    ids: Annotated[list[Id], Field(min_length=2, max_length=MAX_RECORDS)]
    fields: Annotated[dict[str, Choice], Field(max_length=200)] = Field(
        default_factory=dict,
        description="By name, what a field of the winner shall be; `custom.<name>` for custom "
        "ones. The others: the winner's value, where it has none the first that another has. A "
        "deal's `line_items` are taken `from` one of the deals, and make its amount.",
    )
    dry_run: bool = Field(default=False, description="Say what would be, and do nothing.")


class Moved(BaseModel):
    """How many have moved, or (of a dry run) would; of each at most 1,000 are counted ahead."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    records: int = 0  # deals, activities, contacts and others that named a loser
    associations: int = 0
    videos: int | None = Field(
        default=None,
        description="Videos whose links moved, as the videos' own context tells moments after; "
        "null until then, and of a dry run.",
    )


class Left(BaseModel):
    """Something that an undo left as it is, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    id: str
    reason: str  # edited_since, gone, place_taken; stage_archived: is in the stage's heir


class Merge(Record):
    """A merge: what became of it, and what it moved."""

    PREFIX: ClassVar[str] = "mrg"
    OBJECT: ClassVar[str] = "merge"

    record_type: str  # contact, company, deal, lead
    winner_id: str
    loser_ids: Sequence[str]
    state: State = "running"
    done_at: str | None = None
    undo_until: str | None = None
    moved: Moved = Moved()
    moved_back: Moved = Moved()
    left: Sequence[Left] = Field(default_factory=list)
    left_count: int = 0

    @classmethod
    def of(cls, records: Sequence[Mergeable], caller: Caller) -> Self:
        """Return a new merge of some records, the winner first."""
        winner, *losers = records
        return cls.born(
            caller,
            record_type=winner.OBJECT,
            winner_id=winner.id,
            loser_ids=[each.id for each in losers],
        )

    @property
    def ids(self) -> list[str]:
        return [self.winner_id, *self.loser_ids]

    def finished(self) -> "Merge":
        """Return it done, or undone: whatever comes after its present state."""
        if self.state == "undoing":
            return self.changed(state="undone", undo_until=None)
        moment = now()
        until = iso(moment + timedelta(days=UNDO_DAYS))
        return self.changed(state="done", done_at=iso(moment), undo_until=until)

    def undoing(self) -> "Merge":
        """Return it as it is being undone; raises ConflictError when that cannot be."""
        if self.state == "running":
            raise ConflictError("The merge is still running.", code="merge_running", retry_after=1)
        if self.state != "done":
            raise ConflictError("The merge has been undone.", code="merge_undone")
        if self.undo_until is None or datetime.fromisoformat(self.undo_until) < now():
            raise ConflictError(f"A merge can be undone for {UNDO_DAYS} days.", code="undo_expired")
        return self.changed(state="undoing")


class Preview(BaseModel):
    """What a merge would make, and how much would move."""

    object: Literal["merge_preview"] = "merge_preview"
    record: Contact | Company | Deal | Lead
    moves: Moved


def check_ids(kind: type[Mergeable], ids: Sequence[str]) -> None:
    """Raise InvalidError for ids that cannot be merged: not of the type, or one twice."""
    faults = [
        FieldProblem(f"/ids/{position}", "invalid", f"This is not the id of a {kind.OBJECT}.")
        for position, each in enumerate(ids)
        if not is_id(each, kind.PREFIX)
    ] or [
        FieldProblem(f"/ids/{position}", "repeated", "This id is there already.")
        for position, each in enumerate(ids)
        if each in ids[:position]
    ]
    if faults:
        raise InvalidError(
            "These cannot be merged; see `errors`.", code=faults[0].code, errors=faults
        )


def absent(kind: type[Mergeable], ids: Sequence[str], there: Mapping[str, Any]) -> NotFoundError:
    """Return the refusal of a merge of records that are not all there for the caller."""
    gone = [each for each in ids if each not in there]
    return NotFoundError(f"There is no such {kind.OBJECT}: {', '.join(gone)}.")
