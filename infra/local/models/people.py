"""Who the speakers are called, as far as they say it themselves."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from infra.local.models.sentences import Turn, words

_NAME = r"(?P<name>[A-Z][a-zà-ÿ]+(?:-[A-Z][a-zà-ÿ]+)?)"
_SELF = re.compile(
    rf"\b(?:[Tt]his is|I'm|I am|[Mm]y name is|[Mm]y name's) {_NAME}"
    r"(?=\s*(?:[,.!?]|$|from|with|at|and|here|speaking|in|calling|[A-Z]))"
)
_ADDRESS = re.compile(
    rf"(?:\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Tt]hanks|[Tt]hank you|[Mm]orning|[Aa]fternoon|[Bb]ye|[Ss]ure|"
    rf"[Gg]reat|[Pp]erfect|[Oo]kay|[Rr]ight|[Ww]elcome),? (?:again,? |so much,? |there,? )?)"
    rf"{_NAME}(?=\s*(?:[,.!?]|$))"
)
_NOT_NAMES = words(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July
    August September October November December I The This That Yes No Okay Great Perfect Sure Thanks
    Thank Everyone Everybody All Guys Team There Sorry Honestly Good Right So Well And But If When
    What Very English American German French
    """
)


def names_of(turns: Sequence[Turn]) -> dict[str, str]:
    """Speaker id → first name, for the speakers who are introduced or addressed by one.

    With exactly two speakers an address names the other one; with more only introductions count.
    """
    speakers = list(dict.fromkeys(turn.speaker for turn in turns))
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for turn in turns:
        for name in _names(_SELF, turn.text):
            votes[turn.speaker][name] += 3
        if len(speakers) == 2:
            other = speakers[1 - speakers.index(turn.speaker)]
            for name in _names(_ADDRESS, turn.text):
                votes[other][name] += 2
    chosen: dict[str, str] = {}
    for speaker in speakers:
        ranked = [name for name, _ in votes[speaker].most_common() if name not in chosen.values()]
        if ranked:
            chosen[speaker] = ranked[0]
    return chosen


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    return [m["name"] for m in pattern.finditer(text) if m["name"] not in _NOT_NAMES]


def addressee(at: int, turns: Sequence[Turn]) -> str | None:
    """Whom a turn speaks to: the other of two speakers, else who answers next, else unknown."""
    speaker = turns[at].speaker
    speakers = list(dict.fromkeys(turn.speaker for turn in turns))
    if len(speakers) == 2:
        return speakers[1 - speakers.index(speaker)]
    return next((turn.speaker for turn in turns[at + 1 :] if turn.speaker != speaker), None)


def speaker_named(name: str, names: Mapping[str, str]) -> str | None:
    """The speaker id behind a name that was said, if it is one of the speakers."""
    return next((speaker for speaker, known in names.items() if known == name), None)
