"""Amazon Transcribe: what is asked of it, and its output read."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from functions.insight.amazon_transcribe import AmazonTranscribe
from functions.insight.ports import (
    Failed,
    Pending,
    ProviderError,
    Recognised,
    SpeechJob,
)
from functions.shared.ids import new_id
from tests.contract.insight.speech import JOB, NAME, OUTPUT, amazon, job_is, no_job
from tests.unit.insight.factories import recorded_bytes
from tests.unit.insight.fakes import MemoryDocuments, audio


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
    recogniser = AmazonTranscribe(None, MemoryDocuments(), stage="production", output_bucket="m")
    name = recogniser._name(SpeechJob(new_id("wsp"), new_id("vid"), 9999))

    assert len(name) <= 200
    assert all(c.isalnum() or c in "._-" for c in name)
