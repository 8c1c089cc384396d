"""The rules that an administrator writes for leads: which points they get, and whose they are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from functions.crm.conditions import check
from functions.crm.fields import Fields
from functions.crm.scoring import MAX_POINTS
from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.ownership import MemberId, TeamId
from functions.shared.record import Record
from functions.shared.validation import untold

MAX_MEMBERS, MAX_WEIGHT, MAX_POSITION = 50, 20, 10_000


def _points(value: int) -> int:
    if value == 0:
        raise ValueError("A rule that gives no points says nothing.")
    return value


RuleName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"\S")
]
Condition = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "title": "Condition",
            "description": "JSONLogic over the record's fields (`custom.<name>` for custom ones); "
            "operators: var, and, or, !, !!, if, ==, ===, !=, !==, <, <=, >, >=, +, -, *, /, %, "
            "min, max, in, lower, starts_with, ends_with. At most 4,096 bytes. A comparison with "
            "an empty field does not hold.",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": True,
            "examples": [{"==": [{"var": "source"}, "web_form"]}],
        }
    ),
]
Points = Annotated[
    int,
    Field(ge=-MAX_POINTS, le=MAX_POINTS, description="Never 0."),
    AfterValidator(_points),
]
Place = Annotated[
    int, Field(ge=0, le=MAX_POSITION, description="Rules are asked in this order, then by age.")
]


class ShareFields(Fields):
    """A member of a list, and how many turns in a round are theirs."""

    member_id: MemberId
    weight: Annotated[int, Field(ge=1, le=MAX_WEIGHT)] = 1


class TargetFields(Fields):
    """To whom records go: one `member`, the members of a `team` in turn, or a `list` of members in
    turn by their weights. `team_id` is the team that they are given to besides."""

    type: Literal["member", "team", "list"]
    member_id: MemberId | None = None
    team_id: TeamId | None = None
    members: Annotated[list[ShareFields], Field(max_length=MAX_MEMBERS)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "TargetFields":
        needed = {"member": self.member_id, "team": self.team_id, "list": self.members}
        if not needed[self.type]:
            names = {"member": "member_id", "team": "team_id", "list": "members"}
            raise ValueError(f"A target of type '{self.type}' has `{names[self.type]}`.")
        if (self.member_id and self.type != "member") or (self.members and self.type != "list"):
            raise ValueError("Say `member_id` of a member, `members` of a list alone.")
        named = [each.member_id for each in self.members or ()]
        if len(named) > len(set(named)):
            raise ValueError("A list names each member once.")
        return self


class ScoringRuleFields(Fields):
    name: RuleName
    condition: Condition
    points: Points
    active: bool = True


class ScoringRulePatch(Fields):
    """What changes; a `condition` is replaced as a whole."""

    name: RuleName = Field(default_factory=untold)
    condition: Condition = Field(default_factory=untold)
    points: Points = Field(default_factory=untold)
    active: bool = Field(default_factory=untold)


class AssignmentRuleFields(Fields):
    name: RuleName
    condition: Condition | None = Field(default=None, description="null: every lead.")
    position: Place = 100
    target: TargetFields
    active: bool = True


class AssignmentRulePatch(Fields):
    """What changes; `condition` and `target` are replaced as a whole."""

    name: RuleName = Field(default_factory=untold)
    condition: Condition | None = None
    position: Place = Field(default_factory=untold)
    target: TargetFields = Field(default_factory=untold)
    active: bool = Field(default_factory=untold)


class Rule(Record):
    """What rules have in common."""

    name: str
    active: bool

    @classmethod
    def of(cls, fields: Fields, caller: Caller) -> Self:
        """Return a new rule of what a caller sent."""
        return cls.born(caller, **fields.model_dump())

    def patched(self, patch: Fields) -> Self:
        """Return the next version with the fields that a patch names, or this very one when
        nothing changes."""
        told = patch.model_dump(exclude_unset=True)
        own = self.model_dump()
        return self if all(own[name] == told[name] for name in told) else self.changed(**told)


class ScoringRule(Rule):
    """A condition on leads, and the points of those for which it holds."""

    PREFIX: ClassVar[str] = "sco"
    OBJECT: ClassVar[str] = "scoring_rule"

    condition: Mapping[str, Any]
    points: int


class Share(BaseModel):
    """A member of a list, and how many turns in a round are theirs."""

    model_config = ConfigDict(frozen=True)

    member_id: str
    weight: int


class Target(BaseModel):
    """To whom leads go."""

    model_config = ConfigDict(frozen=True)

    type: Literal["member", "team", "list"]
    member_id: str | None = None
    team_id: str | None = None
    members: Sequence[Share] | None = None


class AssignmentRule(Rule):
    """A condition on leads, and to whom those go for which it holds."""

    PREFIX: ClassVar[str] = "asn"
    OBJECT: ClassVar[str] = "assignment_rule"

    condition: Mapping[str, Any] | None = None
    position: int
    target: Target


RULE = TypeVar("RULE", bound=Rule)


def checked(rule: RULE, readable: Collection[str], people: Door) -> RULE:
    """Return a rule whose condition reads nothing but `readable` fields and whose target names
    members and teams that are there (asked of `people`, 1 request). Raises InvalidError."""
    condition = rule.model_dump().get("condition")
    if condition is not None or isinstance(rule, ScoringRule):
        check(condition, readable)
    if isinstance(rule, AssignmentRule):
        names = dict(named(rule.target))
        missing = people.missing(list(names.values()))
        if faults := [
            FieldProblem(pointer, f"unknown_{each.type}", f"There is no such {each.type}.")
            for pointer, each in names.items()
            if each in missing
        ]:
            raise InvalidError(
                "The rule names members or teams that do not exist; see `errors`.",
                code=faults[0].code,
                errors=faults,
            )
    return rule


def named(target: Target) -> Iterator[tuple[str, RecordName]]:
    if target.member_id:
        yield "/target/member_id", RecordName(type="member", id=target.member_id)
    if target.team_id:
        yield "/target/team_id", RecordName(type="team", id=target.team_id)
    for position, each in enumerate(target.members or ()):
        name = RecordName(type="member", id=each.member_id)
        yield f"/target/members/{position}/member_id", name
