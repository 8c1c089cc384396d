"""What callers may write of an activity: fields that all types have, and one object of its own for
each type (a note has none). `type` says which of them may be there."""

from typing import Annotated, Any, Literal, Optional

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from functions.crm import due
from functions.crm.fields import Body, Day, Email, Fields, Phone, RecordFields, RecordPatch, Title
from functions.shared.ids import is_id
from functions.shared.validation import untold

# Each is a check in the transaction that writes the activity, which holds 100 writes.
MAX_LINKS, MAX_PEOPLE = 40, 40
MAX_DAY_MS = 86_400_000
LONGEST_REMINDER = 40_320  # minutes: four weeks
# What an activity may concern. A video is another context's, which is asked for it.
LINKED = {"contact": "con", "company": "com", "deal": "dea", "lead": "led", "video": "vid"}

ActivityType = Literal["call", "meeting", "email", "note", "task", "message"]
Direction = Literal["inbound", "outbound"]
Instant = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(due.instant),
    Field(examples=["2026-11-22T21:59:17Z"], json_schema_extra={"format": "date-time"}),
]
TimeZone = Annotated[
    str,
    StringConstraints(max_length=due.LONGEST_ZONE),
    AfterValidator(due.zone),
    Field(examples=["Europe/Berlin"], description="A name of the IANA time zone data base."),
]
Clock = Annotated[
    str,
    StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"),
    Field(examples=["09:30"], description="A time of day on the clocks of `time_zone`."),
]
MessageId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=998)]
Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
VideoId = Annotated[str, StringConstraints(pattern=r"^vid_[0-9a-hjkmnp-tv-z]{26}$")]
ContactId = Annotated[str, StringConstraints(pattern=r"^con_[0-9a-hjkmnp-tv-z]{26}$")]


class LinkFields(Fields):
    """A record that an activity concerns, and as what (`attendee`, `decision_maker`)."""

    type: Literal["contact", "company", "deal", "lead", "video"]
    id: Annotated[str, StringConstraints(max_length=40)]
    role: Label | None = None

    @model_validator(mode="after")
    def _fits(self) -> "LinkFields":
        if not is_id(self.id, LINKED[self.type]):
            raise ValueError(f"`id` is not the id of a {self.type}.")
        return self


def _each_once(links: list[LinkFields]) -> list[LinkFields]:
    """Name each record once: the last role counts."""
    return list({each.id: each for each in links}.values())


Links = Annotated[list[LinkFields], Field(max_length=MAX_LINKS), AfterValidator(_each_once)]


class CallFields(Fields):
    direction: Direction
    duration_ms: Annotated[int, Field(ge=0, le=MAX_DAY_MS)] | None = None
    outcome: (
        Literal["connected", "no_answer", "busy", "left_voicemail", "wrong_number", "failed"] | None
    ) = None
    phone: Phone | None = None
    video_id: VideoId | None = None


class AttendeeFields(Fields):
    """Somebody at a meeting: a contact, or just an address."""

    name: Title | None = None
    email: Email | None = None
    contact_id: ContactId | None = None
    response: Literal["accepted", "declined", "tentative", "no_reply"] | None = None

    @model_validator(mode="after")
    def _is_somebody(self) -> "AttendeeFields":
        if self.name is None and self.email is None and self.contact_id is None:
            raise ValueError("An attendee has a `name`, an `email` or a `contact_id`.")
        return self


class MeetingFields(Fields):
    starts_at: Instant
    ends_at: Instant | None = None
    time_zone: TimeZone | None = None
    location: Annotated[str, StringConstraints(max_length=500)] | None = None
    attendees: Annotated[list[AttendeeFields], Field(max_length=MAX_PEOPLE)] = Field(
        default_factory=list
    )

    @field_validator("ends_at")
    @classmethod
    def _later(cls, ends_at: str | None, info: ValidationInfo) -> str | None:
        if ends_at is not None and ends_at < info.data.get("starts_at", ""):
            raise ValueError("A meeting does not end before it starts.")
        return ends_at


class MailboxFields(Fields):
    email: Email
    name: Title | None = None


_Mailboxes = Annotated[list[MailboxFields], Field(max_length=MAX_PEOPLE)]


class EmailFields(Fields):
    direction: Direction
    message_id: MessageId | None = Field(default=None, description="Its Message-ID (RFC 5322).")
    thread_id: MessageId | None = Field(
        default=None, description="The Message-ID that its conversation began with."
    )
    sender: MailboxFields | None = None
    to: _Mailboxes = Field(default_factory=list)
    cc: _Mailboxes = Field(default_factory=list)
    bcc: _Mailboxes = Field(default_factory=list)


class MessageFields(Fields):
    channel: Label
    direction: Direction


