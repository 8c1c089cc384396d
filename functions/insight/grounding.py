"""From a model's reply to an analysis: only what the transcript carries gets through.

The reply is a stranger's text. Its quotes must have been spoken, its owners must be people of the
call, its dates must follow from spoken words; links and markup are taken out, lengths are cut.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from functions.insight.evidence import Spoken
from functions.insight.model import (
    MAX_TEXT_CHARS,
    ActionItem,
    Evidence,
    Sentiment,
    Speaker,
    Statement,
    Topic,
)

LIMITS = {"summary": 12, "action_items": 30, "topics": 15, "objections": 20, "next_steps": 20}
MAX_NAME_CHARS = 80
OLDEST_DUE = timedelta(days=7)
LATEST_DUE = timedelta(days=3 * 366)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.)\S+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*(?:>|$)")
_MYSELF = frozenset(("i", "me", "myself", "my side"))
_PRONOUNS = "we us you he she they him her them it this that someone somebody everyone team"
_NOBODY = frozenset(f"{_PRONOUNS} the a an unknown none null n/a".split())
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    quotes: list[str]


class SaidText(_Said):
    """A sentence as the model wrote it."""

    text: str


class SaidAction(SaidText):
    """A promise as the model wrote it."""

    owner: str | None
    due_text: str | None
    due_on: str | None


class SaidTopic(_Said):
    """A topic as the model wrote it."""

    name: str


class SaidSentiment(_Said):
    """A mood as the model wrote it."""

    label: Literal["positive", "neutral", "negative", "mixed"]


class Reply(BaseModel):
    """The model's reply to `analyse_call`, read strictly: a string is a string."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    summary: list[SaidText]
    action_items: list[SaidAction]
    topics: list[SaidTopic]
    objections: list[SaidText]
    sentiment: SaidSentiment
    next_steps: list[SaidText]


@dataclass(slots=True)
class Findings:
    """What is proven so far; parts of a long call are added one after the other."""

    summary: list[Statement] = field(default_factory=list)
    action_items: list[ActionItem] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    objections: list[Statement] = field(default_factory=list)
    next_steps: list[Statement] = field(default_factory=list)
    sentiments: list[Sentiment] = field(default_factory=list)
    dropped: int = 0
    truncated: int = 0

    @property
    def sentiment(self) -> Sentiment | None:
        """The mood of the whole: what all parts agree on, else mixed with everyone's evidence."""
        labels = {one.label for one in self.sentiments} - {"neutral"}
        if len(labels) == 0:
            return self.sentiments[0] if self.sentiments else None
        label = labels.pop() if len(labels) == 1 else "mixed"
        shown = [one for one in self.sentiments if one.label != "neutral"]
        evidence = tuple(piece for one in shown for piece in one.evidence)[:5]
        return Sentiment(label=label, evidence=evidence)


Proven = TypeVar("Proven", Statement, ActionItem, Topic)
Said = TypeVar("Said", bound=_Said)


class Grounding:
    """Checks replies against one transcript; `call_date` is the day of the call."""

    def __init__(self, spoken: Spoken, speakers: Sequence[Speaker], call_date: date) -> None:
        self._spoken = spoken
        self._ids = {speaker.id.casefold(): speaker.id for speaker in speakers}
        self._ids |= {speaker.label.casefold(): speaker.id for speaker in speakers}
        self._call_date = call_date

    def add(self, findings: Findings, reply: Reply, within: range) -> None:
        """Add what the reply says and the words `within` (indices) prove."""

        def keep(
            name: str,
            said: Sequence[Said],
            kept: list[Proven],
            build: Callable[[Said, tuple[Evidence, ...]], Proven | None],
        ) -> None:
            known = {_title(one).casefold() for one in kept}
            for one in said:
                evidence = self._spoken.prove(one.quotes, within=within)
                proven = build(one, evidence) if evidence else None
                if proven is None:
                    findings.dropped += 1
                elif _title(proven).casefold() in known:
                    continue
                elif len(kept) >= LIMITS[name]:
                    findings.truncated += 1
                else:
                    findings.truncated += _title(proven).endswith("…") > _title(one).endswith("…")
                    known.add(_title(proven).casefold())
                    kept.append(proven)

        keep("summary", reply.summary, findings.summary, _statement)
        keep("action_items", reply.action_items, findings.action_items, self._action)
        keep("topics", reply.topics, findings.topics, _topic)
        keep("objections", reply.objections, findings.objections, _statement)
        keep("next_steps", reply.next_steps, findings.next_steps, _statement)
        mood = self._spoken.prove(reply.sentiment.quotes, within=within)
        if mood:
            findings.sentiments.append(Sentiment(label=reply.sentiment.label, evidence=mood))
        elif reply.sentiment.quotes:
            findings.dropped += 1

    def _action(self, said: SaidAction, evidence: tuple[Evidence, ...]) -> ActionItem | None:
        text = plain(said.text)
        if not text:
            return None
        due_text = plain(said.due_text or "", MAX_NAME_CHARS)
        due_spoken = bool(due_text) and self._spoken.says(due_text)
        return ActionItem(
            text=text,
            evidence=evidence,
            owner=self._owner(said.owner, evidence),
            due_text=due_text if due_spoken else None,
            due_on=due_date(said.due_on, due_text, self._call_date) if due_spoken else None,
        )

    def _owner(self, owner: str | None, evidence: Sequence[Evidence]) -> str | None:
        """A speaker's id, or a name that was spoken as a name; anything else is no owner."""
        name = plain(owner or "", MAX_NAME_CHARS)
        folded = name.casefold()
        if folded in self._ids:
            return self._ids[folded]
        if folded in _MYSELF:
            return evidence[0].speaker
        return name if folded not in _NOBODY and self._spoken.names(name) else None


def due_date(text: str | None, due_text: str, call_date: date) -> date | None:
    """The date when it is one, lies in a plausible time and fits the weekday that was said."""
    try:
        due = date.fromisoformat(text or "")
    except ValueError:
        return None
    if not call_date - OLDEST_DUE <= due <= call_date + LATEST_DUE:
        return None
    said = due_text.casefold()
    weekdays = [day for day, name in enumerate(_WEEKDAYS) if name in said]
    if len(weekdays) == 1 and due.weekday() != weekdays[0]:
        return None
    return due


def plain(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    """Text without links, addresses, tags and control characters, cut at a word."""
    text, before = text[: limit * 4], ""
    while text != before:  # taking one out may put another one together
        before = text
        for pattern, replacement in ((_LINK, r"\1"), (_ADDRESS, ""), (_TAG, "")):
            text = pattern.sub(replacement, text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _statement(said: SaidText, evidence: tuple[Evidence, ...]) -> Statement | None:
    text = plain(said.text)
    return Statement(text=text, evidence=evidence) if text else None


def _topic(said: SaidTopic, evidence: tuple[Evidence, ...]) -> Topic | None:
    name = plain(said.name, MAX_NAME_CHARS)
    return Topic(name=name, evidence=evidence) if name else None


def _title(one: object) -> str:
    return str(getattr(one, "text", None) or getattr(one, "name", ""))
