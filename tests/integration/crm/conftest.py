"""The CRM's API on moto, for two workspaces."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.crm.api.handler import handler
from functions.crm.setup_api.handler import handler as setup_handler
from tests.integration.cloud import Calls, environment, furnish
from tests.integration.doors import serve_doors
from tests.integration.gateway import Api, Member


@pytest.fixture
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        serve_doors()
        yield


@pytest.fixture
def api(cloud: None) -> Api:
    return Api(handler)


@pytest.fixture
def setup(cloud: None) -> Api:
    """What an administrator sets up."""
    return Api(setup_handler)


@pytest.fixture
def other(cloud: None) -> Api:
    """The admin of another workspace."""
    return Api(handler, Member(workspace="wsp_two", principal="key_two"))


@pytest.fixture
def calls(cloud: None) -> Iterator[Calls]:
    with Calls("dynamodb") as recorded:
        yield recorded
