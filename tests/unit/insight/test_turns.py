"""Loose words become a transcript: clean, ordered, numbered, in turns."""

from functions.insight.model import MAX_SPEAKERS, MAX_WORD_CHARS, Transcript
from functions.insight.turns import (
    HARD_TURN_WORDS,
    SOFT_TURN_WORDS,
    HeardSegment,
    HeardWord,
    name_speakers,
    spread,
    transcript,
)
from tests.unit.insight.factories import SOURCE


def made(*words: HeardWord, duration_ms: int | None = None) -> Transcript:
    return transcript(words, language="en", duration_ms=duration_ms, source=SOURCE)


def row(count: int, text: str = "word", gap: int = 0) -> list[HeardWord]:
    return [HeardWord(text, i * (100 + gap), i * (100 + gap) + 100, "a") for i in range(count)]


def test_a_turn_ends_where_the_speaker_changes() -> None:
    whole = made(
        HeardWord("Hi.", 0, 100, "x"),
        HeardWord("Hello", 120, 300, "y"),
        HeardWord("you.", 300, 400, "y"),
    )

    assert [(t.speaker, t.text, t.first_word, t.last_word) for t in whole.turns] == [
        ("S1", "Hi.", 0, 0),
        ("S2", "Hello you.", 1, 2),
    ]
    assert [(s.id, s.label) for s in whole.speakers] == [("S1", "Speaker 1"), ("S2", "Speaker 2")]


def test_a_long_pause_of_one_speaker_starts_a_new_turn_and_a_short_one_does_not() -> None:
    whole = made(
        HeardWord("One", 0, 100), HeardWord("two", 2000, 2100), HeardWord("three", 4101, 4200)
    )

    assert [turn.text for turn in whole.turns] == ["One two", "three"]


def test_an_endless_turn_is_cut_at_a_sentence_end_and_at_the_latest_at_its_bound() -> None:
    words = row(HARD_TURN_WORDS + SOFT_TURN_WORDS + 50)
    words[HARD_TURN_WORDS + SOFT_TURN_WORDS + 9] = HeardWord(
        "end.", words[HARD_TURN_WORDS + SOFT_TURN_WORDS + 9].start_ms, 10**7, "a"
    )

    sizes = [turn.last_word - turn.first_word + 1 for turn in made(*words).turns]

    assert sizes == [HARD_TURN_WORDS, SOFT_TURN_WORDS + 10, 40]


def test_words_are_put_in_order_and_their_times_made_sane() -> None:
    whole = made(
        HeardWord("late", 900, 800), HeardWord("early", -50, 20, confidence=1.7), duration_ms=500
    )

    assert [(w.text, w.start_ms, w.end_ms, w.confidence) for w in whole.words] == [
        ("early", 0, 20, 1.0),
        ("late", 900, 900, None),
    ]
    assert whole.duration_ms == 900


def test_blanks_and_control_characters_are_dropped_and_overlong_words_cut() -> None:
    whole = made(HeardWord(" \n", 0, 1), HeardWord("a\x00b\x1fc", 1, 2), HeardWord("x" * 500, 2, 3))

    assert [word.text for word in whole.words] == ["a b c", "x" * MAX_WORD_CHARS]


def test_a_lone_mark_joins_the_word_before_it() -> None:
    whole = made(HeardWord("Really", 0, 10), HeardWord("?!", 10, 11), HeardWord("&", 11, 12))

    assert [word.text for word in whole.words] == ["Really?!", "&"]


def test_pieces_of_one_word_are_put_together_again() -> None:
    pieces = ["$48", ",000", "10", "%", "follow", "-up", "we", "'ll", "3", ".5,", "at", "10", ":30"]
    whole = made(
        *(HeardWord(text, i * 10, i * 10 + 9, "x", 0.9 - i / 100) for i, text in enumerate(pieces))
    )

    assert [word.text for word in whole.words] == [
        "$48,000", "10%", "follow-up", "we'll", "3.5,", "at", "10:30",
    ]  # fmt: skip
    assert (whole.words[0].start_ms, whole.words[0].end_ms) == (0, 19)
    assert whole.words[0].confidence == 0.89


def test_what_only_looks_like_a_piece_stays_a_word() -> None:
    words = [HeardWord("10", 0, 9, "x"), HeardWord(",000", 10, 19, "y")]

    assert [word.text for word in made(*words).words] == ["10", ",000"]
    assert [
        w.text for w in made(HeardWord("a", 0, 1), HeardWord("-", 1, 2), HeardWord("b", 2, 3)).words
    ] == ["a", "-", "b"]
    assert [w.text for w in made(HeardWord("-5", 0, 1), HeardWord("-5", 1, 2)).words] == [
        "-5",
        "-5",
    ]


def test_nobody_is_named_when_the_recogniser_does_not_tell_speakers_apart() -> None:
    whole = made(HeardWord("Hello", 0, 10))

    assert (whole.words[0].speaker, whole.source.diarised) == ("S1", False)
    assert made(HeardWord("Hello", 0, 10, "x")).source.diarised


def test_more_voices_than_the_bound_share_the_last_one() -> None:
    whole = made(*(HeardWord("hi", i, i + 1, f"voice{i}") for i in range(MAX_SPEAKERS + 5)))

    assert len(whole.speakers) == MAX_SPEAKERS
    assert whole.words[-1].speaker == f"S{MAX_SPEAKERS}"


def test_a_segments_time_is_shared_among_its_words_by_their_length() -> None:
    words = spread(HeardSegment(" I understand that ", 1000, 2000, "x"))

    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [
        ("I", 1000, 1066),
        ("understand", 1066, 1733),
        ("that", 1733, 2000),
    ]
    assert spread(HeardSegment("  ", 0, 100)) == []


def test_words_take_the_speaker_of_the_segment_they_fall_into() -> None:
    segments = [HeardSegment("", 0, 1000, "x"), HeardSegment("", 1000, 2000, "y")]
    words = [
        HeardWord("one", 0, 400),
        HeardWord("two", 900, 1300),
        HeardWord("own", 1400, 1500, "z"),
    ]

    assert [word.speaker for word in name_speakers(words, segments)] == ["x", "y", "z"]


def test_scripts_without_spaces_get_none() -> None:
    whole = made(
        HeardWord("你好", 0, 10, "x"), HeardWord("世界", 10, 20, "x"), HeardWord("ok", 20, 30, "x")
    )

    assert whole.turns[0].text == "你好世界 ok"


def test_silence_makes_an_empty_transcript() -> None:
    whole = made(duration_ms=4000)

    assert (whole.words, whole.turns, whole.speakers, whole.duration_ms) == ((), (), (), 4000)
