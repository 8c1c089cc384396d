"""One embedded cloud for all journeys: the synthesised template, IAM enforced, models running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.api import Api
from infra.local.cloud import Cloud
from infra.local.contract import Contract
from infra.local.layout import Layout
from tests.integration.origin import Files, serving
from tests.journeys.tenant import Tenant

SAMPLE = Path(__file__).parents[1] / "media" / "sample_call.mp4"


@pytest.fixture(scope="session")
def files() -> Iterator[Files]:
    """A server of the sample call on this machine, the one address that files may be pulled from
    though it is neither public nor secure."""
    with serving(Files(SAMPLE.read_bytes())) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELATE_PULL_EXEMPT", served.place)
        yield served


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Iterator[Cloud]:
    running = Cloud(Layout.at(tmp_path_factory.mktemp("cloud")))
    running.up()
    yield running
    running.down()


@pytest.fixture(scope="session")
def contract(cloud: Cloud) -> Contract:
    return cloud.up()  # a second `up` changes nothing and answers with the contract


@pytest.fixture(scope="session")
def tenant(cloud: Cloud, contract: Contract) -> Iterator[Tenant]:
    """The demo workspace, through its admin's key."""
    admin = Tenant(Api.to(contract.api_url, contract.api_key), contract.workspace, cloud)
    yield admin
    admin.leave()


@pytest.fixture(scope="session")
def stranger(cloud: Cloud, contract: Contract) -> Iterator[Tenant]:
    """Another workspace in the same deployment."""
    other = Tenant.founded(cloud, contract, "Stranger")
    yield other
    other.leave()


@pytest.fixture(scope="session")
def call(tenant: Tenant) -> dict[str, str]:
    """A contact, a company, a deal, and the sample call on them, processed to the end."""
    company = tenant.api.post(
        "/v1/companies", {"name": "Harbor Logistics", "domain": "harbor.example"}
    )
    contact = tenant.api.post(
        "/v1/contacts",
        {"name": "Daniel Reed", "email": "daniel@harbor.example", "company_id": company["id"]},
    )
    deal = tenant.api.post(
        "/v1/deals",
        {
            "name": "Beacon Forecast for Harbor",
            "amount": {"amount_minor": 4_800_000, "currency": "USD"},
            "company_id": company["id"],
            "contact_ids": [contact["id"]],
        },
    )
    video = tenant.upload(
        SAMPLE,
        "Pricing call",
        [{"type": "contact", "id": contact["id"]}, {"type": "deal", "id": deal["id"]}],
    )
    tenant.settled(video)
    return {"video": video, "contact": contact["id"], "deal": deal["id"], "company": company["id"]}
