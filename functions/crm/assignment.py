"""Whose a lead becomes: the first rule, in their order, whose condition holds and that names
somebody who is there takes it.

Of several members who are there each has a turn in a round, as often as its weight says, spread
over the round (smooth weighted round-robin, as nginx does it). A rule's turns are counted by the
table; the n-th turn's owner follows from n and the members who are there, so no two leads share a
turn, however many come at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from functions.crm.conditions import holds
from functions.crm.lead_rules import AssignmentRule
from functions.shared.check import MAX_RECORDS, Door, RecordName
from functions.shared.errors import ConflictError

Shares = tuple[tuple[str, int], ...]  # member, weight


class AssignedBy(BaseModel):
    """The rule that said whose a lead is."""

    model_config = ConfigDict(frozen=True)

    rule_id: str
    name: str


class Turns(Protocol):
    """The counts of turns, one for each rule."""

    def take(self, rule_id: str) -> int:
        """Return the number of a turn that is nobody else's, from 0."""

    def give_back(self, rule_id: str, turn: int) -> None:
        """Let a turn be taken again, unless a later one has been taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose a lead becomes, why, and the turn that was taken for it."""

    owner_id: str
    team_id: str | None  # None: as it is
    by: AssignedBy
    turn: int | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Return the lead's fields that say so."""
        team = {} if self.team_id is None else {"team_id": self.team_id}
        return {"owner_id": self.owner_id, "assigned_by": self.by, **team}


class Assigner:
    """Asks rules in their order; `people` is asked, as the system, who is there."""

    def __init__(self, rules: Sequence[AssignmentRule], people: Door, turns: Turns) -> None:
        self._rules = rules
        self._people = people
        self._turns = turns

    def choose(self, facts: Mapping[str, Any]) -> Assignment | None:
        """Return whose a lead with these facts becomes; None when no rule takes it.

        Costs 1 request to `people` (2 for a team) for each rule asked whose condition holds, and 1
        for the turn where several are there. Raises UnavailableError.
        """
        for rule in self._rules:
            if rule.active and (rule.condition is None or holds(rule.condition, facts)):
                shares = self._there(rule)
                if shares:
                    return self._turn(rule, shares)
        return None

    def candidates(self) -> list[str]:
        """Return who of those whom the first rule names is there (1 or 2 requests to `people`)."""
        return [member for member, _ in self._there(self._rules[0])]

    def withdraw(self, made: Assignment) -> None:
        """Take back an assignment that was not written."""
        if made.turn is not None:
            self._turns.give_back(made.by.rule_id, made.turn)

    def _turn(self, rule: AssignmentRule, shares: Shares) -> Assignment:
        by = AssignedBy(rule_id=rule.id, name=rule.name)
        if len(shares) == 1:
            return Assignment(shares[0][0], rule.target.team_id, by)
        turn = self._turns.take(rule.id)
        return Assignment(owner_of(shares, turn), rule.target.team_id, by, turn)

    def _there(self, rule: AssignmentRule) -> Shares:
        """Return the members that a rule names and that are there, with their weights."""
        target = rule.target
        named: list[tuple[str, int]]
        if target.type == "member":
            named = [(str(target.member_id), 1)]
        elif target.type == "list":
            named = [(each.member_id, each.weight) for each in target.members or ()]
        else:
            team = RecordName(type="team", id=str(target.team_id))
            shown = self._people.shown([team]).get(team.id, {})
            return tuple((member, 1) for member in shown.get("member_ids", ())[:MAX_RECORDS])
        names = [RecordName(type="member", id=member) for member, _ in named]
        missing = {each.id for each in self._people.missing(names)}
        return tuple(each for each in named if each[0] not in missing)


def owner_of(shares: Shares, turn: int) -> str:
    """Return whose turn it is."""
    sequence = _round(shares)
    return sequence[turn % len(sequence)]


@lru_cache(maxsize=500)
def _round(shares: Shares) -> tuple[str, ...]:
    """Return one round: each member as often as its weight, lightened to lowest terms, says."""
    common = gcd(*(weight for _, weight in shares))
    weights = [weight // common for _, weight in shares]
    total = sum(weights)
    credit = [0] * len(weights)
    turns = []
    for _ in range(total):
        credit = [each + weight for each, weight in zip(credit, weights, strict=True)]
        next_one = credit.index(max(credit))
        credit[next_one] -= total
        turns.append(shares[next_one][0])
    return tuple(turns)


def nobody() -> ConflictError:
    """Return the refusal of a lead that no rule takes."""
    return ConflictError(
        "No assignment rule takes this lead, or nobody whom one names is there.",
        code="no_matching_rule",
    )
