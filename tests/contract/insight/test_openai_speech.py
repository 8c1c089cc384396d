"""Transcriptions of OpenAI-compatible servers in all their layouts."""

import pytest

from functions.insight.ports import (
    Failed,
    ProviderError,
    Recognised,
)
from tests.contract.insight.openai_server import Act, FakeOpenAI, says
from tests.contract.insight.speech import JOB, openai
from tests.unit.insight.fakes import audio, larger


def test_a_diarised_reply_without_word_times_is_spread_and_marked(server: FakeOpenAI) -> None:
    server.will(says("openai_diarized.json"))

    heard = openai(server).recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    whole = heard.transcript
    assert [(t.speaker, t.text) for t in whole.turns] == [
        ("S1", "Thanks for calling OpenAI support."),
        ("S2", "Hi, I'm trying to enable diarization."),
        ("S1", "Happy to walk you through the steps."),
    ]
    assert (whole.source.word_times, whole.language) == ("spread", "und")
    assert (whole.words[0].start_ms, whole.words[4].end_ms) == (0, 4700)
    assert heard.usage.cost_usd == 0


def test_a_verbose_reply_gives_measured_word_times_and_a_language_code(server: FakeOpenAI) -> None:
    server.will(says("openai_verbose.json"))

    heard = openai(server, layout="verbose_json", model="whisper-1").recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    whole = heard.transcript
    assert [(w.text, w.start_ms, w.end_ms) for w in whole.words[:2]] == [
        ("The", 0, 240),
        ("beach", 240, 520),
    ]
    assert (whole.source.word_times, whole.source.diarised, whole.language) == (
        "measured",
        False,
        "en",
    )
    assert heard.usage.cost_usd == 0.001


def test_words_inside_segments_take_their_segments_speaker(server: FakeOpenAI) -> None:
    segments = [
        {
            "start": 0, "end": 2, "text": "Hello there.", "speaker": "A",
            "words": [
                {"word": " Hello", "start": 0.1, "end": 0.6, "probability": 0.93},
                {"word": " there.", "start": 0.6, "end": 1.1, "probability": 0.88},
            ],
        },
        {
            "start": 2, "end": 3, "text": "Hi.", "speaker": "B",
            "words": [{"word": " Hi.", "start": 2.0, "end": 2.4}],
        },
    ]  # fmt: skip
    server.will(says("openai_diarized.json", segments=segments, language="en", duration=3.0))

    heard = openai(server).recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    assert [(w.text, w.speaker, w.confidence) for w in heard.transcript.words] == [
        ("Hello", "S1", 0.93), ("there.", "S1", 0.88), ("Hi.", "S2", None),
    ]  # fmt: skip
    assert heard.transcript.source.word_times == "measured"


def test_the_recording_is_sent_as_a_form_with_the_wished_layout(server: FakeOpenAI) -> None:
    server.will(says("openai_diarized.json"))

    openai(server, language="de").recognise(JOB, audio(data=b"fLaC\r\n--\x00bytes"))

    (asked,) = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.form == [
        ("model", "reelate-whisper-base"),
        ("response_format", "diarized_json"),
        ("language", "de"),
        ("chunking_strategy", "auto"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("file", b"fLaC\r\n--\x00bytes"),
    ]


def test_a_recording_over_the_servers_limit_is_not_sent(server: FakeOpenAI) -> None:
    heard = openai(server).recognise(JOB, larger(audio(), 1_000_001))

    assert isinstance(heard, Failed)
    assert (heard.reason.code, server.asked) == ("audio_too_large", [])


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'{"text": "words without times"}',
        b'{"segments": [{"text": "x", "start": -1, "end": 2}]}',
        b'{"segments": [{"text": "x", "start": "soon", "end": 2}]}',
        b'{"words": [{"word": "x", "start": 1e300, "end": 1e300}]}',
        b'{"words": {"word": "x"}}',
    ],
)  # fmt: skip
def test_a_reply_that_makes_no_sense_is_malformed(server: FakeOpenAI, body: bytes) -> None:
    server.will(Act(body=body))

    with pytest.raises(ProviderError) as caught:
        openai(server).recognise(JOB, audio())

    assert caught.value.kind == "malformed"


def test_a_reply_without_speech_is_an_empty_transcript(server: FakeOpenAI) -> None:
    server.will(Act(body=b'{"text": "", "segments": [], "duration": 4.0}'))

    heard = openai(server).recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    assert heard.transcript.words == ()
