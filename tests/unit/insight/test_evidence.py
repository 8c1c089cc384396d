"""Which quotes count as spoken, where they lie, and which never do."""

import pytest

from functions.insight.evidence import MAX_QUOTE_WORDS, Spoken
from tests.unit.insight.factories import WORD_MS, call, said


def spoken(*turns: tuple[str, str]) -> Spoken:
    return Spoken(call(*turns).words)


def quoted(text: str, quote: str) -> str | None:
    """The words found for a quote in a one-speaker transcript."""
    heard = Spoken(said(text).words)
    located = heard.locate(quote)
    return heard.evidence(located).quote if located else None


def test_an_exact_quote_comes_back_as_spoken_with_its_times_speaker_and_confidence() -> None:
    (proof,) = spoken().prove(["I will send the signed contract by Friday."])

    first = next(w.i for w in call().words if w.text == "works.") + 1
    assert proof.quote == "I will send the signed contract by Friday."
    assert (proof.start_ms, proof.end_ms) == (first * WORD_MS, (first + 7) * WORD_MS + 250)
    assert proof.speaker == "S2"
    assert proof.confidence == 0.9


@pytest.mark.parametrize(
    ("said_so", "quote"),
    [
        ("We could sign on Monday, probably.", "we could sign on monday probably"),
        ("Don’t worry, we'll call.", "Don't worry we’ll call"),
        ("Please send an e-mail today.", "send an e mail"),
        ("It costs $1,200 a month.", "it costs 1200 dollars a month"),
        ("It costs twelve hundred dollars.", "costs $1,200"),
        ("It costs one thousand two hundred dollars.", "costs $1,200"),
        ("We have two hundred and fifty seats.", "250 seats"),
        ("That is forty-nine dollars.", "$49"),
        ("Take 20% off.", "take twenty percent off"),
        ("The budget is fifty thousand.", "the budget is 50k"),
        ("two million three hundred thousand and one", "2300000 and 1"),
        ("five hundred thousand", "500 thousand"),
        ("The budget is $5 million.", "budget is five million dollars"),
        ("The fund has $1.2 million.", "1.2 million dollars"),
        ("Let us meet on March 3rd.", "meet on March third"),
        ("We, um, we need it by, uh, Friday.", "we need it by Friday"),
        ("It is the the best offer.", "it is the best offer"),
        ("It was 9.50 euros.", "9.5 euros"),
        ("Wir zahlen 1,5 Prozent.", "1.5 prozent"),
        ("你好 世界 谢谢 你", "世界谢谢"),
        ("नमस्ते आप कैसे हैं", "आप कैसे हैं"),
        ("Ça coûte très cher.", "ça coûte très cher"),
        ("We ship the new model in June.", "S1: We ship the new model"),
        ("We will ship all forty units of it in June.", "we will ship ... in June"),
        ("We will ship it in the month of June.", "We will ship it [...] month of June"),
    ],
)
def test_the_same_words_written_otherwise_are_found(said_so: str, quote: str) -> None:
    assert quoted(said_so, quote) is not None


@pytest.mark.parametrize(
    ("said_so", "quote"),
    [
        ("I will not sign the contract.", "I will sign the contract"),
        ("I will not sign the contract.", "I will ... sign the contract"),
        ("I will not sign the contract.", "I will ... the contract"),
        ("We'll see about that.", "well see about that"),
        ("We were late.", "we're late"),
        ("It costs $1,200.", "it costs $1,300"),
        ("It costs $1,200.", "it costs 1,200 euros"),
        ("It costs 12 dollars.", "it costs 1.2 dollars"),
        ("Take 15% off.", "take 50% off"),
        ("Send it on Friday.", "on Friday send it"),
        ("Send it on Friday.", "Send it on Friday or Monday"),
        ("The raspberry is red.", "the rasp berry is red"),
        ("Pay the bill.", "Рay the bill"),
        ("We will ship. " + "Much else was said. " * 4 + "It is June.", "we will ship ... is June"),
        ("यह की है", "यह का है"),
        ("one hundred and two hundred", "10200"),
        ("one thousand two million", "2001000"),
        ("one thousand five thousand", "6000"),
        ("nineteen ninety nine", "118"),
        ("nothing at all", ""),
        ("nothing at all", " … ... !!! "),
        ("nothing at all", "\x1f"),
    ],
)
def test_other_words_are_never_found(said_so: str, quote: str) -> None:
    assert quoted(said_so, quote) is None


