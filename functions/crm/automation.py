"""Automations: when one of these events happens to a record of a type, and a condition holds for
the record as it is now, then these actions.

A condition is JSONLogic (`conditions`); there is no language of our own. What an action does is
a change like any other: at the record's version, with its event, which says `source: automation`
and carries its `cause`: the event that led here and the automations on the way. By that chain it
ends: no automation runs twice in one, and none beyond MAX_DEPTH.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from functions.crm import conditions, elapsed
from functions.crm.activity_fields import ActivityPatch
from functions.crm.assignment import Assignment
from functions.crm.definitions import Definitions
from functions.crm.fields import (
    MAX_TAG,
    Body,
    CompanyPatch,
    ContactPatch,
    DealPatch,
    Fields,
    Name,
    Title,
)
from functions.crm.lead_fields import LeadPatch
from functions.crm.lead_rules import Target, TargetFields, named
from functions.crm.model import KINDS
from functions.shared.caller import Caller
from functions.shared.check import Door, RecordName
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.events import CATALOGUE
from functions.shared.merge_patch import merge
from functions.shared.ownership import MemberId, TeamId
from functions.shared.record import Record
from functions.shared.validation import untold, validated

MAX_AUTOMATIONS, MAX_ACTIONS, MAX_EVENTS, MAX_DEPTH = 50, 10, 10, 3
MAX_RUNS_AN_HOUR = 10_000  # of all automations of a workspace
MAX_PAYLOAD = 20  # members of an emitted event
LONGEST_TASK = 525_600  # minutes: a year

PATCHES: Mapping[str, type[Fields]] = {
    "contact": ContactPatch,
    "company": CompanyPatch,
    "deal": DealPatch,
    "lead": LeadPatch,
    "activity": ActivityPatch,
}
RecordKind = Literal["contact", "company", "deal", "lead", "activity"]
_ENDED = (".deleted", ".purged")


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG, pattern=r"\S")
]
EventName = Annotated[str, StringConstraints(max_length=80, pattern=r"^[a-z_]+\.[a-z_]+$")]
FieldName = Annotated[
    str,
    StringConstraints(pattern=r"^(custom\.)?[A-Za-z][A-Za-z0-9_-]{0,63}$"),
    Field(examples=["title", "custom.segment"]),
]
Plain = Annotated[
    str | bool | int | float | None,
    WithJsonSchema({"type": ["string", "boolean", "number", "null"], "maxLength": 2_000}),
]
_SETS = {
    "create_task": ("subject",),
    "set_field": ("field",),
    "add_tag": ("tag",),
    "remove_tag": ("tag",),
    "assign": (),
    "emit_event": ("name",),
}
_MAY_SET = {
    "create_task": ("body", "due_in"),
    "set_field": ("value",),
    "assign": ("owner_id", "team_id", "target"),
    "emit_event": ("payload",),
}


class ActionFields(Fields):
    """One action; `type` says which of the other fields it has."""

    type: Literal["create_task", "set_field", "add_tag", "remove_tag", "assign", "emit_event"]
    subject: Title | None = Field(default=None, validate_default=True)
    body: Body | None = None
    due_in: Annotated[int, Field(ge=0, le=LONGEST_TASK)] | None = Field(
        default=None, description="Minutes until the task is due."
    )
    field: FieldName | None = Field(default=None, validate_default=True)
    value: Plain = None
    tag: Tag | None = Field(default=None, validate_default=True)
    owner_id: MemberId | None = Field(default=None, validate_default=True)
    team_id: TeamId | None = None
    target: TargetFields | None = Field(
        default=None,
        validate_default=True,
        description="Instead of `owner_id`: members whose turn it is, as in assignment rules; each "
        "action has turns of its own.",
    )
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,63}$")] | None = Field(
        default=None, validate_default=True
    )
    payload: Annotated[dict[str, Plain], Field(max_length=MAX_PAYLOAD)] | None = None

    @field_validator("subject", "body", "due_in", "field", "value", "tag", "owner_id", "team_id",
                     "target", "name", "payload")  # fmt: skip
    @classmethod
    def _of_its_type(cls, value: Any, info: ValidationInfo) -> Any:
        kind, name = info.data.get("type"), str(info.field_name)
        if kind is None:
            return value
        if value is None and name in _SETS[kind]:
            raise ValueError(f"A {kind} has a `{name}`.")
        if value is not None and name not in (*_SETS[kind], *_MAY_SET.get(kind, ())):
            raise ValueError(f"A {kind} has no `{name}`.")
        if (kind, name) == ("assign", "target"):
            told = info.data.get("owner_id"), info.data.get("team_id")
            if value is None and told[0] is None:
                raise ValueError("An assign has an `owner_id` or a `target`.")
            if value is not None and told != (None, None):
                raise ValueError("An assign with a `target` has no `owner_id` and no `team_id`.")
        return value


_Actions = Annotated[list[ActionFields], Field(min_length=1, max_length=MAX_ACTIONS)]
_Events = Annotated[
    list[EventName], Field(min_length=1, max_length=MAX_EVENTS), AfterValidator(_once)
]
_Condition = Annotated[dict[str, Any], Field(examples=[{"==": [{"var": "status"}, "won"]}])]


class AutomationFields(Fields):
    name: Name
    record_type: RecordKind
    when: _Events
    condition: _Condition | None = None
    actions: _Actions
    enabled: bool = True

    @field_validator("when")
    @classmethod
    def _happen_to_it(cls, when: list[str], info: ValidationInfo) -> list[str]:
        kind = info.data.get("record_type")
        for each in when:
            if kind is not None and each not in events_of(kind):
                raise ValueError(f"'{each[:40]}' is no event of a live {kind}.")
        return when


class AutomationPatch(Fields):
    name: Name = Field(default_factory=untold)
    when: _Events = Field(default_factory=untold)
    condition: _Condition | None = None
    actions: _Actions = Field(default_factory=untold)
    enabled: bool = Field(default_factory=untold)


def events_of(kind: str) -> frozenset[str]:
    """Return the events after which a record of this type is there."""
    prefixes = (f"{kind}.", "task.") if kind == "activity" else (f"{kind}.",)
    return frozenset(
        name for name in CATALOGUE if name.startswith(prefixes) and not name.endswith(_ENDED)
    )


class Action(BaseModel):
    """What an automation does, as it is stored."""

    model_config = ConfigDict(frozen=True)

    type: str
    subject: str | None = None
    body: str | None = None
    due_in: int | None = None
    field: str | None = None
    value: Plain = None
    tag: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    target: Target | None = None
    name: str | None = None
    payload: Mapping[str, Plain] | None = None

    def patch(self, tags: Sequence[str], made: Assignment | None = None) -> dict[str, Any]:
        """Return the merge patch that does it to a record with these tags; `made` says whose turn
        it is where it has a target."""
        match self.type:
            case "set_field":
                name = str(self.field)
                inner = name.removeprefix("custom.")
                return {name: self.value} if inner == name else {"custom": {inner: self.value}}
            case "add_tag":
                return {"tags": [*tags, self.tag]}
            case "remove_tag":
                gone = str(self.tag).casefold()
                return {"tags": [each for each in tags if each.casefold() != gone]}
            case _:
                owner, team = (self.owner_id, self.team_id)
                if made is not None:
                    owner, team = made.owner_id, made.team_id
                return {"owner_id": owner, **({} if team is None else {"team_id": team})}


class Automation(Record):
    """A rule: when, if, then."""

    PREFIX: ClassVar[str] = "aut"
    OBJECT: ClassVar[str] = "automation"

    name: str
    record_type: str
    when: Sequence[str]
    condition: Mapping[str, Any] | None = None
    actions: Sequence[Action]
    enabled: bool = True

    @classmethod
    def of(cls, fields: AutomationFields, caller: Caller) -> Self:
        return cls.born(caller, **fields.model_dump())

    def patched(self, patch: AutomationPatch) -> Self:
        """Return the next version, or this very one when nothing changes; raises InvalidError."""
        own = {name: getattr(self, name) for name in AutomationFields.model_fields}
        own["actions"] = [each.model_dump() for each in self.actions]
        changed = patch.model_dump(exclude_unset=True)
        wanted = {**merge(own, {name: changed[name] for name in changed if name != "condition"})}
        if "condition" in changed:  # a whole, not merged
            wanted["condition"] = changed["condition"]
        wanted["when"] = list(wanted["when"])
        fields = validated(AutomationFields, wanted).model_dump()
        return self if fields == own else self.changed(**fields)

    def check(self, definitions: Definitions) -> None:
        """Raise InvalidError unless what the condition reads and the actions set is there."""
        kind = self.record_type
        if self.condition is not None:
            fields = conditions.fields_of(KINDS[kind], definitions.of(kind))
            conditions.check(self.condition, fields | elapsed.names_of(kind))
        for position, action in enumerate(self.actions):
            if action.type == "set_field":
                self._check_field(action, position, definitions)

    def _check_field(self, action: Action, position: int, definitions: Definitions) -> None:
        patch = action.patch(())
        place = f"/actions/{position}"
        try:
            validated(PATCHES[self.record_type], patch)
        except InvalidError as error:
            faults = [FieldProblem(f"{place}/value", e.code, e.message) for e in error.errors]
            raise _refused(faults) from error
        for name, value in (patch.get("custom") or {}).items():
            definition = definitions.of(self.record_type).get(name)
            if definition is None:
                fault = FieldProblem(f"{place}/field", "unknown_field", "There is no such field.")
                raise _refused([fault])
            try:
                if value is not None:
                    definition.checked(value)
            except ValueError as error:
                raise _refused([FieldProblem(f"{place}/value", "invalid", str(error))]) from error


def check_assignees(actions: Sequence[Action], people: Door) -> None:
    """Raise InvalidError unless those to whom actions assign are there (1 request)."""
    asked: dict[str, RecordName] = {}
    for position, each in enumerate(actions):
        if each.target is not None:
            asked |= {f"/actions/{position}{place}": name for place, name in named(each.target)}
        for name, kind in (("owner_id", "member"), ("team_id", "team")):
            if getattr(each, name) is not None:
                asked[f"/actions/{position}/{name}"] = RecordName(type=kind, id=getattr(each, name))
    missing = people.missing(list(dict.fromkeys(asked.values()))) if asked else []
    faults = [
        FieldProblem(pointer, f"unknown_{name.type}", f"There is no such {name.type}.")
        for pointer, name in asked.items()
        if name in missing
    ]
    if faults:
        raise InvalidError(
            "An action assigns to somebody who is not there; see `errors`.",
            code=faults[0].code,
            errors=faults,
        )


def _refused(faults: Sequence[FieldProblem]) -> InvalidError:
    return InvalidError(
        "An action sets a field to what it does not take; see `errors`.",
        code="invalid_action",
        errors=faults,
    )


class Cause(NamedTuple):
    """How an event came about by automations: those on the way, the latest last."""

    chain: tuple[str, ...]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Cause":
        return cls(tuple((event.get("cause") or {}).get("chain", ())))

    def stops(self, automation: str) -> str | None:
        """Return why an automation must not follow; None when it may."""
        if automation in self.chain:
            return "loop"
        return "too_deep" if len(self.chain) >= MAX_DEPTH else None

    def then(self, event: Mapping[str, Any], automation: str) -> dict[str, Any]:
        """Return the cause of what an automation does on an event."""
        return {"event": event["id"], "chain": [*self.chain, automation]}
