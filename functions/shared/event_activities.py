"""The events of activities, which the crm context publishes."""

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.event_crm import CrmPayload
from functions.shared.event_payloads import Published, entries


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ActivityLink(_Part):
    """A record that an activity concerns, and as what."""

    type: str
    id: str
    role: str | None = None


class CallPayload(_Part):
    direction: str
    duration_ms: int | None = None
    outcome: str | None = None
    phone: str | None = None
    video_id: str | None = None


class AttendeePayload(_Part):
    name: str | None = None
    email: str | None = None
    contact_id: str | None = None
    response: str | None = None


class MeetingPayload(_Part):
    starts_at: str
    ends_at: str | None = None
    time_zone: str | None = None
    location: str | None = None
    attendees: list[AttendeePayload] = Field(default_factory=list)


class MailboxPayload(_Part):
    email: str
    name: str | None = None


class EmailPayload(_Part):
    direction: str
    message_id: str | None = None
    thread_id: str | None = None
    sender: MailboxPayload | None = None
    to: list[MailboxPayload] = Field(default_factory=list)
    cc: list[MailboxPayload] = Field(default_factory=list)
    bcc: list[MailboxPayload] = Field(default_factory=list)


class MessagePayload(_Part):
    channel: str
    direction: str


class TaskPayload(_Part):
    due_at: str | None = None
    due_date: str | None = None
    due_time: str | None = None
    time_zone: str | None = None
    priority: str = "normal"


class ActivityPayload(CrmPayload):
    type: str
    subject: str | None = None
    body: str | None = None
    occurred_at: str
    links: list[ActivityLink] = Field(default_factory=list)
    call: CallPayload | None = None
    meeting: MeetingPayload | None = None
    email: EmailPayload | None = None
    message: MessagePayload | None = None
    task: TaskPayload | None = None
    status: str | None = None
    due_at: str | None = None
    remind_at: str | None = None
    done_at: str | None = None


EVENTS: dict[str, Published] = entries(
    "crm",
    ActivityPayload,
    {
        "activity.created": "A call, meeting, email, note, task or message was put down.",
        "activity.updated": "Fields of an activity changed; `previous` has the old values.",
        "activity.deleted": "An activity was deleted (kept 30 days).",
        "activity.restored": "An activity's deletion was undone.",
        "activity.completed": "A task was done.",
        "activity.cancelled": "A task will not be done.",
        "activity.reopened": "A task that was done or cancelled is open again.",
        "task.reminder_due": "The time has come that a task shall be reminded of.",
        "task.overdue": "A task was not done when it was due.",
    },
)
