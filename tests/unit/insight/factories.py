"""Transcripts and replies made of plain sentences."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from functions.insight.model import Transcript, TranscriptSource
from functions.insight.turns import HeardWord, transcript

EVENTS = Path(__file__).parents[2] / "events" / "insight"
SOURCE = TranscriptSource(provider="openai", model="reelate-whisper-base")
WORD_MS = 300

CALL = (
    ("anna", "Hi Dana, this is Anna from Beacon. Thanks for taking the time."),
    ("dana", "Sure. Honestly, $1,200 a month is too expensive for us."),
    ("anna", "I hear you. We could do nine hundred dollars if you sign for a year."),
    ("dana", "That works. I will send the signed contract by Friday."),
    ("anna", "Great, and I will book the kickoff for next Tuesday with Marcus."),
)


def call(*turns: tuple[str, str], confidence: float | None = 0.9) -> Transcript:
    """A transcript of turns (speaker, text): every word takes 300 ms, 250 of them spoken."""
    words: list[HeardWord] = []
    for speaker, text in turns or CALL:
        for word in text.split():
            start = len(words) * WORD_MS
            words.append(HeardWord(word, start, start + 250, speaker, confidence))
    return transcript(words, language="en", duration_ms=None, source=SOURCE)


def said(*words: str) -> Transcript:
    """A transcript of one speaker."""
    return call(("anna", " ".join(words)))


def reply(**fields: Any) -> dict[str, Any]:
    """A reply that fits the schema and says nothing, but for the given fields."""
    empty: dict[str, Any] = {
        "summary": [],
        "action_items": [],
        "topics": [],
        "objections": [],
        "sentiment": {"label": "neutral", "quotes": []},
        "next_steps": [],
    }
    return empty | fields


def action(text: str, *quotes: str, **fields: Any) -> dict[str, Any]:
    """An action item as a model writes it."""
    nothing = {"owner": None, "due_text": None, "due_on": None}
    return {"text": text, "quotes": list(quotes)} | nothing | fields


def point(text: str, *quotes: str) -> dict[str, Any]:
    """A statement as a model writes it."""
    return {"text": text, "quotes": list(quotes)}


def recorded(name: str) -> Any:
    """A recorded payload."""
    return json.loads(recorded_bytes(name))


def recorded_bytes(name: str) -> bytes:
    """A recorded payload's bytes."""
    return (EVENTS / name).read_bytes()


def texts(statements: Sequence[Any] | Mapping[str, Any]) -> list[str]:
    """The sentences of some statements."""
    return [one.text for one in statements]
