"""Who spoke when: words grouped into phrases, their voice prints clustered into speakers.

Pure arithmetic on voice prints; the network that makes them is in `voices`. A change of speaker
falls on a pause or a sentence end almost always, so phrases bounded by those are the unit: their
edges are sharper than any sliding window, and each second of audio is embedded once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering  # type: ignore[import-untyped,unused-ignore]

from infra.local.models.transcript import Word, ends_sentence

Vectors = NDArray[np.float32]

_GAP_S = 0.30
_PIECE_S = 3.0
_CLEAR_S = 1.0
_AUDIBLE_S = 0.4
# Two groups of phrases are one voice above this mean cosine similarity. On real telephone and
# meeting speech one voice has 0.56 ± 0.12 between 1.5 s windows, two voices 0.19 ± 0.15.
_SAME_VOICE = 0.40
# A voice that speaks less than this, in all, is a stray phrase of another one (s, share).
_LEAST_S = 2.5
_LEAST_SHARE = 0.03
_MOST_PIECES = 1500


@dataclass(frozen=True)
class Phrase:
    """Words `first` to `last` (inclusive) that one voice surely speaks; times in seconds."""

    first: int
    last: int
    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


def phrases(words: Sequence[Word]) -> list[Phrase]:
    """Cut at sentence ends, pauses, and every three seconds of unbroken speech."""
    found: list[Phrase] = []
    first = 0
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else None
        if (
            following is None
            or ends_sentence(word.text)
            or following.start - word.end > _GAP_S
            or following.end - words[first].start > _PIECE_S
        ):
            found.append(Phrase(first, at, words[first].start, max(word.end, words[first].start)))
            first = at + 1
    return found


def label_words(
    words: Sequence[Word], voice_prints: Callable[[Sequence[tuple[float, float]]], Vectors]
) -> list[str]:
    """A speaker label ("S1", "S2" … in order of appearance) for each word.

    `voice_prints` gives one unit vector for each (start, end) in seconds.
    """
    parts = phrases(words)
    heard = [at for at, part in enumerate(parts) if part.length >= _AUDIBLE_S]
    if not heard:
        return ["S1"] * len(words)
    prints = voice_prints([(parts[at].start, parts[at].end) for at in heard])
    lengths = np.array([parts[at].length for at in heard])
    voices = assign(prints, lengths)
    of_phrase: dict[int, int] = dict(zip(heard, voices, strict=True))
    labels: list[int] = []
    for at, part in enumerate(parts):
        labels += [_voice_of(at, parts, of_phrase)] * (part.last - part.first + 1)
    names: dict[int, str] = {}
    for label in labels:
        names.setdefault(label, f"S{len(names) + 1}")
    return [names[label] for label in labels]


def _voice_of(at: int, parts: Sequence[Phrase], of_phrase: dict[int, int]) -> int:
    # A phrase too short to print goes to the nearer neighbour in time.
    if at in of_phrase:
        return of_phrase[at]
    nearest = min(
        of_phrase,
        key=lambda other: max(
            parts[other].start - parts[at].end, parts[at].start - parts[other].end
        ),
    )
    return of_phrase[nearest]


def assign(prints: Vectors, lengths: NDArray[np.float64]) -> list[int]:
    """A voice number for each unit vector (n × d); `lengths` are their seconds.

    The number of voices is found: clear phrases are clustered, stray clusters dissolved, and
    every phrase then goes to the nearest voice.
    """
    clear = np.flatnonzero(lengths >= _CLEAR_S)
    if len(clear) < 2:
        clear = np.arange(len(prints))
    if len(clear) > _MOST_PIECES:
        # Clustering is quadratic; the longest phrases say enough about who is there.
        clear = np.sort(clear[np.argsort(-lengths[clear], kind="stable")[:_MOST_PIECES]])
    if len(clear) < 2:
        return [0] * len(prints)
    groups = _clusters(prints[clear])
    centres = _centres(prints[clear], lengths[clear], groups)
    if len(centres) == 1:
        return [0] * len(prints)
    return [int(voice) for voice in np.argmax(prints @ centres.T, axis=1)]


def _clusters(prints: Vectors) -> NDArray[np.int64]:
    distances = np.clip(1.0 - prints @ prints.T, 0.0, 2.0)
    clustering = AgglomerativeClustering(
        n_clusters=None,
        metric="precomputed",
        linkage="average",
        distance_threshold=1.0 - _SAME_VOICE,
    )
    return np.asarray(clustering.fit_predict(distances), dtype=np.int64)


def _centres(prints: Vectors, lengths: NDArray[np.float64], groups: NDArray[np.int64]) -> Vectors:
    seconds = {int(group): float(lengths[groups == group].sum()) for group in np.unique(groups)}
    total = sum(seconds.values())
    # In a recording of a few seconds a short answer is all that a voice may say.
    least = max(min(_LEAST_S, 0.15 * total), _LEAST_SHARE * total)
    kept = [group for group, spoken in seconds.items() if spoken >= least]
    kept = kept or [max(seconds, key=lambda group: seconds[group])]
    centres = []
    for group in kept:
        mine = groups == group
        mean = (prints[mine] * lengths[mine, None]).sum(axis=0)
        centres.append(mean / np.linalg.norm(mean))
    return np.asarray(centres, dtype=np.float32)
