"""The insight context on moto, with an OpenAI-compatible server beside it."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.insight.analyse import handler as analyse
from functions.insight.transcribe import handler as transcribe
from functions.shared.aws import client
from functions.shared.settings import Settings
from tests.contract.insight.openai_server import FakeOpenAI, running
from tests.integration.cloud import ENVIRONMENT, REGION, environment, furnish
from tests.integration.doors import serve_doors

BUCKET = "reelate-local-media-123456789012-eu-central-1"
MODELS = {
    "MEDIA_BUCKET": BUCKET,
    "SPEECH_PROVIDER": "openai",
    "SPEECH_MODEL": "reelate-whisper-base",
    "LANGUAGE_PROVIDER": "openai",
    "LANGUAGE_MODEL": "reelate-extractive-1",
    "MODEL_API_KEY_SECRET": "reelate-local-model-key",
}


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with running() as fake:
        yield fake


@pytest.fixture
def cloud(server: FakeOpenAI) -> Iterator[None]:
    with environment(**MODELS, MODEL_BASE_URL=server.url), mock_aws():
        _forget()
        furnish()
        serve_doors()
        client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        client("secretsmanager").create_secret(
            Name=MODELS["MODEL_API_KEY_SECRET"], SecretString='{"api_key": "sk-test"}'
        )
        yield
        _forget()


def _forget() -> None:
    """What a function keeps for the life of its process belongs to one test."""
    Settings.from_env.__func__.cache_clear()  # type: ignore[attr-defined]
    transcribe._openai.cache_clear()
    analyse._router.cache_clear()


def put(key: str, body: bytes) -> None:
    """Store an object in the media bucket."""
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def table() -> str:
    """The insight table's name."""
    return ENVIRONMENT["INSIGHT_TABLE"]
