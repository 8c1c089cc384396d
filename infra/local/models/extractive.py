"""The extractive analyst: a call's summary, tasks, topics, objections and mood, in its own words.

No language model: sentences are chosen, never written. Rules find commitments, MiniLM says what a
sentence is about, and every statement quotes the words it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from infra.local.models.commitments import find_commitments
from infra.local.models.cues import (
    CONCERN,
    FIGURE,
    FILLER,
    ONWARD,
    OPENING,
    REASSURES,
    SMALL_TALK,
)
from infra.local.models.prototypes import (
    CUSTOMER,
    NEGATIVE,
    NEUTRAL,
    NEXT_STEPS,
    OBJECTIONS,
    POSITIVE,
    SELLER,
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
_LEAST_QUOTE = 3
_POLITE = 0.3
_MOOD_LITTLE = 0.5
_SHY = 0.3


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
            at: float(near[at]) + (0.4 if CONCERN.search(one.text) else 0.0)
            for at, one in enumerate(call.sentences)
            if not one.is_question
            and len(one.words) >= 4
            and not REASSURES.search(one.text)
            and (CONCERN.search(one.text) or near[at] >= _OBJECTION_SURE)
        }
        best = sorted(strength, key=lambda at: -strength[at])[:_MOST_OBJECTIONS]
        return [_statement(call.sentences[at]) for at in sorted(best)]

    def _sentiment(self, call: _Call) -> dict[str, Any]:
        mood = self._mood(call)
        customer = self._customer(call)
        theirs = np.array([one.speaker == customer for one in call.sentences])
        if np.any(mood[theirs]):
            mood = np.where(theirs, mood, 0.0)
        balance = float(mood.sum()) / max(float(np.abs(mood).sum()), _MOOD_LITTLE)
        label = "positive" if balance > 0.2 else "negative" if balance < -0.2 else "neutral"
        telling = mood if label == "positive" else -mood if label == "negative" else np.abs(mood)
        # A quote of one or two words proves nothing: longer ones first.
        short = np.array([len(one.words) < _LEAST_QUOTE for one in call.sentences])
        best = [int(at) for at in np.lexsort((-telling, short))[:2] if telling[at] > 0]
        return {"label": label, "quotes": _unique([call.sentences[at].text for at in sorted(best)])}

    def _mood(self, call: _Call) -> NDArray[np.float64]:
        """How good (above 0) or bad (below 0) each sentence sounds."""
        good, bad, flat = (
            self._near(call.vectors, seeds) for seeds in (POSITIVE, NEGATIVE, NEUTRAL)
        )
        mood = np.zeros(len(call.sentences))
        for at, one in enumerate(call.sentences):
            strongest = float(max(good[at], bad[at]))
            if one.is_question or strongest < max(_MOOD_LEAST, float(flat[at])):
                continue
            difference = float(good[at] - bad[at])
            if abs(difference) >= _MOOD_MARGIN:
                # "Thanks, great" is manners more than mood.
                polite = len(one.words) < 5 or SMALL_TALK.search(one.text)
                mood[at] = difference * (_POLITE if polite else 1.0)
        return mood

    def _customer(self, call: _Call) -> str:
        """Who of the speakers talks most like one who buys and least like one who sells."""
        lean = self._near(call.vectors, CUSTOMER) - self._near(call.vectors, SELLER)
        said = Counter(one.speaker for one in call.sentences)
        # Who says little shows little.
        speakers = [who for who, n in said.items() if n >= _SHY * max(said.values())]

        def weight(speaker: str) -> float:
            mine = [lean[at] for at, one in enumerate(call.sentences) if one.speaker == speaker]
            return float(np.mean(mine))

        return max(speakers, key=weight)

    def _next_steps(self, call: _Call) -> list[dict[str, Any]]:
        near = self._near(call.vectors, NEXT_STEPS)
        strength = {
            at: float(near[at]) + (0.3 if ONWARD.search(one.text) else 0.0)
            for at, one in enumerate(call.sentences)
            if len(one.words) >= 4
            and not one.is_question
            and (ONWARD.search(one.text) or near[at] >= _NEXT_STEP_SURE)
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
        and not SMALL_TALK.search(sentence.text)
        and not OPENING.search(sentence.text)
    )


def _bonus(sentence: Sentence) -> float:
    return 0.08 if FIGURE.search(sentence.text) else 0.0


def _statement(sentence: Sentence) -> dict[str, Any]:
    text = FILLER.sub("", sentence.text).rstrip(", ")
    return {"text": text[:1].upper() + text[1:], "quotes": [sentence.text]}


def _unique(quotes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(quotes))
