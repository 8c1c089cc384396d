"""What each type of activity has of its own, as it is stored and shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.crm import due


class _Detail(BaseModel):
    model_config = ConfigDict(frozen=True)


class Link(_Detail):
    """A record that an activity concerns, and as what."""

    type: str
    id: str
    role: str | None = None


class Call(_Detail):
    direction: str
    duration_ms: int | None = None
    outcome: str | None = None
    phone: str | None = None
    video_id: str | None = None


class Attendee(_Detail):
    name: str | None = None
    email: str | None = None
    contact_id: str | None = None
    response: str | None = None


class Meeting(_Detail):
    starts_at: str
    ends_at: str | None = None
    time_zone: str | None = None
    location: str | None = None
    attendees: Sequence[Attendee] = Field(default_factory=list)


class Mailbox(_Detail):
    email: str
    name: str | None = None


class Email(_Detail):
    direction: str
    message_id: str | None = None
    thread_id: str | None = None
    sender: Mailbox | None = None
    to: Sequence[Mailbox] = Field(default_factory=list)
    cc: Sequence[Mailbox] = Field(default_factory=list)
    bcc: Sequence[Mailbox] = Field(default_factory=list)


class Message(_Detail):
    channel: str
    direction: str


class Task(_Detail):
    """A task as its maker said it; the activity's `due_at` and `remind_at` are what follows."""

    due_at: str | None = None
    due_date: str | None = None
    due_time: str | None = None
    time_zone: str | None = None
    priority: str = "normal"
    reminder_at: str | None = None
    remind_before: int | None = None

    def times(self) -> Mapping[str, Any]:
        """Return the instants, in UTC, at which the task is due and is reminded of."""
        due_at = self.due_at
        if self.due_date is not None and self.time_zone is not None:
            due_at = (
                due.day_over(self.due_date, self.time_zone)
                if self.due_time is None
                else due.at_time(self.due_date, self.due_time, self.time_zone)
            )
        remind_at = self.reminder_at
        if due_at is not None and self.remind_before is not None:
            remind_at = due.before(due_at, self.remind_before)
        return {"due_at": due_at, "remind_at": remind_at}
