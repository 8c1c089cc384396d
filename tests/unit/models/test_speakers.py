"""Speakers from voice prints: their number is found, and every word gets one."""

from collections.abc import Sequence

import numpy as np
import pytest

from infra.local.models.speakers import assign, label_words, phrases
from infra.local.models.transcript import Transcript, Word


def voices(count: int, each: int, noise: float = 0.08, seed: int = 7):
    """Prints of `count` voices taking turns, and who each print is of."""
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.normal(size=(256, count)))[0].T
    truth = [at % count for at in range(count * each)]
    prints = centres[truth] + noise * rng.normal(size=(len(truth), 256)) / 2
    prints = prints / np.linalg.norm(prints, axis=1, keepdims=True)
    return prints.astype(np.float32), truth


def same_partition(found: Sequence[int], truth: Sequence[int]) -> bool:
    pairs = set(zip(found, truth, strict=True))
    return len(pairs) == len(set(found)) == len(set(truth))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_number_of_voices_is_found_unaided(count: int) -> None:
    prints, truth = voices(count, each=12)

    found = assign(prints, np.full(len(truth), 2.0))

    assert same_partition(found, truth)


def test_a_stray_phrase_does_not_become_a_speaker() -> None:
    prints, truth = voices(2, each=12)
    stray = np.random.default_rng(1).normal(size=(1, 256)).astype(np.float32)
    prints = np.concatenate([prints, stray / np.linalg.norm(stray)])

    found = assign(prints, np.array([2.0] * len(truth) + [1.1]))

    assert len(set(found)) == 2
    assert same_partition(found[:-1], truth)


def test_short_phrases_are_judged_by_voices_found_in_clear_ones() -> None:
    prints, truth = voices(2, each=10)
    lengths = np.array([2.0] * 10 + [0.5] * 10)

    assert same_partition(assign(prints, lengths), truth)


def test_a_long_meeting_is_clustered_in_bounded_memory() -> None:
    prints, truth = voices(3, each=1200)

    assert same_partition(assign(prints, np.full(len(truth), 2.0)), truth)


def test_a_single_phrase_is_one_speaker() -> None:
    prints, _ = voices(1, each=1)

    assert assign(prints, np.array([0.5])) == [0]


def words(*spoken: tuple[str, float, float]) -> list[Word]:
    return [Word(f" {text}", start, end, 0.9) for text, start, end in spoken]


TALK = words(
    ("Hello", 0.0, 0.4), ("there.", 0.4, 1.2),
    ("Good", 1.3, 1.8), ("morning.", 1.8, 2.6),
    ("Mm.", 2.65, 2.8),
    ("Shall", 4.0, 4.5), ("we", 4.5, 4.8), ("start?", 4.8, 5.4),
)  # fmt: skip


def test_phrases_end_at_sentences_pauses_and_after_three_seconds() -> None:
    assert [(one.first, one.last) for one in phrases(TALK)] == [(0, 1), (2, 3), (4, 4), (5, 7)]
    unbroken = words(*((f"w{at}", at * 0.5, at * 0.5 + 0.5) for at in range(20)))
    assert all(one.length <= 3.0 for one in phrases(unbroken))


def test_speakers_are_numbered_as_they_appear_and_short_words_follow_their_neighbour() -> None:
    first, second = np.eye(2, 256, dtype=np.float32)

    labels = label_words(
        TALK, lambda spans: np.stack([second if 1.0 < start < 3 else first for start, _ in spans])
    )

    assert labels == ["S1", "S1", "S2", "S2", "S2", "S1", "S1", "S1"]


def test_words_too_short_to_print_are_all_one_speaker() -> None:
    def never(_: Sequence[tuple[float, float]]) -> np.ndarray:
        raise AssertionError("nothing is long enough to be printed")

    assert label_words(words(("Hi.", 0.0, 0.2)), never) == ["S1"]


def test_segments_are_cut_where_the_speaker_changes_or_pauses() -> None:
    heard = Transcript("en", 10.0, tuple(TALK)).with_speakers(
        ["S1", "S1", "S2", "S2", "S2", "S2", "S2", "S2"]
    )

    assert [(one.speaker, one.text) for one in heard.segments()] == [
        ("S1", "Hello there."),
        ("S2", "Good morning. Mm. Shall we start?"),
    ]
    late = Transcript("en", 10.0, tuple(words(("One.", 0, 1), ("Two.", 3.5, 4))))
    assert [one.text for one in late.segments()] == ["One.", "Two."]