class TaskFields(Fields):
    """When, and how urgent: due at an instant, or on a day (at a time) in a zone, or whenever."""

    due_at: Instant | None = None
    due_date: Day | None = None
    due_time: Clock | None = None
    time_zone: TimeZone | None = Field(default=None, validate_default=True)
    priority: Literal["low", "normal", "high"] = "normal"
    reminder_at: Instant | None = None
    remind_before: Annotated[int, Field(ge=0, le=LONGEST_REMINDER)] | None = Field(
        default=None, description="Minutes before the task is due."
    )

    @field_validator("due_date")
    @classmethod
    def _one_way(cls, day: str | None, info: ValidationInfo) -> str | None:
        if day is not None and info.data.get("due_at") is not None:
            raise ValueError("A task is due at an instant or on a day, not both.")
        if day is not None and not due.FIRST_YEAR <= int(day[:4]) <= due.LAST_YEAR:
            raise ValueError(f"A day lies in the years {due.FIRST_YEAR} to {due.LAST_YEAR}.")
        return day

    @field_validator("due_time")
    @classmethod
    def _of_a_day(cls, clock: str | None, info: ValidationInfo) -> str | None:
        if clock is not None and info.data.get("due_date") is None:
            raise ValueError("A time of day needs a `due_date`.")
        return clock

    @field_validator("time_zone", mode="after")
    @classmethod
    def _somewhere(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is None and info.data.get("due_date") is not None:
            raise ValueError("A `due_date` needs the time zone that its day is meant in.")
        return name

    @field_validator("remind_before")
    @classmethod
    def _before_what(cls, minutes: int | None, info: ValidationInfo) -> int | None:
        said = info.data
        if minutes is not None and said.get("due_at") is None and said.get("due_date") is None:
            raise ValueError("There is nothing to remind of before: the task is never due.")
        if minutes is not None and said.get("reminder_at") is not None:
            raise ValueError("A reminder has an instant or minutes before, not both.")
        return minutes


_OWN: dict[str, type[Fields]] = {
    "call": CallFields,
    "meeting": MeetingFields,
    "email": EmailFields,
    "message": MessageFields,
    "task": TaskFields,
}


class ActivityFields(RecordFields):
    type: ActivityType
    subject: Title | None = Field(default=None, validate_default=True)
    body: Body | None = Field(default=None, validate_default=True)
    occurred_at: Instant | None = Field(
        default=None, description="When it was; left out: now, and of a meeting, its start."
    )
    links: Links = Field(default_factory=list)
    call: CallFields | None = Field(default=None, validate_default=True)
    meeting: MeetingFields | None = Field(default=None, validate_default=True)
    email: EmailFields | None = Field(default=None, validate_default=True)
    message: MessageFields | None = Field(default=None, validate_default=True)
    task: TaskFields | None = None

    @field_validator("body", "subject")
    @classmethod
    def _says_something(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None and (info.data.get("type"), info.field_name) in _NEEDED:
            raise ValueError(f"A {info.data['type']} has a {info.field_name}.")
        return text

    @field_validator(*_OWN)
    @classmethod
    def _of_its_type(cls, own: Fields | None, info: ValidationInfo) -> Fields | None:
        kind = info.data.get("type")
        if own is not None and kind is not None and info.field_name != kind:
            raise ValueError(f"A {kind} has no `{info.field_name}`.")
        if own is None and info.field_name == kind and kind != "task":
            raise ValueError(f"A {kind} has a `{kind}`.")
        return own


_NEEDED = {("note", "body"), ("task", "subject")}


def _patch(of: type[Fields]) -> Any:
    """Return a merge patch's model of a type's own fields: each may be left out, or null."""
    fields: dict[str, Any] = {}
    for name, field in of.model_fields.items():
        bounds = (field.annotation, *field.metadata)
        own: Any = Annotated[bounds] if field.metadata else field.annotation
        fields[name] = (Optional[own], None)  # noqa: UP045 - a value, not an annotation
    return create_model(
        of.__name__.replace("Fields", "Patch"), __base__=Fields, __module__=__name__, **fields
    )


CallPatch = _patch(CallFields)
MeetingPatch = _patch(MeetingFields)
EmailPatch = _patch(EmailFields)
MessagePatch = _patch(MessageFields)
TaskPatch = _patch(TaskFields)


class ActivityPatch(RecordPatch):
    subject: Title | None = None
    body: Body | None = None
    occurred_at: Instant = Field(default_factory=untold)
    links: Links | None = None
    call: CallPatch | None = None  # type: ignore[valid-type]
    meeting: MeetingPatch | None = None  # type: ignore[valid-type]
    email: EmailPatch | None = None  # type: ignore[valid-type]
    message: MessagePatch | None = None  # type: ignore[valid-type]
    task: TaskPatch | None = None  # type: ignore[valid-type]
