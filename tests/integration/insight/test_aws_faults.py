"""Faults of AWS at each call site: a clean UnavailableError, or a pending step, never a mess."""

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from functions.insight.amazon_transcribe import AmazonTranscribe
from functions.insight.ports import ProviderError, SpeechJob
from functions.insight.s3 import S3Documents
from functions.insight.secrets_manager import SecretText
from functions.shared.errors import UnavailableError
from tests.unit.insight.fakes import MemoryDocuments, audio


def made(service: str, **options: Any) -> Any:
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1),
        **options,
    )


S3_CALLS: dict[str, Callable[[S3Documents], object]] = {
    "head_object": lambda documents: documents.head("k"),
    "get_object": lambda documents: documents.read("k", limit=10),
    "put_object": lambda documents: documents.write("k", b"{}"),
}


@pytest.mark.parametrize("operation", S3_CALLS)
@pytest.mark.parametrize(
    ("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("503", 503)]
)
def test_a_busy_bucket_is_unavailable(operation: str, code: str, status: int) -> None:
    client = made("s3")
    with Stubber(client) as stub:
        stub.add_client_error(operation, code, http_status_code=status)
        with pytest.raises(UnavailableError):
            S3_CALLS[operation](S3Documents(client, "bucket"))


@pytest.mark.parametrize("operation", S3_CALLS)
def test_a_bucket_that_cannot_be_reached_is_unavailable(operation: str) -> None:
    client = made("s3", endpoint_url="http://127.0.0.1:9")

    with pytest.raises(UnavailableError):
        S3_CALLS[operation](S3Documents(client, "bucket"))


@pytest.mark.parametrize("operation", S3_CALLS)
def test_a_missing_permission_is_an_error_and_not_an_absent_document(operation: str) -> None:
    client = made("s3")
    with Stubber(client) as stub:
        stub.add_client_error(operation, "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError):
            S3_CALLS[operation](S3Documents(client, "bucket"))


def test_a_speech_service_that_cannot_be_reached_is_unavailable() -> None:
    recogniser = AmazonTranscribe(
        made("transcribe", endpoint_url="http://127.0.0.1:9"),
        MemoryDocuments(),
        stage="local",
        output_bucket="media",
    )

    with pytest.raises(ProviderError) as caught:
        recogniser.recognise(SpeechJob("wsp_1", "vid_1", 1), audio())

    assert caught.value.kind == "unavailable"


def secret(client: Any, clock: Callable[[], float]) -> SecretText:
    return SecretText(lambda: client, "name", clock)


def add(stub: Stubber, text: str) -> None:
    stub.add_response("get_secret_value", {"SecretString": text}, {"SecretId": "name"})


def test_a_secret_is_read_once_and_again_after_some_minutes_for_a_rotated_key() -> None:
    client, now = made("secretsmanager"), [0.0]
    with Stubber(client) as stub:
        add(stub, '{"api_key": "first"}')
        key = secret(client, lambda: now[0])
        assert (key(), key()) == ("first", "first")
        now[0] = 301
        add(stub, " second\n")
        assert key() == "second"


@pytest.mark.parametrize(("text", "key"), [("[1]", "[1]"), ("{}", ""), ('{"api_key": "k"}', "k")])
def test_a_secret_is_plain_text_or_a_field(text: str, key: str) -> None:
    client = made("secretsmanager")
    with Stubber(client) as stub:
        add(stub, text)
        assert secret(client, lambda: 0.0)() == key


def test_a_secret_that_cannot_be_read_is_a_misconfigured_provider() -> None:
    client = made("secretsmanager")
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", "ResourceNotFoundException")
        with pytest.raises(ProviderError) as caught:
            secret(client, lambda: 0.0)()

    assert caught.value.kind == "misconfigured"
