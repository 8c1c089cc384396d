"""The CRM's records as they are stored and shown, and what may happen to them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.activity_details import Call, Email, Link, Meeting, Message, Task
from functions.crm.activity_fields import ActivityFields, ActivityType
from functions.crm.assignment import AssignedBy
from functions.crm.conditions import facts_of
from functions.crm.fields import (
    CompanyFields,
    ContactFields,
    DealFields,
    Fields,
)
from functions.crm.lead_fields import LEAD_FACTS, Conversion, LeadFields
from functions.crm.money import Money
from functions.crm.pipelines import RecordType, StageKind, default_id
from functions.crm.scoring import ScoreReason, Scoring, score
from functions.crm.values import Value
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.merge_patch import merge
from functions.shared.ownership import OWNERSHIP
from functions.shared.record import OwnedRecord
from functions.shared.validation import validated

TaskStatus = Literal["open", "done", "cancelled"]
VIDEO = "video"  # the one type of record that is another context's


class Reference(NamedTuple):
    """A record named by another: where it stands in the body, and its id."""

    pointer: str
    id: str


class CrmRecord(OwnedRecord):
    """A record whose own fields callers write and patch."""

    FIELDS: ClassVar[type[Fields]]

    external_id: str | None = None
    tags: Sequence[str] = Field(default_factory=list)
    custom: Mapping[str, Value] = Field(default_factory=dict)
    deleted_at: str | None = None

    @classmethod
    def of(cls, fields: Fields, caller: Caller) -> Self:
        """Return a new record of what a caller sent."""
        return cls.born(caller, **cls._told(fields))

    @staticmethod
    def _told(fields: Fields) -> dict[str, Any]:
        """Return the fields with their defaults, but owner and team only when they were sent."""
        untold = {*OWNERSHIP} - fields.model_fields_set
        return fields.model_dump(exclude=untold)

    def patched(self, patch: Fields) -> Self:
        """Return the next version under a merge patch, or this very one when nothing changes; what
        is none of the record's own fields is left to others.

        Raises InvalidError when the result lacks a required field or breaks a bound.
        """
        names = set(self.FIELDS.model_fields)
        own = self.model_dump(include=names)
        wanted = merge(own, patch.model_dump(exclude_unset=True, include=names))
        fields = validated(self.FIELDS, wanted).model_dump()
        return self if fields == own else self.changed(**fields)

    def references(self) -> Sequence[Reference]:
        """Return the records that must exist for this one to be written."""
        return ()


class Mergeable(CrmRecord):
    """A record that others may be merged into; their ids and values lead to it then (`merging`)."""

    merged_ids: Sequence[str] = ()
    aliases: Mapping[str, Sequence[str]] = Field(default_factory=dict)  # by field; unique: taken


class Contact(Mergeable):
    """A person."""

    PREFIX: ClassVar[str] = "con"
    OBJECT: ClassVar[str] = "contact"
    FIELDS: ClassVar[type[Fields]] = ContactFields

    name: str
    email: str | None = None
    phone: str | None = None
    title: str | None = None
    company_id: str | None = None

    def references(self) -> Sequence[Reference]:
        return [Reference("/company_id", self.company_id)] if self.company_id else []


class Company(Mergeable):
    """An organisation."""

    PREFIX: ClassVar[str] = "com"
    OBJECT: ClassVar[str] = "company"
    FIELDS: ClassVar[type[Fields]] = CompanyFields

    name: str
    domain: str | None = None


class LastMove(BaseModel):
    """How a record came into its stage from another."""

    model_config = ConfigDict(frozen=True)

    from_pipeline_id: str
    from_stage: str
    time_in_stage_ms: int  # how long it was there


class StagedRecord(Mergeable):
    """A record that moves through the stages of a pipeline; see `staged`."""

    RECORD_TYPE: ClassVar[RecordType]

    pipeline_id: str
    stage: str  # its key
    status: StageKind = "open"  # the stage's kind
    stage_probability: int = 0  # the stage's when it was entered, in percent
    rank: str = ""  # its place in the column; see `ranks`
    stage_entered_at: str = ""
    stage_entered_by: Mapping[str, str] = Field(default_factory=dict)
    stage_source: str = "api"  # how it came there
    last_move: LastMove | None = None
    closed_at: str | None = None  # won or lost since
    loss_reason: str | None = None

    @classmethod
    def of(cls, fields: Fields, caller: Caller) -> Self:
        """Return a new record of what a caller sent. It is in no stage yet where the caller named
        none: the store, which knows the pipeline, puts it there (`staged.placed`)."""
        values = cls._told(fields)
        named = values.pop("pipeline_id", None)
        pipeline = named or default_id(caller.workspace, cls.RECORD_TYPE)
        return cls.born(caller, pipeline_id=pipeline, stage=values.pop("stage") or "", **values)


class InBase(BaseModel):
    """A deal's amount in the workspace's base currency, and the rate that made it."""

    model_config = ConfigDict(frozen=True)

    amount: Money
    fx_rate: str
    fx_rate_at: str


class Forecast(BaseModel):
    """What a deal is worth by its odds."""

    model_config = ConfigDict(frozen=True)

    probability: int  # in percent
    amount: Money | None = None
    in_base: Money | None = None


class Deal(StagedRecord):
    """A possible sale, in one stage of its pipeline."""

    PREFIX: ClassVar[str] = "dea"
    OBJECT: ClassVar[str] = "deal"
    FIELDS: ClassVar[type[Fields]] = DealFields
    RECORD_TYPE: ClassVar[RecordType] = "deal"

    name: str
    amount: Money | None = None
    line_count: int = 0  # of line items, which then make the amount
    fx_rate: str | None = None  # its own, instead of the workspace's
    in_base: InBase | None = None
    probability: int | None = None  # its own, instead of the stage's
    forecast: Forecast | None = None
    close_date: str | None = None
    company_id: str | None = None
    contact_ids: Sequence[str] = Field(default_factory=list)

    def patched(self, patch: Fields) -> Self:
        if self.line_count and "amount" in patch.model_fields_set:
            raise InvalidError(
                "The deal's amount is that of its line items.",
                code="amount_from_line_items",
                errors=[
                    FieldProblem("/amount", "computed", "Change or delete the line items instead.")
                ],
            )
        return super().patched(patch)

    def references(self) -> Sequence[Reference]:
        contacts = [
            Reference(f"/contact_ids/{position}", each)
            for position, each in enumerate(self.contact_ids)
        ]
        company = [Reference("/company_id", self.company_id)] if self.company_id else []
        return [*company, *contacts]


class Lead(StagedRecord):
    """Somebody who may become a customer, before it is known."""

    PREFIX: ClassVar[str] = "led"
    OBJECT: ClassVar[str] = "lead"
    FIELDS: ClassVar[type[Fields]] = LeadFields
    RECORD_TYPE: ClassVar[RecordType] = "lead"

    name: str
    email: str | None = None
    phone: str | None = None
    title: str | None = None
    company_name: str | None = None
    company_domain: str | None = None
    website: str | None = None
    source: str | None = None
    source_detail: str | None = None
    score: int = 0
    score_reasons: Sequence[ScoreReason] = Field(default_factory=list)
    assigned_by: AssignedBy | None = None  # the rule, where one said whose it is
    converted_at: str | None = None
    converted_to: Conversion | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What rules may read of it (LEAD_FACTS, custom fields): flat."""
        return facts_of(self.model_dump(mode="json", include={*LEAD_FACTS, "custom"}))

    def patched(self, patch: Fields) -> Self:
        new = super().patched(patch)
        same = (new.owner_id, new.team_id) == (self.owner_id, self.team_id)
        # given by hand: no rule said so any more
        return new if same else new.model_copy(update={"assigned_by": None})

    def scored(self, rules: Sequence[Scoring]) -> Self:
        """Return this version with its score under rules; itself when that is what it has."""
        value, reasons = score(rules, self.facts)
        if (value, reasons) == (self.score, list(self.score_reasons)):
            return self
        return self.model_copy(update={"score": value, "score_reasons": reasons})

    def rescored(self, rules: Sequence[Scoring]) -> Self:
        """Return the next version with another score; itself when it is the same, or when the lead
        has been converted."""
        if self.converted_at is not None or self.scored(rules) is self:
            return self
        return self.changed().scored(rules)

    def given(self, **owner: Any) -> Self:
        """Return the next version as a rule assigns it; itself when it is so already."""
        same = all(getattr(self, name) == value for name, value in owner.items())
        return self if same else self.changed().model_copy(update=owner)


