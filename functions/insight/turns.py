"""From a recogniser's loose words to a transcript: cleaned, ordered, numbered, grouped in turns.

Every speech adapter ends here, so that a transcript looks the same whoever wrote it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from functions.insight.model import (
    MAX_SPEAKERS,
    MAX_WORD_CHARS,
    MAX_WORDS,
    Speaker,
    Transcript,
    TranscriptSource,
    Turn,
    Word,
)

GAP_MS = 2_000  # a pause this long starts a new turn of the same speaker
SOFT_TURN_WORDS = 200  # after this many words the next sentence end closes the turn
HARD_TURN_WORDS = 400
_TRAILING = frozenset(".,!?;:…\"')]}»”’。、，？！：；」』")
_REST_OF_NUMBER = re.compile(r"[.,:]\d|%")
_REST_OF_WORD = re.compile(r"[-'\u2019]\w")
_SENTENCE_END = frozenset(".!?…。？！")


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as an adapter reads it out of a reply; the speaker's name is the provider's own."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class HeardSegment:
    """A stretch of speech without word times."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str | None = None


def spread(segment: HeardSegment) -> list[HeardWord]:
    """Give each word of a segment a share of its time in proportion to its length."""
    texts = segment.text.split()
    letters = sum(map(len, texts))
    span = max(0, segment.end_ms - segment.start_ms)
    words, done = [], 0
    for text in texts:
        start = segment.start_ms + span * done // letters
        done += len(text)
        end = segment.start_ms + span * done // letters
        words.append(HeardWord(text, start, end, segment.speaker))
    return words


def name_speakers(
    words: Sequence[HeardWord], segments: Sequence[HeardSegment]
) -> tuple[HeardWord, ...]:
    """Give words without a speaker the speaker of the segment that holds their middle."""
    spans = sorted((s for s in segments if s.speaker), key=lambda s: s.start_ms)
    if not spans:
        return tuple(words)
    named, at = [], 0
    for word in sorted(words, key=lambda w: w.start_ms):
        middle = (word.start_ms + word.end_ms) // 2
        while at + 1 < len(spans) and spans[at + 1].start_ms <= middle:
            at += 1
        named.append(word if word.speaker else replace(word, speaker=spans[at].speaker))
    return tuple(named)


def transcript(
    heard: Iterable[HeardWord],
    *,
    language: str,
    duration_ms: int | None,
    source: TranscriptSource,
) -> Transcript:
    """Build the transcript; words beyond MAX_WORDS are left out, times never run backwards."""
    clean = _joined(_cleaned(heard))[:MAX_WORDS]
    last = max((word.end_ms for word in clean), default=0)
    ids = _speaker_ids(clean)
    words = tuple(
        Word(
            i=i,
            text=word.text,
            start_ms=word.start_ms,
            end_ms=word.end_ms,
            speaker=ids[word.speaker],
            confidence=word.confidence,
        )
        for i, word in enumerate(clean)
    )
    voices = dict.fromkeys(word.speaker for word in words)
    return Transcript(
        language=language or "und",
        duration_ms=max(duration_ms or 0, last),
        speakers=tuple(Speaker(id=id_, label=f"Speaker {id_[1:]}") for id_ in voices),
        words=words,
        turns=build_turns(words),
        source=source.model_copy(update={"diarised": any(w.speaker for w in clean)}),
    )


def build_turns(words: Sequence[Word]) -> tuple[Turn, ...]:
    """Group words where the speaker changes, a long pause falls or a turn grows too long."""
    turns, first = [], 0
    for i in range(1, len(words) + 1):
        if i == len(words) or _breaks(words[i - 1], words[i], i - first):
            turns.append(_turn(words[first:i]))
            first = i
    return tuple(turns)


def spoken_text(words: Sequence[Word]) -> str:
    """The words as running text; scripts written without spaces are not given any."""
    parts: list[str] = []
    for word in words:
        if parts and not (_is_cjk(parts[-1][-1]) and _is_cjk(word.text[0])):
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)


def _breaks(before: Word, after: Word, length: int) -> bool:
    return (
        before.speaker != after.speaker
        or after.start_ms - before.end_ms > GAP_MS
        or length >= HARD_TURN_WORDS
        or (length >= SOFT_TURN_WORDS and before.text[-1] in _SENTENCE_END)
    )


def _turn(words: Sequence[Word]) -> Turn:
    return Turn(
        speaker=words[0].speaker,
        start_ms=words[0].start_ms,
        end_ms=max(word.end_ms for word in words),
        text=spoken_text(words),
        first_word=words[0].i,
        last_word=words[-1].i,
    )


def _cleaned(heard: Iterable[HeardWord]) -> list[HeardWord]:
    words = []
    for word in heard:
        text = _printable(word.text)
        if not text:
            continue
        start = max(0, word.start_ms)
        confidence = word.confidence
        words.append(
            HeardWord(
                text=text,
                start_ms=start,
                end_ms=max(start, word.end_ms),
                speaker=word.speaker or None,
                confidence=None if confidence is None else min(1.0, max(0.0, confidence)),
            )
        )
    return sorted(words, key=lambda word: word.start_ms)


def _printable(text: str) -> str:
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return " ".join(kept.split())[:MAX_WORD_CHARS].strip()


def _joined(words: Sequence[HeardWord]) -> list[HeardWord]:
    """Put back together what recognisers cut apart: `$48` `,000`, `10` `%`, `follow` `-up`."""
    joined: list[HeardWord] = []
    for word in words:
        if joined and _continues(joined[-1], word):
            before = joined[-1]
            heard = [c for c in (before.confidence, word.confidence) if c is not None]
            mark = not any(map(str.isalnum, word.text))  # how sure of a mark says nothing
            joined[-1] = replace(
                before,
                text=before.text + word.text,
                end_ms=max(before.end_ms, word.end_ms),
                confidence=before.confidence if mark else min(heard, default=None),
            )
        else:
            joined.append(word)
    return joined


def _continues(before: HeardWord, word: HeardWord) -> bool:
    if len(before.text) + len(word.text) > MAX_WORD_CHARS:
        return False
    if _TRAILING.issuperset(word.text):
        return True
    number = before.text[-1].isdigit() and bool(_REST_OF_NUMBER.match(word.text))
    part = before.text[-1].isalpha() and bool(_REST_OF_WORD.match(word.text))
    return (number or part) and before.speaker == word.speaker


def _speaker_ids(words: Sequence[HeardWord]) -> dict[str | None, str]:
    """Provider names in order of first word → S1, S2 …; silence about who speaks means S1."""
    names = dict.fromkeys(word.speaker for word in words if word.speaker)
    ids: dict[str | None, str] = {
        name: f"S{min(place, MAX_SPEAKERS)}" for place, name in enumerate(names, start=1)
    }
    ids[None] = "S1"
    return ids


def _is_cjk(character: str) -> bool:
    point = ord(character)
    return 0x3000 <= point <= 0x30FF or 0x3400 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF
