"""What was heard: words with times and speakers, and the turns they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

# A pause after which the same speaker starts a new segment (s), and a segment's longest run (s).
_PAUSE_S = 2.0
_LONG_S = 30.0
_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")


@dataclass(frozen=True)
class Word:
    """One word as recognised: times in seconds, probability 0–1, text with its leading space."""

    text: str
    start: float
    end: float
    probability: float
    speaker: str | None = None


@dataclass(frozen=True)
class Segment:
    """Consecutive words of one speaker; times in seconds."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words as written."""
        return "".join(word.text for word in self.words).strip()

    @property
    def start(self) -> float:
        """Seconds from the start of the audio."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds from the start of the audio."""
        return max(word.end for word in self.words)

    @property
    def speaker(self) -> str | None:
        """The one speaker of all its words."""
        return self.words[0].speaker


@dataclass(frozen=True)
class Transcript:
    """A whole recording: language code, duration in seconds, words in order."""

    language: str
    duration: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "".join(word.text for word in self.words).strip()

    def with_speakers(self, labels: Sequence[str]) -> Transcript:
        """The same words, each with its speaker; one label for each word."""
        words = [
            replace(word, speaker=label) for word, label in zip(self.words, labels, strict=True)
        ]
        return replace(self, words=tuple(words))

    def segments(self) -> tuple[Segment, ...]:
        """Runs of one speaker, cut at long pauses and, when very long, at sentence ends."""
        runs: list[list[Word]] = []
        for word in self.words:
            if not runs or _starts_anew(runs[-1], word):
                runs.append([])
            runs[-1].append(word)
        return tuple(Segment(tuple(run)) for run in runs)


def _starts_anew(run: Sequence[Word], word: Word) -> bool:
    last = run[-1]
    if word.speaker != last.speaker or word.start - last.end > _PAUSE_S:
        return True
    return last.end - run[0].start > _LONG_S and ends_sentence(last.text)


def ends_sentence(text: str) -> bool:
    """Whether a word closes a sentence."""
    return text.rstrip("\"'”’)").endswith(_SENTENCE_ENDS)
