"""The outside of the insight context: an OpenAI-compatible server, and AWS by moto."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.shared.aws import client
from tests.contract.insight.openai_server import FakeOpenAI, running
from tests.contract.insight.speech import transcribe_client
from tests.integration.cloud import ENVIRONMENT, REGION, create_table, environment

BUCKET = "reelate-local-media-test"


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with running() as fake:
        yield fake


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """Amazon Transcribe, whose replies a test sets."""
    with Stubber(transcribe_client()) as stubber:
        yield stubber


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        create_table(client("dynamodb"), ENVIRONMENT["INSIGHT_TABLE"])
        yield
