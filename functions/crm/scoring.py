"""A lead's score: the points of the rules whose condition holds, with the rules as its reasons.

A score follows from the lead's own fields and the rules alone, in the rules' order, so whoever
computes it again gets the same. It is computed in each write of a lead; a changed rule reaches the
leads that nobody writes in the background (`score_leads`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from functions.crm.conditions import holds

MAX_RULES, MAX_POINTS, MAX_SCORE = 100, 100, 1_000


class ScoreReason(BaseModel):
    """A rule that held, and what it gave or took."""

    model_config = ConfigDict(frozen=True)

    rule_id: str
    name: str
    points: int


class Score(NamedTuple):
    """A sum within ±MAX_SCORE and what it is made of."""

    value: int
    reasons: list[ScoreReason]


class Run(BaseModel):
    """How far the scoring of a workspace's leads is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    began_at: str
    position: Mapping[str, Any] | None = None  # of the page to go on with
    done: bool = False


class Scoring(Protocol):
    """What is read of a scoring rule."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def condition(self) -> Mapping[str, Any]: ...
    @property
    def points(self) -> int: ...


def score(rules: Sequence[Scoring], facts: Mapping[str, Any]) -> Score:
    """Return the score of a lead's facts (`conditions.facts_of`) under rules in their order."""
    reasons = [
        ScoreReason(rule_id=rule.id, name=rule.name, points=rule.points)
        for rule in rules
        if rule.active and holds(rule.condition, facts)
    ]
    total = sum(each.points for each in reasons)
    return Score(max(-MAX_SCORE, min(MAX_SCORE, total)), reasons)
