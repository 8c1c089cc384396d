"""What every SpeechRecogniser promises, held against the fake and each adapter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from functions.insight.amazon_transcribe import AmazonTranscribe
from functions.insight.model import Usage
from functions.insight.openai import OpenAIServer, OpenAISpeech
from functions.insight.ports import (
    Failed,
    Pending,
    ProviderError,
    Recognised,
    SpeechJob,
    SpeechRecogniser,
)
from functions.insight.retry import Patience
from tests.contract.insight.openai_server import Act, FakeOpenAI, fault, says
from tests.unit.insight.factories import call, recorded_bytes
from tests.unit.insight.fakes import FakeRecogniser, Hands, MemoryDocuments, audio, larger

JOB = SpeechJob("wsp_1", "vid_1", 2)
NAME = "reelate-local-wsp_1-vid_1-2"
OUTPUT = "wsp_1/vid_1/2/recogniser.json"
FIND = {"TranscriptionJobName": NAME}


@dataclass
class Subject:
    """A recogniser with ways to make it do what the contract speaks of."""

    recogniser: SpeechRecogniser
    has_heard: Callable[[], None]
    is_misconfigured: Callable[[], None]


def transcribe_client() -> Any:
    return botocore.session.get_session().create_client(
        "transcribe",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


def amazon(
    stub: Stubber, documents: MemoryDocuments | None = None, **options: Any
) -> AmazonTranscribe:
    return AmazonTranscribe(
        stub.client, documents or MemoryDocuments(), stage="local", output_bucket="media", **options
    )


def job_is(stub: Stubber, status: str, **more: Any) -> None:
    found = {"TranscriptionJobName": NAME, "TranscriptionJobStatus": status, **more}
    stub.add_response("get_transcription_job", {"TranscriptionJob": found}, FIND)


def no_job(stub: Stubber) -> None:
    stub.add_client_error(
        "get_transcription_job",
        "BadRequestException",
        "The requested job couldn't be found. Check the job name and try your request again.",
        expected_params=FIND,
    )


def openai(server: FakeOpenAI, **options: Any) -> OpenAISpeech:
    named = {"layout": "diarized_json", "max_bytes": 1_000_000, "seconds": 10.0} | options
    model = named.pop("model", "reelate-whisper-base")
    return OpenAISpeech(
        OpenAIServer(server.url, patience=Patience(attempts=1), timing=Hands().timing),
        model,
        **named,
    )


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(transcribe_client()) as stubber:
        yield stubber


@pytest.fixture(params=["fake", "openai", "amazon"])
def subject(request: pytest.FixtureRequest, server: FakeOpenAI, stub: Stubber) -> Subject:
    if request.param == "fake":
        fake = FakeRecogniser(Recognised(call(), Usage(calls=1, audio_seconds=1)))

        def wrong() -> None:
            fake._answers = [ProviderError("misconfigured", "key")]

        return Subject(fake, lambda: None, wrong)
    if request.param == "openai":
        return Subject(
            openai(server),
            lambda: server.will(says("openai_diarized.json")) and None,
            lambda: server.will(fault(401)) and None,
        )
    documents = MemoryDocuments(**{OUTPUT: recorded_bytes("transcribe_output.json")})
    return Subject(
        amazon(stub, documents),
        lambda: job_is(stub, "COMPLETED"),
        lambda: stub.add_client_error("get_transcription_job", "AccessDeniedException", "secret"),
    )


def test_a_recording_becomes_words_turns_and_speakers_with_its_usage(subject: Subject) -> None:
    subject.has_heard()

    heard = subject.recogniser.recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    whole = heard.transcript
    assert len(whole.words) > 5
    assert [speaker.id for speaker in whole.speakers] == ["S1", "S2"]
    assert "".join(t.text for t in whole.turns).split()[0] == whole.words[0].text
    assert whole.duration_ms >= whole.words[-1].end_ms > 0
    assert heard.usage.calls == 1
    assert heard.usage.audio_seconds > 0


def test_a_recogniser_has_an_identity_that_names_it(subject: Subject) -> None:
    assert subject.recogniser.identity


def test_a_recogniser_that_may_not_be_used_raises_a_lasting_error(subject: Subject) -> None:
    subject.is_misconfigured()

    with pytest.raises(ProviderError) as caught:
        subject.recogniser.recognise(JOB, audio())

    assert (caught.value.kind, "secret" in str(caught.value)) == ("misconfigured", False)


# Amazon Transcribe


def test_a_new_job_writes_into_our_own_bucket_and_asks_for_speakers_and_language(
    stub: Stubber,
) -> None:
    no_job(stub)
    stub.add_response(
        "start_transcription_job",
        {"TranscriptionJob": {"TranscriptionJobName": NAME}},
        {
            "TranscriptionJobName": NAME,
            "Media": {"MediaFileUri": "s3://media/wsp_1/vid_1/1/speech.flac"},
            "MediaFormat": "flac",
            "OutputBucketName": "media",
            "OutputKey": OUTPUT,
            "Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 10},
            "IdentifyLanguage": True,
        },
    )

    assert amazon(stub).recognise(JOB, audio()) == Pending(15)
    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("languages", "sent"),
    [
        (("de-DE",), {"LanguageCode": "de-DE"}),
        (("de-DE", "en-US"), {"IdentifyLanguage": True, "LanguageOptions": ["de-DE", "en-US"]}),
    ],
)
def test_languages_are_fixed_by_one_and_narrowed_by_several(
    stub: Stubber, languages: tuple[str, ...], sent: dict[str, Any]
) -> None:
    asked: list[dict[str, Any]] = []
    stub.client.meta.events.register(
        "provide-client-params.transcribe.StartTranscriptionJob",
        lambda params, **_: asked.append(params),
    )
    no_job(stub)
    stub.add_response("start_transcription_job", {})

    amazon(stub, languages=languages).recognise(JOB, audio())

    (params,) = asked
    assert {k: v for k, v in params.items() if "Language" in k} == sent


def test_a_job_that_a_twin_has_just_started_is_pending(stub: Stubber) -> None:
    no_job(stub)
    stub.add_client_error("start_transcription_job", "ConflictException")

    assert amazon(stub).recognise(JOB, audio()) == Pending(15)


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_a_running_job_is_pending_and_not_started_again(stub: Stubber, status: str) -> None:
    job_is(stub, status)

    assert amazon(stub).recognise(JOB, audio()) == Pending(15)


def test_too_many_jobs_at_once_are_a_queue_not_a_fault(stub: Stubber) -> None:
    no_job(stub)
    stub.add_client_error("start_transcription_job", "LimitExceededException")

    assert amazon(stub).recognise(JOB, audio()) == Pending(60)


def test_a_failed_job_gives_its_reason(stub: Stubber) -> None:
    job_is(stub, "FAILED", FailureReason="The media format that you specified doesn't match.")

    heard = amazon(stub).recognise(JOB, audio())

    assert isinstance(heard, Failed)
    assert heard.reason.code == "transcription_failed"
    assert "media format" in heard.reason.detail


def test_transcribes_output_is_read_word_by_word(stub: Stubber) -> None:
    job_is(stub, "COMPLETED")
    documents = MemoryDocuments(**{OUTPUT: recorded_bytes("transcribe_output.json")})

    heard = amazon(stub, documents).recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    whole = heard.transcript
    assert [(t.speaker, t.start_ms, t.end_ms, t.text) for t in whole.turns] == [
        ("S1", 4870, 6880, "I've been on hold for an hour."),
        ("S2", 8490, 9240, "Sorry about that."),
    ]
    assert [w.confidence for w in whole.words[:4]] == [1.0, 1.0, 1.0, 0.984]
    assert (whole.language, whole.duration_ms) == ("en-US", 10_000)
    assert (heard.usage.audio_seconds, heard.usage.cost_usd) == (10.0, 0.006)


def test_speakers_are_taken_from_the_segments_where_the_items_have_none(stub: Stubber) -> None:
    import json

    output = json.loads(recorded_bytes("transcribe_output.json"))
    for item in output["results"]["items"]:
        item.pop("speaker_label")
    job_is(stub, "COMPLETED")

    heard = amazon(stub, MemoryDocuments(**{OUTPUT: json.dumps(output).encode()})).recognise(
        JOB, audio()
    )

    assert isinstance(heard, Recognised)
    assert [turn.speaker for turn in heard.transcript.turns] == ["S1", "S2"]


def test_silence_is_an_empty_transcript(stub: Stubber) -> None:
    job_is(stub, "COMPLETED")
    silent = b'{"results":{"transcripts":[{"transcript":""}],"items":[],"language_code":"en-US"}}'

    heard = amazon(stub, MemoryDocuments(**{OUTPUT: silent})).recognise(JOB, audio())

    assert isinstance(heard, Recognised)
    assert heard.transcript.words == ()


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"results":{"items":[{"type":"pronunciation"}]}}',
        b'{"results":{"items":[{"type":"pronunciation","alternatives":[]}]}}',
    ],
)
def test_output_that_cannot_be_read_is_malformed(stub: Stubber, output: bytes) -> None:
    job_is(stub, "COMPLETED")

    with pytest.raises(ProviderError) as caught:
        amazon(stub, MemoryDocuments(**{OUTPUT: output})).recognise(JOB, audio())

    assert caught.value.kind == "malformed"


def test_output_that_is_not_there_yet_and_internal_faults_may_pass(stub: Stubber) -> None:
    job_is(stub, "COMPLETED")
    stub.add_client_error("get_transcription_job", "InternalFailureException")
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            amazon(stub).recognise(JOB, audio())
        assert caught.value.transient


def test_the_longest_ids_fit_a_job_name() -> None:
    from functions.shared.ids import new_id

    recogniser = AmazonTranscribe(None, MemoryDocuments(), stage="production", output_bucket="m")
    name = recogniser._name(SpeechJob(new_id("wsp"), new_id("vid"), 9999))

    assert len(name) <= 200
    assert all(c.isalnum() or c in "._-" for c in name)


# OpenAI-compatible servers


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
