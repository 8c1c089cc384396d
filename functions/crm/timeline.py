"""What an event means for timelines: one entry, and the records it concerns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from functions.crm.fields import PREFIXES
from functions.shared.errors import MalformedError
from functions.shared.ids import is_id

# Who may see an entry: whoever may read what it is about.
READ_SCOPES = {
    "contact": "contacts:read",
    "company": "companies:read",
    "deal": "deals:read",
    "lead": "leads:read",
    "activity": "activities:read",
    "video": "videos:read",
    "share": "videos:read",
    "association": "associations:read",
}


Group = Literal["activities", "changes", "stages", "videos", "insights", "views"]
GROUPS: Mapping[Group, str] = {
    "activities": "calls, meetings, emails, notes, tasks and messages, and their reminders",
    "changes": "records made, changed, deleted; `previous` has the old values",
    "stages": "moves through pipelines, won and lost",
    "videos": "uploads and their processing",
    "insights": "what models have found, with evidence",
    "views": "videos shared, opened and watched",
}
VIEWED = "video.viewed"
_STAGES = ("stage_moved", "won", "lost")
KIND = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")


def group_of(kind: str) -> Group:
    """Return the group that an event's kind belongs to: one, whatever else happens."""
    subject, _, happened = kind.partition(".")
    if subject in ("activity", "task"):
        return "activities"
    if subject == "share" or kind == VIEWED:
        return "views"
    if subject == "video":
        return "insights" if happened == "analysed" else "videos"
    return "stages" if happened in _STAGES else "changes"


@dataclass(frozen=True, slots=True)
class Choice:
    """Some kinds of entries: whole groups, and single kinds of other groups."""

    whole: frozenset[Group]
    kinds: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Choice":
        """Read `stages,activity.completed`; raises MalformedError."""
        names = {each.strip() for each in text.split(",")}
        whole = frozenset(each for each in GROUPS if each in names)
        kinds = frozenset(names - whole)
        if not all(map(KIND.fullmatch, kinds)):
            raise MalformedError(
                f"`kind` takes {', '.join(GROUPS)}, and types of events such as "
                "'deal.stage_moved', divided by commas.",
                code="unknown_kind",
            )
        return cls(whole, frozenset(each for each in kinds if group_of(each) not in whole))

    @property
    def groups(self) -> Sequence[Group]:
        """Return the groups to look in."""
        return sorted(self.whole | {group_of(each) for each in self.kinds})

    @property
    def picks(self) -> bool:
        """Say whether not all of the groups' entries are chosen."""
        return bool(self.kinds)

    def takes(self, kind: str) -> bool:
        return kind in self.kinds or group_of(kind) in self.whole


# What happened to a board, not to a record.
UNTOLD = frozenset({"deal.reordered", "lead.reordered"})
_ENDS = (".purged", ".expired")  # of a record that has no timeline any more


class Subject(BaseModel):
    """What an entry is about."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    id: str


class TimelineEntry(BaseModel):
    """One thing that happened; `data` and `previous` are the event's. `source` is how it came
    about: by whom (`user`, `api_key`, `client`), or by what (`import`, `automation`, `ai`,
    `pipeline` …); `evidence` is where that was taken from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    object: str = "timeline_entry"
    kind: str
    group: Group
    occurred_at: str
    actor: Mapping[str, str]
    source: str
    subject: Subject
    data: Mapping[str, Any]
    previous: Mapping[str, Any] | None = None
    evidence: Mapping[str, Any] | None = None
    # how far what it tells of has got: a later event of the same replaces it
    progress: int | None = Field(default=None, exclude=True)


class Projection(NamedTuple):
    """An entry, and the ids of the records on whose timelines it belongs."""

    workspace: str
    entry: TimelineEntry
    record_ids: list[str]


def project(event: Mapping[str, Any]) -> Projection:
    """Return what an event (the bus's `detail`) puts on timelines: on that of its subject, of
    the records it is linked to, and of those it was linked to before this change."""
    entry = TimelineEntry.model_validate(
        {
            **event,
            **_standing(event),
            "object": "timeline_entry",
            "kind": event["type"],
            "group": group_of(event["type"]),
            "source": event["actor"]["type"] if event["source"] == "api" else event["source"],
        }
    )
    untold = entry.kind in UNTOLD or entry.kind.endswith(_ENDS)
    return Projection(event["workspace"], entry, [] if untold else places(entry))


def _standing(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return under what an event stands that tells how something goes on: a viewing is one entry,
    where it began, with what was watched so far."""
    if event["type"] != VIEWED:
        return {}
    view = event["data"]["view"]
    return {
        "id": view["session_id"], "occurred_at": view["started_at"], "progress": view["quartile"]
    }  # fmt: skip


def about(entry: TimelineEntry) -> str:
    """Return the id of what an entry is about: of a share its video, which it goes with."""
    if entry.subject.type == "share":
        return str(entry.data.get("video_id"))
    return entry.subject.id


def places(entry: TimelineEntry) -> list[str]:
    """Return the ids of the records on whose timelines an entry stands. One about a video stands
    under that as well, where nobody reads it: so it is found when the video is gone for good."""
    concerned: dict[str, None] = {}
    if entry.subject.type in PREFIXES:
        concerned[entry.subject.id] = None
    for fields in (entry.data, entry.previous or {}):
        concerned.update(dict.fromkeys(_named(fields)))
    found = [each for each in concerned if any(is_id(each, p) for p in PREFIXES.values())]
    return [*found, about(entry)] if found and is_id(about(entry), "vid") else found


def _named(fields: Mapping[str, Any]) -> Iterator[str]:
    if fields.get("company_id"):
        yield fields["company_id"]
    yield from fields.get("contact_ids") or ()
    became = fields.get("converted_to") or {}
    yield from filter(None, (became.get(f"{each}_id") for each in ("contact", "company", "deal")))
    for link in fields.get("links") or ():
        yield link["id"]
    for each in (fields.get("meeting") or {}).get("attendees") or ():
        if each.get("contact_id"):
            yield each["contact_id"]


def concerns(entry: TimelineEntry) -> list[Subject]:
    """Return what a caller must be able to see to be told of an entry: what it is about, and of
    an association both its ends, of a share the video."""
    if entry.subject.type == "share":
        return [Subject(type="video", id=about(entry))]
    if entry.subject.type == "association":
        return [Subject.model_validate(each) for each in entry.data.get("links", ())]
    return [entry.subject]


def readable(entry: TimelineEntry, scopes: frozenset[str]) -> bool:
    """Say whether scopes allow to be told of an entry."""
    about = [entry.subject, *concerns(entry)]
    return all(READ_SCOPES.get(each.type) in scopes for each in about)
