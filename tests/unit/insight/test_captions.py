"""Captions: which words are shown together, for how long, and how they are written."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.insight.captions import GAP_MS, LINE, LONGEST_MS, SHORTEST_MS, Cue, cues, srt, vtt
from functions.insight.model import Transcript
from functions.insight.turns import HeardWord, transcript
from tests.unit.insight.factories import SOURCE, call

WORDS = st.text(st.sampled_from("abcdeABC,.?!'-&<>12"), min_size=1, max_size=30)
SPOKEN = st.lists(
    st.tuples(WORDS, st.integers(0, 3_000), st.integers(0, 900), st.sampled_from("ab")), max_size=80
)


def heard(spoken: list[tuple[str, int, int, str]]) -> Transcript:
    """A transcript of (text, silence before, length, speaker)."""
    words, at = [], 0
    for text, silence, length, speaker in spoken:
        at += silence
        words.append(HeardWord(text, at, at + length, speaker))
        at += length
    return transcript(words, language="en", duration_ms=None, source=SOURCE)


def shown(made: list[Cue]) -> list[str]:
    return [" / ".join(cue.lines) for cue in made]


@given(SPOKEN)
def test_every_word_is_shown_once_in_its_order(spoken: list[tuple[str, int, int, str]]) -> None:
    said = heard(spoken)

    assert [word for cue in cues(said) for line in cue.lines for word in line.split()] == [
        word.text for word in said.words
    ]


@given(SPOKEN)
def test_captions_fit_on_two_lines_and_leave_each_other_alone(
    spoken: list[tuple[str, int, int, str]],
) -> None:
    made = cues(heard(spoken))

    for cue, after in pairwise(made):
        assert cue.start_ms < cue.end_ms
        # they are only made longer as far as that leaves a gap
        assert cue.end_ms <= max(after.start_ms, cue.start_ms + 1)
    for cue in made:
        assert 1 <= len(cue.lines) <= 2
        assert all(len(line) <= LINE or " " not in line for line in cue.lines)
        single = len(" ".join(cue.lines).split()) == 1
        assert single or cue.end_ms - cue.start_ms <= LONGEST_MS


def test_captions_break_after_sentences_and_before_what_leads_on() -> None:
    made = cues(
        call(
            ("a", ("I have looked at the numbers. They are good because the team that sells in "
                   "the north has doubled them, and nobody in the south was told about it at all."))
        )
    )  # fmt: skip

    assert shown(made) == [
        "I have looked at the numbers.",
        "They are good because the team / that sells in the north has doubled them,",
        "and nobody in the south / was told about it at all.",
    ]


def test_a_pause_and_another_speaker_end_a_caption() -> None:
    made = cues(heard([("well", 0, 200, "a"), ("then", 1_000, 200, "a"), ("yes", 50, 200, "b")]))

    assert shown(made) == ["well", "then", "yes"]


def test_a_short_caption_stays_as_long_as_it_takes_to_read_it() -> None:
    made = cues(heard([("Yes.", 500, 100, "a"), ("No.", 300, 100, "b"), ("So?", 5_000, 100, "a")]))

    assert (made[0].start_ms, made[0].end_ms) == (500, 900 - GAP_MS)
    assert made[1].end_ms - made[1].start_ms == SHORTEST_MS


def test_people_who_speak_at_the_same_time_are_shown_at_the_same_time() -> None:
    words = [
        HeardWord("One", 0, 900, "a"), HeardWord("two.", 900, 2_000, "a"),
        HeardWord("Stop!", 1_000, 1_400, "b"),
    ]  # fmt: skip
    made = cues(transcript(words, language="en", duration_ms=None, source=SOURCE))

    assert all(cue.end_ms > cue.start_ms for cue in made)
    assert max(cue.end_ms for cue in made) >= 2_000


def test_wide_characters_count_twice_and_have_no_spaces_between_them() -> None:
    words = [HeardWord(char, 100 * at, 100 * at + 90, "a") for at, char in enumerate("漢字" * 25)]
    made = cues(transcript(words, language="ja", duration_ms=None, source=SOURCE))

    assert all(2 * len(line) <= LINE and " " not in line for cue in made for line in cue.lines)


def test_nothing_said_is_no_captions() -> None:
    silent = transcript([], language="en", duration_ms=10, source=SOURCE)

    assert cues(silent) == []
    assert vtt(cues(silent)) == "WEBVTT\n"
    assert srt(cues(silent)) == ""


@pytest.mark.parametrize("write", [vtt, srt])
def test_words_cannot_become_a_cue_or_a_tag(write: object) -> None:
    assert callable(write)
    text = write([Cue(0, 1_000, ("00:00:05.000 --> 00:00:06.000", "<script>&amp;"))])

    assert len(re.findall("-->", text)) == 1
    assert "<" not in text
