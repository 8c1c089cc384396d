"""Merging: several records that are one become one.

The winner stays, with the best of all; the losers become names of it (`merged_ids`). A merge is a
record of its own, with a journal of everything it moved, and can be undone for a week.

    running ──everything has moved──> done ──undo──> undoing ──everything is back──> undone
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.crm.fields import Fields
from functions.crm.model import Company, Contact, Mergeable
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from functions.shared.ids import is_id
from functions.shared.record import Record
from functions.shared.validation import validated

MAX_RECORDS = 10  # of one merge
MAX_NAMES = 25  # records merged into one, by whatever many merges
UNDO_DAYS = 7
MAX_REPORTED = 100  # shown of what an undo left as it was

MERGEABLE: Mapping[str, type[Mergeable]] = {"contacts": Contact, "companies": Company}
# Not unique, but what people are looked up by all the same: kept among the aliases.
_ALSO_ALIASES = ("phone",)
_OWNERSHIP = frozenset({"owner_id", "team_id"})

State = Literal["running", "done", "undoing", "undone"]
Id = Annotated[str, StringConstraints(max_length=40)]


class Choice(Fields):
    """What a field shall be: as one of the records has it, or a value of its own."""

    from_: Id | None = Field(default=None, alias="from")
    value: Any = None

    @model_validator(mode="after")
    def _one(self) -> "Choice":
        if len(self.model_fields_set & {"from_", "value"}) != 1:
            raise ValueError("Give `from` or `value`, one of the two.")
        return self


class MergeFields(Fields):
    """Records to be merged, the winner first."""

    ids: Annotated[list[Id], Field(min_length=2, max_length=MAX_RECORDS)]
    fields: Annotated[dict[str, Choice], Field(max_length=200)] = Field(
        default_factory=dict,
        description="By name, what a field of the winner shall be; `custom.<name>` for custom "
        "ones. The others: the winner's value, where it has none the first that another has.",
    )
    dry_run: bool = Field(default=False, description="Say what would be, and do nothing.")


class Moved(BaseModel):
    """How many have moved, or (of a dry run) would; of each at most 1,000 are counted ahead."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    records: int = 0  # deals, activities, contacts and others that named a loser
    associations: int = 0


class Left(BaseModel):
    """Something that an undo left as it is, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    id: str
    reason: str  # edited_since, gone, limit_reached


class Merge(Record):
    """A merge: what became of it, and what it moved."""

    PREFIX: ClassVar[str] = "mrg"
    OBJECT: ClassVar[str] = "merge"

    record_type: str  # contact, company
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
    record: Contact | Company
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


KnownBy = Callable[[Mergeable], Mapping[str, Any]]  # a record's unique values, by field


def combined(
    records: Sequence[Mergeable], choices: Mapping[str, Choice], known_by: KnownBy
) -> Mergeable:
    """Return the winner (the first) as it will be.

    Where nothing is chosen a field is the winner's; where that is empty, the first that another
    has, in their order. Tags and custom fields are united, owner and team are the winner's.
    Values that a loser was known by (unique ones, phone numbers) become aliases.

    Raises InvalidError for a choice of a field that there is not, from a record that is not
    among these, and for a value that the field does not take.
    """
    winner = records[0]
    values = {name: _usual(name, records) for name in winner.FIELDS.model_fields}
    _choose(values, records, choices)
    fields = validated(winner.FIELDS, values).model_dump()
    names = [name for each in records[1:] for name in (each.id, *each.merged_ids)]
    merged_ids = list(dict.fromkeys([*winner.merged_ids, *names]))
    if len(merged_ids) > MAX_NAMES:
        raise ConflictError(
            f"At most {MAX_NAMES} records can be merged into one.", code="too_many_merged"
        )
    new = winner.changed(**fields, merged_ids=merged_ids)
    own = _values(new, known_by)
    aliases: dict[str, list[str]] = {}
    for each in records:
        for name, known in _known(each, known_by).items():
            further = aliases.setdefault(name, [])
            further += [value for value in known if value not in (own.get(name), *further)]
    return new.model_copy(update={"aliases": {name: v for name, v in aliases.items() if v}})


def _usual(name: str, records: Sequence[Mergeable]) -> Any:
    held = [getattr(each, name) for each in records]
    if name in _OWNERSHIP:
        return held[0]
    if name == "custom":
        united: dict[str, Any] = {}
        for each in held:
            united = {**each, **united}
        return united
    if name == "tags":
        once: dict[str, str] = {}
        for tag in (tag for each in held for tag in each):
            once.setdefault(tag.casefold(), tag)
        return list(once.values())
    full = next((each for each in held if each not in (None, "", [], ())), held[0])
    return full.model_dump() if isinstance(full, BaseModel) else full


def _choose(
    values: dict[str, Any], records: Sequence[Mergeable], choices: Mapping[str, Choice]
) -> None:
    by_id = {each.id: each for each in records}
    for name, choice in choices.items():
        pointer = f"/fields/{name.replace('~', '~0').replace('/', '~1')}"
        custom = name.removeprefix("custom.") if name.startswith("custom.") else None
        if name == "custom" or (custom is None and name not in values):
            raise _refused(pointer, "unknown_field", "There is no such field to choose.")
        chosen = choice.value
        if choice.from_ is not None:
            if choice.from_ not in by_id:
                raise _refused(f"{pointer}/from", "unknown_reference", "It is not among `ids`.")
            record = by_id[choice.from_]
            chosen = getattr(record, name) if custom is None else record.custom.get(custom)
        if custom is None:
            values[name] = chosen
        elif chosen is None:
            values["custom"] = {k: v for k, v in values["custom"].items() if k != custom}
        else:
            values["custom"] = {**values["custom"], custom: chosen}


def _values(record: Mergeable, known_by: KnownBy) -> dict[str, Any]:
    """Return what a record is known by, by field."""
    further = {name: getattr(record, name, None) for name in _ALSO_ALIASES}
    return {**{k: v for k, v in further.items() if v}, **known_by(record)}


def _known(record: Mergeable, known_by: KnownBy) -> dict[str, list[Any]]:
    known = {name: [value] for name, value in _values(record, known_by).items()}
    for name, values in record.aliases.items():
        known[name] = [*known.get(name, ()), *values]
    return known


def separated(
    winner: Mergeable, before: Mergeable, losers: Sequence[Mergeable], known_by: KnownBy
) -> Mergeable:
    """Return a winner that was edited since the merge without what it has of its losers: their
    names, their aliases, and the unique values that must be theirs alone. The rest stays as
    edited."""
    gone = {name for each in losers for name in (each.id, *each.merged_ids)}
    theirs = {
        (name, value)
        for each in losers
        for name, values in _known(each, known_by).items()
        for value in values
    }
    own = known_by(before)
    back: dict[str, Any] = {}
    custom = dict(winner.custom)
    for name, value in known_by(winner).items():
        if (name, value) in theirs:
            top, _, field = name.partition(".")
            if not field:
                back[top] = own.get(name)
            elif name in own:
                custom[field] = own[name]
            else:
                del custom[field]
    aliases = {
        name: [each for each in values if (name, each) not in theirs and each != back.get(name)]
        for name, values in winner.aliases.items()
    }
    return winner.changed(
        merged_ids=[each for each in winner.merged_ids if each not in gone],
        aliases={name: values for name, values in aliases.items() if values},
        custom=custom,
        **back,
    )


def _refused(pointer: str, code: str, sentence: str) -> InvalidError:
    return InvalidError(
        "The fields cannot be chosen like this; see `errors`.",
        code=code,
        errors=[FieldProblem(pointer, code, sentence)],
    )