def test_a_differently_written_quote_is_less_certain_than_an_exact_one() -> None:
    heard = Spoken(said("It costs $1,200 a month.").words)

    exact, loose = heard.prove(["It costs $1,200"]), heard.prove(["It costs 1200 dollars"])

    assert exact[0].quote == loose[0].quote
    assert exact[0].confidence > loose[0].confidence


def test_what_an_ellipsis_left_out_is_shown_in_the_evidence() -> None:
    found = quoted("We will ship all forty units in June.", "We will ship ... in June")

    assert found == "We will ship all forty units in June."


def test_a_quote_said_once_settles_which_occurrence_of_another_is_meant() -> None:
    heard = spoken(
        ("anna", "That works for me. Let us talk about cars."),
        ("dana", "Now the price. That works for me as well."),
    )

    proofs = heard.prove(["That works for me", "Now the price"])

    assert [(p.quote, p.speaker) for p in proofs] == [
        ("Now the price.", "S2"),
        ("That works for me", "S2"),
    ]


def test_without_a_hint_the_earliest_occurrence_is_taken() -> None:
    heard = spoken(("anna", "We agree on it."), ("dana", "We agree on it."))

    assert heard.prove(["we agree on it"])[0].speaker == "S1"


def test_a_quote_counts_only_inside_the_words_the_model_was_shown() -> None:
    heard = Spoken(said("alpha beta gamma delta alpha beta").words)

    later = heard.locate("alpha beta", within=range(3, 6))

    assert later is not None
    assert (later.first, later.last) == (4, 5)
    assert heard.locate("gamma delta", within=range(3, 6)) is None
    assert heard.locate("delta alpha beta", within=range(3, 5)) is None


def test_a_short_phrase_said_all_the_time_proves_nothing() -> None:
    heard = Spoken(
        said("you know it is you know like you know a you know thing you know or you know").words
    )

    assert heard.locate("you know") is not None
    assert heard.prove(["you know"]) == ()


def test_a_quote_over_a_change_of_speaker_is_given_to_who_said_most_of_it() -> None:
    heard = spoken(("anna", "The price is"), ("dana", "nine hundred dollars a month then"))

    assert heard.prove(["price is nine hundred dollars a month"])[0].speaker == "S2"


def test_evidence_is_cut_at_a_bounded_number_of_words() -> None:
    heard = Spoken(said(*(f"word{i}" for i in range(300))).words)

    (proof,) = heard.prove([" ".join(f"word{i}" for i in range(200))])

    assert len(proof.quote.split()) == MAX_QUOTE_WORDS
    assert proof.end_ms == (MAX_QUOTE_WORDS - 1) * WORD_MS + 250


def test_a_recogniser_without_confidence_leaves_that_of_the_match() -> None:
    heard = Spoken(call(("anna", "It costs $1,200 a month."), confidence=None).words)

    assert heard.prove(["it costs $1,200"])[0].confidence == 1.0


def test_a_name_counts_as_spoken_only_where_it_is_written_as_a_name() -> None:
    heard = Spoken(said("Ask Mark to mark it. The team will bill Bill. 田中 さん").words)

    assert heard.names("Mark")
    assert heard.names("bill")
    assert heard.names("田中")
    assert not heard.names("team")
    assert not heard.names("Peter")
    assert not heard.names("!?")


def test_an_empty_transcript_proves_nothing() -> None:
    heard = Spoken(())

    assert heard.locate("anything") is None
    assert heard.prove(["anything", ""]) == ()
    assert not heard.names("Dana")
