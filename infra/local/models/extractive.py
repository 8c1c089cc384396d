"""The extractive analyst: a call's summary, tasks, topics, objections and mood, in its own words.

No language model: sentences are chosen, never written. Rules find commitments, MiniLM says what a
sentence is about, and every statement quotes the words it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from infra.local.models.commitments import find_commitments
from infra.local.models.prototypes import (
    NEGATIVE,
    NEUTRAL,
    NEXT_STEPS,
    OBJECTIONS,
    POSITIVE,
    TOPICS,
)
from infra.local.models.sentences import Sentence, Turn, split_turns

MODEL = "reelate-extractive-1"

Vectors = NDArray[np.float32]

_TOPIC_SURE = 0.50
_TOPIC_LIKELY = 0.42
_MOST_TOPICS = 8
_OBJECTION_SURE = 0.58
_MOST_OBJECTIONS = 6
_NEXT_STEP_SURE = 0.62
_MOST_NEXT_STEPS = 5
_MOOD_MARGIN = 0.06
_MOOD_LEAST = 0.34
_RELEVANCE = 0.72

_FILLER = re.compile(
    r"^(?:(?:so|well|yeah|yes|okay|ok|right|and|but|um|uh|you know|i mean|honestly|hmm|sure|great|"
    r"perfect|got it|good)[,.]? )+",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"\b(?:thanks|thank you|how are you|nice to (?:meet|talk)|talk soon|speak soon|good morning|"
    r"good afternoon|bye|have a (?:good|nice|great)|can you hear|share my screen|hello)\b",
    re.IGNORECASE,
)
_CONCERN = re.compile(
    r"\b(?:too (?:expensive|much|high|long|complicated|slow|risky)|steep|pricey|concern(?:s|ed)?|"
    r"worr(?:y|ied|ies)|not sure|not convinced|hesitant|skeptical|sceptical|(?:the|a|my|our|real|"
    r"big) (?:problem|issue|challenge)|over (?:our )?budget|more than we "
    r"(?:budgeted|planned|expected|have)|no budget|budget (?:\w+ ){0,5}(?:gone|tight|limited|frozen|spent)|can'?t afford|"
    r"hard to justify|won'?t be able to|doesn'?t work for us|deal ?breaker|nobody used|"
    r"already (?:use|have|pay|work with)|cheaper|not a priority|bad timing|don'?t have (?:time|the "
    r"(?:time|budget|people|resources)))\b",
    re.IGNORECASE,
)
_REASSURES = re.compile(
    r"\b(?:understand|fair (?:concern|point|question)|we (?:support|offer|handle|can)|don'?t worry|"
    r"no (?:problem|concerns|worries)|not a problem|any (?:concerns|questions|issues)|"
    r"sorry (?:about|to hear))\b",
    re.IGNORECASE,
)
_ONWARD = re.compile(
    r"\b(?:next steps?|let'?s (?:schedule|meet|talk|set|book|do|plan|start|reconnect|catch|"
    r"get|go|say|touch|find|arrange)|follow[- ]up (?:call|meeting)|"
    r"(?:demo|call|meeting|session|workshop|kick[- ]?off|pilot|trial) "
    r"(?:on|next|this|for|with|in|at) )",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[$€£]\s?\d|\b\d[\d,.]*\b|%|\b(?:hundred|thousand|million)\b", re.IGNORECASE)


class Embedder(Protocol):
    """Unit vectors for texts, as `embeddings.MiniLm` makes them."""

    def embed(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class _Call:
    turns: Sequence[Turn]
    sentences: list[Sentence]
    vectors: Vectors


class Analyst:
    """Analyses calls with one embedder; seed sentences are embedded once."""

    def __init__(self, embedder: Embedder) -> None:
        """The embedder may be loaded lazily; it is first used by `analyse`."""
        self._embedder = embedder
        self._seeds: dict[tuple[str, ...], Vectors] = {}

    def analyse(self, turns: Sequence[Turn], today: date) -> dict[str, Any]:
        """The analysis of one call; every quote is an exact piece of one turn's text."""
        sentences = split_turns(turns)
        if not sentences:
            return _empty()
        call = _Call(turns, sentences, self._embedder.embed([one.text for one in sentences]))
        commitments = find_commitments(sentences, turns, today)
        return {
            "summary": self._summary(call),
            "action_items": [
                {
                    "text": one.text,
                    "owner": one.owner,
                    "due_text": one.due_text,
                    "due_on": one.due_on.isoformat() if one.due_on else None,
                    "quotes": list(one.quotes),
                }
                for one in commitments
            ],
            "topics": self._topics(call),
            "objections": self._objections(call),
            "sentiment": self._sentiment(call),
            "next_steps": self._next_steps(call),
        }

    def _near(self, vectors: Vectors, seeds: tuple[str, ...]) -> Vectors:
        """How alike each vector is to its nearest seed."""
        if seeds not in self._seeds:
            self._seeds[seeds] = self._embedder.embed(seeds)
        nearest: Vectors = (vectors @ self._seeds[seeds].T).max(axis=1)
        return nearest

    def _summary(self, call: _Call) -> list[dict[str, Any]]:
        # Maximal marginal relevance: what the call is about, said once each.
        fit = [at for at, one in enumerate(call.sentences) if _tells(one)]
        fit = fit or list(range(len(call.sentences)))
        vectors = call.vectors[fit]
        centre = vectors.mean(axis=0)
        centre = centre / max(float(np.linalg.norm(centre)), 1e-9)
        about = np.stack([self._near(vectors, seeds) for seeds in TOPICS.values()]).max(axis=0)
        worth = 0.6 * (vectors @ centre) + 0.4 * about
        worth = worth + np.array([_bonus(call.sentences[at]) for at in fit], dtype=np.float32)
        chosen: list[int] = []
        wanted = min(len(fit), max(2, min(6, len(call.sentences) // 6)))
        while len(chosen) < wanted:
            alike = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(fit))
            score = _RELEVANCE * worth - (1 - _RELEVANCE) * alike
            score[chosen] = -np.inf
            chosen.append(int(np.argmax(score)))
        return [_statement(call.sentences[fit[at]]) for at in sorted(chosen)]

    def _topics(self, call: _Call) -> list[dict[str, Any]]:
        found: list[tuple[float, dict[str, Any]]] = []
        for name, seeds in TOPICS.items():
            near = self._near(call.vectors, seeds)
            ranked = [int(at) for at in np.argsort(-near, kind="stable")[:3]]
            likely = [at for at in ranked if near[at] >= _TOPIC_LIKELY]
            if not likely or (near[likely[0]] < _TOPIC_SURE and len(likely) < 2):
                continue
            quotes = [call.sentences[at].text for at in sorted(likely[:2])]
            found.append((float(near[likely].sum()), {"name": name, "quotes": _unique(quotes)}))
        found.sort(key=lambda one: -one[0])
        return [topic for _, topic in found[:_MOST_TOPICS]]

    def _objections(self, call: _Call) -> list[dict[str, Any]]:
        near = self._near(call.vectors, OBJECTIONS)
        strength = {
            at: float(near[at]) + (0.4 if _CONCERN.search(one.text) else 0.0)
            for at, one in enumerate(call.sentences)
            if not one.is_question
            and len(one.words) >= 4
            and not _REASSURES.search(one.text)
            and (_CONCERN.search(one.text) or near[at] >= _OBJECTION_SURE)
        }
        best = sorted(strength, key=lambda at: -strength[at])[:_MOST_OBJECTIONS]
        return [_statement(call.sentences[at]) for at in sorted(best)]

    def _sentiment(self, call: _Call) -> dict[str, Any]:
        good, bad, flat = (
            self._near(call.vectors, seeds) for seeds in (POSITIVE, NEGATIVE, NEUTRAL)
        )
        mood = np.zeros(len(call.sentences))
        for at, one in enumerate(call.sentences):
            strongest = max(good[at], bad[at])
            if one.is_question or strongest < _MOOD_LEAST or strongest < flat[at]:
                continue
            difference = float(good[at] - bad[at])
            mood[at] = difference if abs(difference) >= _MOOD_MARGIN else 0.0
        balance = float(mood.sum()) / max(float(np.abs(mood).sum()), 1.0)
        label = "positive" if balance > 0.2 else "negative" if balance < -0.2 else "neutral"
        telling = mood if label == "positive" else -mood if label == "negative" else np.abs(mood)
        best = [int(at) for at in np.argsort(-telling, kind="stable")[:2] if telling[at] > 0]
        return {"label": label, "quotes": _unique([call.sentences[at].text for at in sorted(best)])}

    def _next_steps(self, call: _Call) -> list[dict[str, Any]]:
        near = self._near(call.vectors, NEXT_STEPS)
        strength = {
            at: float(near[at]) + (0.3 if _ONWARD.search(one.text) else 0.0)
            for at, one in enumerate(call.sentences)
            if len(one.words) >= 4 and (_ONWARD.search(one.text) or near[at] >= _NEXT_STEP_SURE)
        }
        best = sorted(strength, key=lambda at: -strength[at])[:_MOST_NEXT_STEPS]
        return [_statement(call.sentences[at]) for at in sorted(best)]


def _empty() -> dict[str, Any]:
    return {
        "summary": [],
        "action_items": [],
        "topics": [],
        "objections": [],
        "sentiment": {"label": "neutral", "quotes": []},
        "next_steps": [],
    }


def _tells(sentence: Sentence) -> bool:
    """Whether a sentence can stand in a summary."""
    return (
        6 <= len(sentence.words) <= 45
        and not sentence.is_question
        and not _SMALL_TALK.search(sentence.text)
    )


def _bonus(sentence: Sentence) -> float:
    return 0.08 if _FIGURE.search(sentence.text) else 0.0


def _statement(sentence: Sentence) -> dict[str, Any]:
    text = _FILLER.sub("", sentence.text).rstrip(", ")
    return {"text": text[:1].upper() + text[1:], "quotes": [sentence.text]}


def _unique(quotes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(quotes))
