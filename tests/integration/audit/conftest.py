"""The audit log's AWS: tables, key, locked bucket."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.integration.audit.desk import Desk, fresh_process
from tests.integration.cloud import environment, furnish, furnish_audit


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        furnish_audit()
        fresh_process()
        yield
    fresh_process()


@pytest.fixture
def desk(cloud: None) -> Desk:
    return Desk()
