"""Real handlers on moto: one AWS for a module's tests, a workspace for each."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.crm.api.handler import handler as crm
from functions.shared.ids import new_id
from tests.integration.cloud import environment, furnish
from tests.integration.gateway import Api, Member


@pytest.fixture(scope="module")
def cloud() -> Iterator[None]:
    with environment(), mock_aws():
        furnish()
        yield


@pytest.fixture
def api(cloud: None) -> Api:
    """The CRM for a member of a workspace of the test's own."""
    return Api(crm, Member(workspace=new_id("ws")))
