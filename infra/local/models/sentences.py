"""Turns cut into sentences, every one an exact piece of what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Recognisers join sentences with commas ("Got it, I'll send you a quote, can you …"): a new clause
# with its own subject and intent is a sentence of its own.
_CLAUSE = (
    r"(?:and |so |but |then |okay |also )?"
    r"(?:I'll |I will |I'm going to |I'm gonna |I can |let me |let's |we'll |we will |"
    r"we're going to |can you |could you |would you |will you |please |what |when |how |who |why |"
    r"where )"
)
_BREAK = re.compile(rf"(?<=[.?!…])[\"”’)]*\s+(?=[\"“‘(]?\S)|(?<=,)\s+(?={_CLAUSE})", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|inc|ltd|co|no|approx|jr|sr)|\b[a-z]\.[a-z]|"
    r"\b(?!i\b)[a-z])\.$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w$€£%]+(?:['’.,:-][\w%]+)*")


def words(table: str) -> frozenset[str]:
    """The words of a table written as running text."""
    return frozenset(table.split())


@dataclass(frozen=True)
class Turn:
    """What one speaker said in one go; `i` numbers it in the call, times in milliseconds."""

    i: int
    speaker: str
    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class Sentence:
    """An exact substring of a turn; `turn` is the turn's place in the list, not its number."""

    turn: int
    speaker: str
    text: str

    @property
    def words(self) -> list[str]:
        """Lower-case words."""
        return [word.lower() for word in _WORD.findall(self.text)]

    @property
    def is_question(self) -> bool:
        """Whether it ends in a question mark."""
        return self.text.rstrip("\"'”’) ").endswith("?")


def split_turns(turns: Sequence[Turn]) -> list[Sentence]:
    """All sentences of all turns, in order."""
    return [
        Sentence(at, turn.speaker, piece)
        for at, turn in enumerate(turns)
        for piece in split_text(turn.text)
    ]


def split_text(text: str) -> list[str]:
    """Exact substrings of `text`, one for each sentence or joined-on clause."""
    pieces: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        before = text[start : match.start()]
        if _ABBREVIATION.search(before) and not before.endswith(","):
            continue
        # "When we're done, I'll …": a clause too short or dependent belongs to what follows it.
        if before.endswith(",") and _depends(before):
            continue
        pieces.append(text[start : match.end()].strip())
        start = match.end()
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if _WORD.search(piece)]


_DEPENDENT = re.compile(
    r"^\W*(?:(?:and|but|so|or|okay|ok|yeah|yes|well) )*"
    r"(?:if|when|once|as soon as|after|before|while|unless|because|since|until|by|on|in|for|from|"
    r"assuming|provided|next|this|tomorrow|monday|tuesday|wednesday|thursday|friday)\b",
    re.IGNORECASE,
)


def _depends(clause: str) -> bool:
    return bool(_DEPENDENT.match(clause)) and len(clause.split()) < 16