class Activity(CrmRecord):
    """Something done, said, written or to be done, about any number of records."""

    PREFIX: ClassVar[str] = "act"
    OBJECT: ClassVar[str] = "activity"
    FIELDS: ClassVar[type[Fields]] = ActivityFields

    type: ActivityType
    subject: str | None = None
    body: str | None = None
    occurred_at: str
    links: Sequence[Link] = Field(default_factory=list)
    call: Call | None = None
    meeting: Meeting | None = None
    email: Email | None = None
    message: Message | None = None
    task: Task | None = None
    status: TaskStatus | None = None  # a task's
    due_at: str | None = None  # when a task is due, as an instant
    remind_at: str | None = None
    done_at: str | None = None
    reminded_at: str | None = None  # the `remind_at` that a reminder was made of
    overdue_at: str | None = None  # the `due_at` that it was said to be overdue at

    @classmethod
    def of(cls, fields: Fields, caller: Caller) -> Self:
        values = cls._told(fields)
        meeting = values["meeting"] or {}
        values["occurred_at"] = values["occurred_at"] or meeting.get("starts_at") or iso(now())
        if values["type"] == "task":
            values["status"] = "open"
        return cls.born(caller, **values).timed()

    def patched(self, patch: Fields) -> Self:
        new = super().patched(patch)
        return self if new is self else new.timed()

    def in_state(self, status: TaskStatus) -> Self:
        """Return the task done, cancelled or open again; this very one when it is so already.

        Raises ConflictError when it is no task.
        """
        if self.type != "task":
            raise ConflictError(f"A {self.type} is nothing to be done.", code="not_a_task")
        if status == self.status:
            return self
        return self.changed(status=status, done_at=iso(now()) if status == "done" else None)

    def references(self) -> Sequence[Reference]:
        named = [
            Reference(f"/links/{position}/id", link.id)
            for position, link in enumerate(self.links)
            if link.type != VIDEO
        ]
        attendees = self.meeting.attendees if self.meeting else ()
        return [
            *named,
            *(
                Reference(f"/meeting/attendees/{position}/contact_id", each.contact_id)
                for position, each in enumerate(attendees)
                if each.contact_id is not None
            ),
        ]

    def videos(self) -> Sequence[Reference]:
        """Return the videos that it names, which are another context's."""
        linked = [
            Reference(f"/links/{position}/id", link.id)
            for position, link in enumerate(self.links)
            if link.type == VIDEO
        ]
        call = self.call.video_id if self.call else None
        return [*linked, Reference("/call/video_id", call)] if call else linked

    def timed(self) -> Self:
        """Return the activity with the instants that follow from its task's own words."""
        if self.type != "task":
            return self
        task = self.task or Task()
        return self.model_copy(update={"task": task, **task.times()})


KINDS: Mapping[str, type[CrmRecord]] = {
    kind.OBJECT: kind for kind in (Contact, Company, Deal, Lead, Activity)
}
