"""A long call in parts that a model can read: whole turns, in order, within a token budget.

The rule: a part holds as many whole turns as fit its size; parts are asked in order of time until
the job's token budget is used up. What is left out then is stated with the result (`covered_ms`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.insight.model import Turn
from functions.insight.router import CHARS_PER_TOKEN

TURN_OVERHEAD_CHARS = 70  # the turn's index, speaker and times as JSON


@dataclass(frozen=True, slots=True)
class Part:
    """Some consecutive turns; `first` is the first one's number in the call."""

    first: int
    turns: tuple[Turn, ...]

    @property
    def words(self) -> range:
        """Indices of the words the part holds."""
        return range(self.turns[0].first_word, self.turns[-1].last_word + 1)

    @property
    def tokens(self) -> int:
        """Estimated size."""
        return sum(turn_tokens(turn) for turn in self.turns)


def turn_tokens(turn: Turn) -> int:
    """Estimated tokens of one turn in the prompt."""
    return math.ceil((len(turn.text) + TURN_OVERHEAD_CHARS) / CHARS_PER_TOKEN)


def parts(turns: Sequence[Turn], part_tokens: int) -> list[Part]:
    """Cut the call into parts; a single turn over the size is a part of its own."""
    return list(_parts(turns, part_tokens))


def _parts(turns: Sequence[Turn], part_tokens: int) -> Iterator[Part]:
    first, size = 0, 0
    for i, turn in enumerate(turns):
        tokens = turn_tokens(turn)
        if i > first and size + tokens > part_tokens:
            yield Part(first, tuple(turns[first:i]))
            first, size = i, 0
        size += tokens
    if turns:
        yield Part(first, tuple(turns[first:]))
