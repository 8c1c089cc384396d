"""Proof by words: finds a model's quote among the words that were really spoken.

The model is not trusted to say where or by whom something was said, nor even that it was said.
A quote counts only when its whole token sequence occurs in the transcript; what is kept is the
transcript's own wording, times and speaker. Each search is linear in the transcript's length.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.insight.model import Evidence, Word
from functions.insight.numerals import Token
from functions.insight.tokens import fluent, numbers, spelling
from functions.insight.turns import spoken_text

MAX_QUOTE_WORDS = 80
MAX_QUOTE_CHARS = 2_000  # of a model's quote; a longer one is not read further
MAX_ELISION_TOKENS = 8  # what an ellipsis in a quote may leave out
MAX_OCCURRENCES = 200
COMMON_SHORT_QUOTE = 5  # one or two words said more often than this prove nothing
SHORT_QUOTE_TOKENS = 2
_ELLIPSIS = re.compile(r"\[?(?:\.\s?\.\s?\.|…)\]?")
_SPEAKER_PREFIX = re.compile(r"^(?:\s*\[?S\d{1,2}\]?\s*:\s*)+")  # models copy it from the turn
_NEGATIONS = frozenset(("not", "no", "never", "nor", "none", "nobody", "nothing", "without"))
_BREAK = "\x1f"  # cannot be part of a token


@dataclass(frozen=True, slots=True)
class Located:
    """Words `first` to `last` (inclusive); `exactness` 1.0 when spelled as quoted."""

    first: int
    last: int
    exactness: float
    occurrences: int
    tokens: int


class _View:
    """The transcript in one of its forms, joined to one string for a linear search."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.starts: list[int] = []
        length = len(_BREAK)
        for token, _, _ in tokens:
            self.starts.append(length)
            length += len(token) + len(_BREAK)
        self.text = _BREAK + _BREAK.join(token for token, _, _ in tokens) + _BREAK

    def find(self, tokens: Sequence[Token], within: range) -> list[int]:
        """Places (token indices, at most MAX_OCCURRENCES) where the sequence lies in the words."""
        begin = bisect_left(self.tokens, within.start, key=lambda token: token[1])
        wanted = _BREAK + _BREAK.join(token for token, _, _ in tokens) + _BREAK
        places: list[int] = []
        at = self.starts[begin] - len(_BREAK) if begin < len(self.starts) else -1
        while at >= 0 and len(places) < MAX_OCCURRENCES:
            at = self.text.find(wanted, at)
            if at < 0:
                break
            place = bisect_left(self.starts, at + len(_BREAK))
            if self.tokens[place + len(tokens) - 1][2] >= within.stop:
                break
            places.append(place)
            at += len(_BREAK)
        return places


