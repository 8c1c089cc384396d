"""Recognisers over stubs, and what Amazon Transcribe says of a job."""

from typing import Any

import botocore.session
from botocore.config import Config
from botocore.stub import Stubber

from functions.insight.amazon_transcribe import AmazonTranscribe
from functions.insight.openai import OpenAIServer, OpenAISpeech
from functions.insight.ports import (
    SpeechJob,
)
from functions.insight.retry import Patience
from tests.contract.insight.openai_server import FakeOpenAI
from tests.unit.insight.fakes import Hands, MemoryDocuments

JOB = SpeechJob("wsp_1", "vid_1", 2)
NAME = "reelate-local-wsp_1-vid_1-2"
OUTPUT = "wsp_1/vid_1/2/recogniser.json"
FIND = {"TranscriptionJobName": NAME}


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
