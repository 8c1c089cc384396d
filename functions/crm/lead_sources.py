"""Where leads come from: the sources that a workspace has declared, and what is counted by them.

A source is known by its `key`, which never changes; leads name the key. Each workspace has some
from the start. One that is archived stays on the leads that have it, and no other lead is given it;
none is deleted, so that what was counted keeps its name. Leads that had a source before it had to
be declared keep it too, and are counted under it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field, StringConstraints

from functions.crm.board import NOBODY, NOTHING, SHARDS, Tally, View, counts, tally_partition
from functions.crm.fields import Fields
from functions.crm.index import Entry, Indexed, Portion
from functions.crm.lead_fields import BORN_SOURCES, Source, source_key
from functions.shared.caller import Caller
from functions.shared.ids import derived_id
from functions.shared.record import Record
from functions.shared.validation import untold

MAX_SOURCES = 100  # of a workspace, besides those it is born with
COUNTED = "SOURCES"  # in the place of a pipeline, in the keys of counters

_BORN = "2026-11-24T00:00:00.000Z"

Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"\S")
]
About = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class LeadSourceFields(Fields):
    """A new source."""

    key: Source | None = Field(default=None, description="Left out: made of the name.")
    name: Title
    description: About = ""


class LeadSourcePatch(Fields):
    """What changes of a source; its key stays."""

    name: Title = Field(default_factory=untold)
    description: About = Field(default_factory=untold)
    archived: bool = Field(
        default_factory=untold, description="No other lead is given an archived source."
    )


class LeadSource(Record):
    """Where leads come from."""

    PREFIX: ClassVar[str] = "src"
    OBJECT: ClassVar[str] = "lead_source"

    key: str
    name: str
    description: str = ""
    archived: bool = False

    @classmethod
    def of(cls, fields: LeadSourceFields, caller: Caller) -> Self:
        """Return a new source; raises ValueError when a name makes no key."""
        key = fields.key or source_key(fields.name)[:40].strip("_")
        made = cls.born(caller, key=key, name=fields.name, description=fields.description)
        return made.model_copy(update={"id": source_id(caller.workspace, key)})

    def patched(self, patch: LeadSourcePatch) -> Self:
        """Return the next version, or this very one when nothing changes."""
        told = patch.model_dump(exclude_unset=True)
        return self if told.items() <= self.model_dump().items() else self.changed(**told)


class SourceCount(BaseModel):
    """What became of the leads that came from one source."""

    source: str | None = Field(description="null: the leads that name no source.")
    name: str | None = Field(description="null: it is not declared.")
    leads: int
    open: int
    won: int
    lost: int
    converted: int
    conversion_rate: float | None = Field(
        ge=0, le=1, description="Converted leads, of all; null where there are none."
    )
    win_rate: float | None = Field(
        ge=0, le=1, description="Won leads, of those won or lost; null where there are none."
    )


class SourceCounts(BaseModel):
    """All sources, declared or not, the one with the most leads first."""

    data: list[SourceCount]


def source_id(workspace: str, key: str) -> str:
    """Return the id of a workspace's source: one key is one record."""
    return derived_id(LeadSource.PREFIX, f"lead_source:{workspace}:{key}")


def born_with(workspace: str) -> list[LeadSource]:
    """Return the sources that a workspace has from the start, as they are until changed."""
    return [
        LeadSource(
            id=source_id(workspace, key),
            object=LeadSource.OBJECT,
            created_at=_BORN,
            updated_at=_BORN,
            created_by={"type": "system", "id": "reelate"},
            version=1,
            key=key,
            name=name,
        )
        for key, name in BORN_SOURCES.items()
    ]


def project(
    item: Mapping[str, Any], _indexed: Indexed
) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """The projection: what a live lead adds to the counters of its source; one for all, one for its
    owner and one for its team, as on boards."""
    if item["object"] != "lead" or "deleted_at" in item:
        return (), ()
    amounts = {"count": 1, item["status"]: 1, "converted": int(bool(item.get("converted_at")))}
    owner, team = item.get("owner_id"), item.get("team_id")
    sort = f"{item.get('source') or NOTHING}#{NOTHING}#{NOTHING}"
    portions = [Portion(tally_partition(COUNTED, None), f"{sort}#{NOBODY}", amounts, SHARDS)]
    for name, whose, other in (("OWNER", owner, team), ("TEAM", team, owner)):
        if whose is not None:
            partition = tally_partition(COUNTED, (name, whose))
            portions.append(Portion(partition, f"{sort}#{other or NOBODY}", amounts))
    return (), portions


def counted(
    tallies: Iterable[Tally], sources: Sequence[LeadSource], caller: Caller
) -> SourceCounts:
    """Return what a caller may know of each source."""
    names = {each.key: each.name for each in sources}
    sums: dict[str, dict[str, int]] = {each.key: {} for each in sources if not each.archived}
    for each in tallies:
        if counts(each, View(), caller):
            mine = sums.setdefault(each.stage, {})
            for name in ("count", "open", "won", "lost", "converted"):
                mine[name] = mine.get(name, 0) + int(each.amounts.get(name, 0))
    found = [
        _count(key, names.get(key), those)
        for key, those in sums.items()
        if those.get("count") or key in names
    ]
    found.sort(key=lambda each: (-each.leads, each.source or ""))
    return SourceCounts(data=found)


def _count(key: str, name: str | None, sums: Mapping[str, int]) -> SourceCount:
    leads, won, lost = (sums.get(each, 0) for each in ("count", "won", "lost"))
    converted = sums.get("converted", 0)
    return SourceCount(
        source=None if key == NOTHING else key,
        name=name,
        leads=leads,
        open=sums.get("open", 0),
        won=won,
        lost=lost,
        converted=converted,
        conversion_rate=_share(converted, leads),
        win_rate=_share(won, won + lost),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None