class Spoken:
    """The words of a transcript made ready for many look-ups; built once, in linear time."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self._texts = [word.text for word in words]
        self._views: dict[str, _View] = {}

    def locate(
        self, quote: str, *, within: range | None = None, near: int | None = None
    ) -> Located | None:
        """Find a quote, exact spelling first; of several places the one nearest to word `near`,
        else the earliest. None when these words were not spoken in this order (or not all inside
        `within`, word indices)."""
        within = within or range(len(self.words))
        quote = quote[:MAX_QUOTE_CHARS]
        words = quote.split()
        for exactness, form in ((1.0, spelling), (0.95, numbers), (0.9, fluent)):
            found = self._search(form(words), form, exactness, within, near)
            if found:
                return found
        bare = _SPEAKER_PREFIX.sub("", quote)
        if bare != quote:
            return self.locate(bare, within=within, near=near)
        return self._search_with_gaps(quote, within)

    def says(self, phrase: str) -> bool:
        """Whether this phrase was spoken, in any form."""
        return self.locate(phrase) is not None

    def names(self, name: str) -> bool:
        """Whether a name was spoken as one: some occurrence of it is not written in lower case."""
        wanted = spelling(name.split())
        if not wanted:
            return False
        view = self._view(spelling)
        for place in view.find(wanted, range(len(self.words))):
            _, word, _ = view.tokens[place]
            initial = next((c for c in self._texts[word] if c.isalpha()), "")
            if initial and not initial.islower():
                return True
        return False

    def evidence(self, located: Located) -> Evidence:
        """The located words as spoken, at most MAX_QUOTE_WORDS of them."""
        last = min(located.last, located.first + MAX_QUOTE_WORDS - 1)
        words = self.words[located.first : last + 1]
        heard = [word.confidence for word in words if word.confidence is not None]
        certainty = sum(heard) / len(heard) if heard else 1.0
        return Evidence(
            quote=spoken_text(words),
            start_ms=words[0].start_ms,
            end_ms=max(word.end_ms for word in words),
            speaker=Counter(word.speaker for word in words).most_common(1)[0][0],
            confidence=round(located.exactness * certainty, 3),
        )

    def prove(
        self, quotes: Sequence[str], *, within: range | None = None, limit: int = 5
    ) -> tuple[Evidence, ...]:
        """Evidence for the quotes that were spoken and mean something, in order of time.

        A quote that occurs once settles which occurrence of an ambiguous one is meant.
        """
        found = [one for quote in quotes if (one := self.locate(quote, within=within))]
        anchor = next((one.first for one in found if one.occurrences == 1), None)
        if anchor is not None and any(one.occurrences > 1 for one in found):
            found = [
                one for quote in quotes if (one := self.locate(quote, within=within, near=anchor))
            ]
        telling = {(one.first, one.last): one for one in found if not _commonplace(one)}
        return tuple(self.evidence(telling[span]) for span in sorted(telling)[:limit])

    def _view(self, form: Callable[[Sequence[str]], list[Token]]) -> _View:
        if form.__name__ not in self._views:
            self._views[form.__name__] = _View(form(self._texts))
        return self._views[form.__name__]

    def _search(
        self,
        wanted: Sequence[Token],
        form: Callable[[Sequence[str]], list[Token]],
        exactness: float,
        within: range,
        near: int | None,
    ) -> Located | None:
        if not wanted:
            return None
        view = self._view(form)
        places = view.find(wanted, within)
        if not places:
            return None
        spans = [
            (view.tokens[place][1], view.tokens[place + len(wanted) - 1][2]) for place in places
        ]
        first, last = spans[0] if near is None else min(spans, key=lambda s: abs(s[0] - near))
        return Located(first, last, exactness, len(spans), len(wanted))

    def _search_with_gaps(self, quote: str, within: range) -> Located | None:
        """A quote with an ellipsis: its parts in order, close together, nothing negated between."""
        parts = [fluent(part.split()) for part in _ELLIPSIS.split(quote)]
        parts = [part for part in parts if part]
        if len(parts) <= 1 or any(len(part) < SHORT_QUOTE_TOKENS for part in parts):
            return None
        view = self._view(fluent)
        for start in view.find(parts[0], within):
            end = self._follow(view, start + len(parts[0]), parts[1:])
            if end is not None:
                first, last = view.tokens[start][1], view.tokens[end - 1][2]
                if last < within.stop:
                    return Located(first, last, 0.8, 1, sum(map(len, parts)))
        return None

    def _follow(self, view: _View, end: int, parts: Sequence[Sequence[Token]]) -> int | None:
        for part in parts:
            texts = [token for token, _, _ in part]
            for gap in range(MAX_ELISION_TOKENS + 1):
                at = end + gap
                if [token for token, _, _ in view.tokens[at : at + len(part)]] == texts:
                    break
            else:
                return None
            skipped = [token for token, _, _ in view.tokens[end : end + gap]]
            if any(token in _NEGATIONS or token.endswith("n't") for token in skipped):
                return None
            end = at + len(part)
        return end


def _commonplace(one: Located) -> bool:
    return one.tokens <= SHORT_QUOTE_TOKENS and one.occurrences > COMMON_SHORT_QUOTE
