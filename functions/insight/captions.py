"""Captions of a transcript: which words are shown together, where their line breaks, VTT and SRT.

The measures are those of the Netflix Timed Text Style Guide (general requirements and English):
two lines of 42 characters, 5/6 of a second to 7 seconds, 20 characters a second for grown-ups,
and a gap of two frames. Wide characters (Chinese, Japanese, Korean) count as two.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from functions.insight.model import Transcript, Word
from functions.shared.clock import offset

LINE, LINES = 42, 2  # columns, lines
SHORTEST_MS, LONGEST_MS = 833, 7_000
GAP_MS = 83  # two frames at 24 a second
COLUMNS_PER_SECOND = 20
PAUSE_MS = 1_000  # of silence ends a caption, whatever follows
_ENDS = frozenset(".!?…。？！")
_RESTS = frozenset(",;:–—、，；：")
_CLOSING = "\"'”’)]»』」"
# A line, or a caption, rather ends before these than after them.
_LEADING = frozenset(
    {"a", "about", "although", "an", "and", "as", "at", "because", "but", "by", "for", "from", "if",
     "in", "into", "nor", "of", "on", "or", "so", "than", "that", "the", "to", "when", "where",
     "which", "while", "who", "with"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: times in milliseconds, one or two lines."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


def cues(transcript: Transcript) -> list[Cue]:
    """Return a transcript's captions in the order in which they begin.

    Every word is in exactly one of them. A caption is of one speaker, and of no more than LINES
    lines of LINE columns, unless a single word is longer than that. Captions overlap only where
    people speak at the same time.
    """
    spoken = [
        cue
        for turn in transcript.turns
        for cue in _of_turn(transcript.words[turn.first_word : turn.last_word + 1])
    ]
    spoken.sort(key=lambda cue: cue.start_ms)
    return list(_apart(spoken))


def _of_turn(words: Sequence[Word]) -> Iterator[Cue]:
    start = 0
    while start < len(words):
        end = _end(words, start)
        shown = words[start:end]
        yield Cue(shown[0].start_ms, shown[-1].end_ms, _broken([word.text for word in shown]))
        start = end


def _end(words: Sequence[Word], start: int) -> int:
    """Return where a caption that begins at `start` ends: the best place among those that fit."""
    best, place = -1.0, start + 1
    for end in range(start + 1, len(words) + 1):
        shown = words[start:end]
        if end > start + 1 and not _fits(shown):
            break
        last = end == len(words)
        if last or words[end].start_ms - words[end - 1].end_ms >= PAUSE_MS:
            return end
        fullness = _width([word.text for word in shown]) / (LINE * LINES)
        worth = fullness + _worth(words[end - 1].text, words[end].text)
        if worth >= best:
            best, place = worth, end
    return place


def _fits(words: Sequence[Word]) -> bool:
    long = words[-1].end_ms - words[0].start_ms > LONGEST_MS
    return not long and all(_columns(line) <= LINE for line in _broken([w.text for w in words]))


def _worth(before: str, after: str) -> float:
    """Return how good a place between two words is to break at: after a sentence, after a clause,
    before a word that leads on."""
    mark = before.rstrip(_CLOSING)[-1:]
    if mark in _ENDS:
        return 0.9
    if mark in _RESTS:
        return 0.45
    if before.lower() in _LEADING:
        return -0.3
    return 0.2 if after.lower() in _LEADING else 0.0


def _broken(texts: Sequence[str]) -> tuple[str, ...]:
    """Return one line where it fits; else two, the first ending at the best place, the lower
    rather longer than the upper."""
    whole = _joined(texts)
    if _columns(whole) <= LINE or len(texts) == 1:
        return (whole,)
    options = []
    for place in range(1, len(texts)):
        upper, lower = _joined(texts[:place]), _joined(texts[place:])
        over = sum(max(0, _columns(line) - LINE) for line in (upper, lower))
        uneven = abs(_columns(upper) - _columns(lower)) / LINE
        top_heavy = 0.1 if _columns(upper) > _columns(lower) else 0.0
        rank = _worth(texts[place - 1], texts[place]) - uneven - top_heavy - 10 * over
        options.append((rank, (upper, lower)))
    return max(options, key=lambda option: option[0])[1]


def _apart(spoken: Sequence[Cue]) -> Iterator[Cue]:
    """Give each caption the time it takes to read, as far as the next one leaves it."""
    following = [cue.start_ms - GAP_MS for cue in spoken[1:]]
    for cue, room in zip_longest(spoken, following):
        width = sum(map(_columns, cue.lines))
        wanted = max(SHORTEST_MS, round(1000 * width / COLUMNS_PER_SECOND))
        end = cue.start_ms + min(LONGEST_MS, wanted)
        if room is not None:
            end = min(end, room)
        yield replace(cue, end_ms=max(cue.start_ms + 1, cue.end_ms, end))


def vtt(made: Iterable[Cue]) -> str:
    """Return WebVTT (W3C). What means something to it is escaped."""
    return "WEBVTT\n" + "".join(
        f"\n{offset(cue.start_ms)} --> {offset(cue.end_ms)}\n{_escaped(cue)}\n" for cue in made
    )


def srt(made: Iterable[Cue]) -> str:
    """Return SubRip. It knows no escapes: what looks like a tag loses its brackets."""
    return "\n".join(
        f"{number}\n{offset(cue.start_ms, ',')} --> {offset(cue.end_ms, ',')}\n{_tagless(cue)}\n"
        for number, cue in enumerate(made, start=1)
    )


def _escaped(cue: Cue) -> str:
    text = "\n".join(cue.lines)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _tagless(cue: Cue) -> str:
    return "\n".join(cue.lines).replace("<", "‹").replace(">", "›")


def _joined(texts: Sequence[str]) -> str:
    text = texts[0]
    for following in texts[1:]:
        text += following if _wide(text[-1:]) and _wide(following[:1]) else f" {following}"
    return text


def _width(texts: Sequence[str]) -> int:
    return _columns(_joined(texts))


def _columns(text: str) -> int:
    return sum(2 if _wide(char) else not unicodedata.combining(char) for char in text)


def _wide(char: str) -> bool:
    return bool(char) and unicodedata.east_asian_width(char) in "WF"
