"""Turns become sentences that are exact pieces of what was said."""

import pytest

from infra.local.models.people import addressee, names_of
from infra.local.models.sentences import split_text, split_turns
from tests.unit.models.fakes import call


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        (
            "I understand, let me check with my boss, I'll send you a quote by Thursday.",
            [
                "I understand,",
                "let me check with my boss,",
                "I'll send you a quote by Thursday.",
            ],
        ),
        ("It costs 1.5 million. Mr. Smith agreed.", ["It costs 1.5 million.", "Mr. Smith agreed."]),
        (
            "We meet at 9 a.m. on Monday. Fine.",
            ["We meet at 9 a.m. on Monday.", "Fine."],
        ),
        (
            "If legal agrees, I'll sign it on Monday.",
            ["If legal agrees, I'll sign it on Monday."],
        ),
        ("  ", []),
        ("...", []),
    ],
)
def test_a_text_is_cut_at_sentences_and_joined_on_clauses(text: str, pieces: list[str]) -> None:
    assert split_text(text) == pieces


def test_every_sentence_is_an_exact_piece_of_its_turn() -> None:
    turns = call("S1: So, what's next? I'll write — “soon.” And you?", "S2: Fine!  Bye.")

    for sentence in split_turns(turns):
        assert sentence.text in turns[sentence.turn].text


def test_names_come_from_introductions_and_from_how_the_other_one_is_addressed() -> None:
    turns = call("S1: Hi Mark, this is Anna from Brightline.", "S2: Hello. Happy to talk.")

    assert names_of(turns) == {"S1": "Anna", "S2": "Mark"}


def test_a_weekday_or_a_polite_word_is_nobody_s_name() -> None:
    assert names_of(call("S1: Great, Monday. Thanks, Perfect.", "S2: I'm Sorry.")) == {}


def test_with_three_speakers_an_address_proves_nothing() -> None:
    turns = call("S1: Thanks, Lena.", "S2: Sure.", "S3: Hi, I'm Omar from support.")

    assert names_of(turns) == {"S3": "Omar"}


def test_among_three_the_one_who_answers_was_spoken_to() -> None:
    turns = call("S1: Can you do it?", "S3: I can.", "S2: Good.")

    assert addressee(0, turns) == "S3"
    assert addressee(2, turns) is None
