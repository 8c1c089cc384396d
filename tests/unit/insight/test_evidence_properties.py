"""What holds for every transcript: cut quotes are found at their time, invented ones never."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.insight.evidence import Spoken
from functions.insight.grounding import Findings, Grounding, Reply
from functions.insight.model import Transcript
from functions.insight.tokens import fluent, numbers, spelling
from functions.insight.turns import HeardWord, transcript
from tests.unit.insight.factories import CALL, SOURCE, call, reply

ALPHABET = "abcdefghijklmnopqrstuvwxyzäöüßéñ'"
MARKS = ["", "", "", ".", ",", "?", "!", "…", '"']
SPOKEN_NUMBERS = [
    "forty",
    "nine",
    "hundred",
    "and",
    "two",
    "thousand",
    "$1,200",
    "20%",
    "3rd",
    "50k",
]
HESITATIONS = ["um", "uh", "the", "we"]

plain_words = st.text(ALPHABET, min_size=1, max_size=8).filter(lambda w: spelling([w]) != [])
words = st.tuples(
    st.one_of(plain_words, st.sampled_from(SPOKEN_NUMBERS + HESITATIONS)), st.sampled_from(MARKS)
).map("".join)
talks = st.lists(
    st.tuples(words, st.sampled_from("abc"), st.integers(50, 900)), min_size=1, max_size=120
)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Transcript, int, int]:
    """A transcript and the first and last word of a quote in it."""
    heard, at = [], 0
    for text, speaker, length in draw(talks):
        heard.append(HeardWord(text, at, at + length, speaker, 0.8))
        at += length
    whole = transcript(heard, language="en", duration_ms=None, source=SOURCE)
    first = draw(st.integers(0, len(whole.words) - 1))
    return whole, first, draw(st.integers(first, min(first + 40, len(whole.words) - 1)))


@settings(deadline=None)
@given(cuts())
def test_any_quote_cut_from_the_transcript_is_found_with_its_times(
    cut: tuple[Transcript, int, int],
) -> None:
    whole, first, last = cut
    quote = " ".join(word.text for word in whole.words[first : last + 1])

    located = Spoken(whole.words).locate(quote, near=first)

    assert located is not None
    found = whole.words[located.first : located.last + 1]
    assert [t for t, _, _ in spelling([w.text for w in found])] == [
        t for t, _, _ in spelling(quote.split())
    ]
    if located.occurrences == 1:
        proof = Spoken(whole.words).evidence(located)
        assert (located.first, located.last) == (first, last)
        assert (proof.start_ms, proof.end_ms) == (
            whole.words[first].start_ms,
            whole.words[last].end_ms,
        )


@settings(deadline=None)
@given(cuts(), st.randoms(use_true_random=False))
def test_a_quote_survives_another_case_and_other_punctuation(
    cut: tuple[Transcript, int, int], rnd: object
) -> None:
    whole, first, last = cut
    changed = " ".join(
        rnd.choice([w.text.upper(), w.text.lower(), w.text + ",", f"“{w.text}”"])  # type: ignore[attr-defined]
        for w in whole.words[first : last + 1]
    )

    assert Spoken(whole.words).locate(changed) is not None


@settings(deadline=None)
@given(cuts(), st.lists(plain_words, min_size=1, max_size=6), st.data())
def test_a_quote_with_a_word_that_was_never_said_is_never_found(
    cut: tuple[Transcript, int, int], strange: list[str], data: st.DataObject
) -> None:
    whole, first, last = cut
    known = {
        token
        for form in (spelling, numbers, fluent)
        for token, _, _ in form([w.text for w in whole.words])
    }
    foreign = [f"{word}qqx" for word in strange]
    assert not known & {t for w in foreign for t, _, _ in spelling([w])}
    quote = [w.text for w in whole.words[first : last + 1]]
    quote.insert(data.draw(st.integers(0, len(quote))), " ".join(foreign))

    heard = Spoken(whole.words)

    assert heard.locate(" ".join(foreign)) is None
    assert heard.locate(" ".join(quote)) is None


@given(
    st.dictionaries(
        st.sampled_from(["summary", "objections", "next_steps"]),
        st.lists(
            st.fixed_dictionaries(
                {
                    "text": st.text(max_size=60),
                    "quotes": st.lists(
                        st.one_of(st.text(max_size=40), st.sampled_from([t for _, t in CALL])),
                        max_size=3,
                    ),
                }
            ),
            max_size=4,
        ),
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_a_model_replies_every_statement_kept_is_carried_by_words_that_were_spoken(
    said: dict,
) -> None:
    whole = call()
    heard = Spoken(whole.words)
    findings = Findings()

    Grounding(heard, whole.speakers, date(2026, 11, 17)).add(
        findings, Reply.model_validate(reply(**said)), range(len(whole.words))
    )

    text = " ".join(word.text for word in whole.words)
    kept = [*findings.summary, *findings.objections, *findings.next_steps]
    assert all(piece.quote in text for one in kept for piece in one.evidence)
    assert all(one.evidence for one in kept)
