"""The board of a pipeline: what of a record is indexed for it, and what its columns add up to.

Whoever sees all records reads a column by its own index; whoever sees some, or asks for one
owner's, reads the strands of those owners and teams. Counts and sums are kept from the stream, for
all together, for each owner and for each team, so each of these callers reads few small items. A
record has one owner and one team, so what is counted under a team and also one's own is left out
there: the sums are exact for everybody, a moment after the last change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from functions.crm.index import Entry, Indexed, Portion
from functions.crm.money import rounded
from functions.shared.caller import Caller

# Deals of one stage that change at the same moment meet in the stage's counter; this many.
SHARDS = 8
NOBODY, NOTHING = "-", "-"  # in the place of an owner or team, and of a currency
_BOARDS = frozenset({"deal", "lead"})


@dataclass(frozen=True, slots=True)
class View:
    """What a board is narrowed to."""

    owner_id: str | None = None
    team_id: str | None = None
    company_id: str | None = None
    tag: str | None = None

    @property
    def sifted(self) -> bool:
        """Say whether records must be looked at one by one."""
        return self.company_id is not None or self.tag is not None

    def shows(self, item: Mapping[str, Any], caller: Caller) -> bool:
        """Say whether a record belongs on the board as this caller sees it."""
        owner, team = item.get("owner_id"), item.get("team_id")
        return (
            caller.sees(owner, team)
            and self.owner_id in (None, owner)
            and self.team_id in (None, team)
            and self.company_id in (None, item.get("company_id"))
            and (self.tag is None or self.tag in item.get("tags", ()))
        )

    def strands(self, caller: Caller) -> Sequence[tuple[str, str]] | None:
        """Return the strands that hold what the caller sees: ("OWNER", member), ("TEAM", team).
        None: the whole column."""
        if self.owner_id is not None:
            return [("OWNER", self.owner_id)]
        if self.team_id is not None:
            return [("TEAM", self.team_id)]
        if caller.visibility == "all":
            return None
        own = [("OWNER", caller.member)] if caller.member else []
        teams = caller.teams if caller.visibility == "team" else ()
        return [*own, *(("TEAM", team) for team in dict.fromkeys(teams))]


class Sum(BaseModel):
    """What some records add up to in one currency; `weighted_minor` by their odds, rounded once."""

    model_config = ConfigDict(frozen=True)

    currency: str
    count: int
    amount_minor: int
    weighted_minor: int


class Totals(BaseModel):
    """What a column adds up to."""

    model_config = ConfigDict(frozen=True)

    count: int = 0
    amounts: Sequence[Sum] = ()  # by the records' own currencies
    in_base: Sequence[Sum] = ()  # of those with an exchange rate, in the base currency


class Tally(NamedTuple):
    """A counter as it is read."""

    strand: tuple[str, str] | None
    stage: str
    currency: str
    base: str
    other: str  # of an owner's strand the team, of a team's the owner
    amounts: Mapping[str, int]


def project(
    item: Mapping[str, Any], _indexed: Indexed
) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """The projection: a record's card in the strands of its column, and what it adds to sums."""
    if item["object"] not in _BOARDS or "deleted_at" in item:
        return (), ()
    pipeline, stage = item["pipeline_id"], item["stage"]
    card = Entry(("BOARD", pipeline, stage), item["rank"], strands=True)
    owner, team = item.get("owner_id"), item.get("team_id")
    amounts, currencies = _amounts(item)
    sort = f"{stage}#{currencies}"
    portions = [Portion(tally_partition(pipeline, None), f"{sort}#{NOBODY}", amounts, SHARDS)]
    for name, whose, other in (("OWNER", owner, team), ("TEAM", team, owner)):
        if whose is not None:
            partition = tally_partition(pipeline, (name, whose))
            portions.append(Portion(partition, f"{sort}#{other or NOBODY}", amounts))
    return [card], portions


def tally_partition(pipeline_id: str, strand: tuple[str, str] | None) -> tuple[str, ...]:
    """Return the partition of the counters of a strand (None: of all records)."""
    return ("TALLY", pipeline_id, *(strand or ()))


def tally(item: Mapping[str, Any], strand: tuple[str, str] | None) -> Tally:
    """Return a counter's item as a tally."""
    stage, currency, base, other = item["sk"].split("#")[:4]
    return Tally(strand, stage, currency, base, other, item)


def added_up(tallies: Iterable[Tally], view: View, caller: Caller) -> dict[str, Totals]:
    """Return what each stage adds up to for a caller, by its key."""
    by_stage: dict[str, list[Tally]] = {}
    for each in tallies:
        if counts(each, view, caller):
            by_stage.setdefault(each.stage, []).append(each)
    return {stage: _totals(those) for stage, those in by_stage.items()}


def _amounts(item: Mapping[str, Any]) -> tuple[dict[str, int], str]:
    """Return what a record adds, and the currencies it does so in. Weights are in hundredths of a
    minor unit: they are rounded when they are shown, together."""
    odds = (item.get("forecast") or {}).get("probability", 0)
    amount, in_base = item.get("amount"), item.get("in_base")
    found = {"count": 1}
    currency, base = NOTHING, NOTHING
    if amount:
        currency, minor = amount["currency"], amount["amount_minor"]
        found |= {"amount": minor, "weighted": minor * odds}
    if in_base:
        base, minor = in_base["amount"]["currency"], in_base["amount"]["amount_minor"]
        found |= {"base": minor, "base_weighted": minor * odds}
    return found, f"{currency}#{base}"


def counts(each: Tally, view: View, caller: Caller) -> bool:
    """Say whether a counter of the strands that a caller reads is part of what it sees."""
    if each.strand is None:
        return True
    name, whose = each.strand
    other = None if each.other == NOBODY else each.other
    owner, team = (whose, other) if name == "OWNER" else (other, whose)
    if view.owner_id not in (None, owner) or view.team_id not in (None, team):
        return False
    if not caller.sees(owner, team):
        return False
    narrowed = view.owner_id is not None or view.team_id is not None
    # one's own of one's team has been counted as one's own
    return narrowed or name == "OWNER" or owner is None or owner != caller.member


def _totals(tallies: Sequence[Tally]) -> Totals:
    return Totals(
        count=sum(each.amounts.get("count", 0) for each in tallies),
        amounts=_sums(tallies, "currency", "amount", "weighted"),
        in_base=_sums(tallies, "base", "base", "base_weighted"),
    )


def _sums(tallies: Sequence[Tally], by: str, amount: str, weighted: str) -> list[Sum]:
    found: dict[str, list[int]] = {}
    for each in tallies:
        sums = found.setdefault(getattr(each, by), [0, 0, 0])
        for position, name in enumerate(("count", amount, weighted)):
            sums[position] += each.amounts.get(name, 0)
    return [
        Sum(
            currency=currency,
            count=count,
            amount_minor=minor,
            weighted_minor=rounded(Fraction(hundredths, 100)),
        )
        for currency, (count, minor, hundredths) in sorted(found.items())
        if currency != NOTHING and count
    ]
