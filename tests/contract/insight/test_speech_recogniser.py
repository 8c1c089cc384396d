"""What every SpeechRecogniser promises, held against the fake and each adapter."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from botocore.stub import Stubber

from functions.insight.model import Usage
from functions.insight.ports import (
    ProviderError,
    Recognised,
    SpeechRecogniser,
)
from tests.contract.insight.openai_server import FakeOpenAI, fault, says
from tests.contract.insight.speech import JOB, OUTPUT, amazon, job_is, openai
from tests.unit.insight.factories import call, recorded_bytes
from tests.unit.insight.fakes import FakeRecogniser, MemoryDocuments, audio


@dataclass
class Subject:
    """A recogniser with ways to make it do what the contract speaks of."""

    recogniser: SpeechRecogniser
    has_heard: Callable[[], None]
    is_misconfigured: Callable[[], None]


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
