"""A workspace with tiny limits, set by an operator: refused in time, told when to come back, and
back at work once there is room."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.cloud import Cloud
from infra.local.contract import Contract
from infra.local.deployment import client
from infra.local.seed import set_limits
from tests.journeys.tenant import Tenant, until

SAMPLE = Path(__file__).parents[1] / "media" / "sample_call.mp4"


@pytest.fixture
def small(cloud: Cloud, contract: Contract) -> Iterator[Tenant]:
    """A workspace of its own."""
    made = Tenant.founded(cloud, contract, "Small")
    yield made
    made.leave()


def limit(contract: Contract, tenant: Tenant, **words: Any) -> None:
    lambda_ = client("lambda", contract.aws_endpoint)
    set_limits(lambda_, "local", {"workspace": tenant.workspace, **words})


def test_a_caller_over_its_rate_is_refused_and_recovers(contract: Contract, small: Tenant) -> None:
    limit(contract, small, principal_rate={"per_second": 1, "burst": 5})

    def ask() -> httpx.Response:
        return small.api.client.get("/v1/contacts")

    replies = [ask() for _ in range(12)]
    refused = [reply for reply in replies if reply.status_code == 429]
    assert refused
    for reply in replies:
        assert '"principal";q=5;w=5' in reply.headers["ratelimit-policy"]
        assert '"principal";r=' in reply.headers["ratelimit"]
    for reply in refused:
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["code"] == "rate_limited"
        assert int(reply.headers["retry-after"]) >= 1
    until(lambda: ask().status_code, lambda status: status == 200, patience=30)


def test_a_quota_that_is_used_up_ends_the_run_with_its_reason_and_runs_go_on_once_raised(
    contract: Contract, small: Tenant
) -> None:
    limit(contract, small, quotas={"encoded_minutes": 0})
    video = small.upload(SAMPLE, "Too much")
    ended = small.settled(video)

    assert ended["state"] == "failed"
    assert ended["reason"]["code"] == "quota_exceeded"
    used = {each["kind"]: each for each in small.api.get("/v1/usage")["data"]}
    assert used["encoded_minutes"]["used"] == used["encoded_minutes"]["reserved"] == 0
    assert used["stored_bytes"]["used"] == SAMPLE.stat().st_size

    limit(contract, small, quotas={"encoded_minutes": 5})
    small.api.post(f"/v1/videos/{video}/runs", {"from": "inspect"})
    done = small.settled(video)

    assert done["state"] == "ready"
    used = {each["kind"]: each for each in small.api.get("/v1/usage")["data"]}
    assert used["encoded_minutes"]["used"] >= 1
    assert used["transcribed_minutes"]["used"] >= 1
    assert used["model_tokens"]["used"] >= 1
    assert {each["reserved"] for each in used.values()} == {0}
